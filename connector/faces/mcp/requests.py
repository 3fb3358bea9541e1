"""The unified requests in the words of Qonto's billing tools."""

from connector.faces.mcp.words import Word, Words
from connector.writing.requests.credit_note import CreditNoteRequest
from connector.writing.requests.invoice import (
    InvoiceChange,
    InvoiceRequest,
    MailRequest,
    PaidRequest,
)
from connector.writing.requests.item import ItemRequest
from connector.writing.requests.offer import OfferChange, OfferRequest

_EUROS = Word("currency", values={"EUR": "EUR"}, meaning="The document's currency.")


def _item(name: str, discount: str, *, id: str | None = None) -> dict[str, Word]:
    """Return the words for a line. Its discounts' names begin with `discount`."""
    words = {
        "title": Word(name),
        "description": Word("description"),
        "quantity": Word("quantity"),
        "unit": Word("unitName"),
        "unit_price": Word(
            parts={"value": Word("unitAmount"), "currency": _EUROS},
            meaning="The price of one unit without VAT, such as 1200.00.",
        ),
        "vat_rate": Word("taxRatePercentage", meaning="VAT in percent: 20 for 20 %."),
        "vat_exemption_code": Word(
            "taxExemptionReason",
            meaning="Needed where vat_rate is 0: the code of the law, such as S293B.",
        ),
        "product_id": Word("itemId", meaning="A product whose title, price and VAT it has."),
        "discount_percentage": Word(f"{discount}Percentage"),
        "discount_amount": Word(f"{discount}Amount"),
    }
    return words | ({"id": Word(id)} if id is not None else {})


def _items(field: str, line: dict[str, Word]) -> Word:
    return Word(field, parts=line, is_list=True)


_PRINTED = {
    "currency": Word("currency", meaning="The currency, EUR by default."),
    "terms_and_conditions": Word("termsAndConditions"),
    "header": Word("header"),
    "footer": Word("footer"),
}
_INVOICE = {
    "client_id": Word("contactId", is_found=True, meaning="The customer's id. Or use client_name."),
    "issue_date": Word("invoiceDate", meaning="The date on it, such as 2026-06-30."),
    "due_date": Word("dueDate"),
    "number": Word("invoiceNumber"),
    "purchase_order": Word("reference"),
    "performance_start_date": Word("shippingDate"),
    "performance_end_date": Word("shippingEndDate"),
    "payment_methods": Word(
        parts={"iban": Word("iban")},
        meaning="Where to pay: the IBAN of an account of the organisation; the main one without.",
    ),
    "discount_percentage": Word("discountPercentage"),
    "quote_id": Word("offerId"),
    "status": Word("status", values={"draft": "DRAFT"}, meaning="draft, which it always is."),
    "expected_total": Word("grossTotalAmount", meaning="The total with VAT you expect: checked."),
    **_PRINTED,
}
_QUOTE = {
    "client_id": Word("contactId", is_found=True, meaning="The customer's id. Or use client_name."),
    "issue_date": Word("offerDate", meaning="The date on it, such as 2026-06-30."),
    "expiry_date": Word("expiryDate"),
    "number": Word("offerNumber"),
    "discount_percentage": Word("totalDiscountPercentage"),
    "expected_total": Word("totalGrossAmount", meaning="The total with VAT you expect: checked."),
    **_PRINTED,
}
_CHANGED_CLIENT = {"client_id": Word("contactId")}
_INVOICE_LINE, _TOTAL_LINE = "discountItem", "totalDiscount"

NEW_INVOICE = Words(
    InvoiceRequest, {**_INVOICE, "items": _items("lineItems", _item("name", _INVOICE_LINE))}
)
CHANGED_INVOICE = Words(
    InvoiceChange,
    {
        **_INVOICE,
        **_CHANGED_CLIENT,
        "items": _items("lineItems", _item("name", _INVOICE_LINE, id="lineItemId")),
    },
)
NEW_QUOTE = Words(
    OfferRequest, {**_QUOTE, "items": _items("lineItems", _item("name", _TOTAL_LINE))}
)
CHANGED_QUOTE = Words(
    OfferChange,
    {
        **_QUOTE,
        **_CHANGED_CLIENT,
        "items": _items("lineItems", _item("name", _TOTAL_LINE, id="id")),
    },
)
NEW_CREDIT_NOTE = Words(
    CreditNoteRequest,
    {
        "invoice_id": Word(
            "invoiceId", is_found=True, meaning="The invoice's id. Or use invoice_number."
        ),
        "reason": Word("reason"),
        "issue_date": Word("creditNoteDate", meaning="The date on it, such as 2026-06-30."),
        "number": Word("creditNoteNumber"),
        "items": _items("creditNoteLines", _item("itemName", _TOTAL_LINE)),
        "discount_percentage": Word("totalDiscountPercentage"),
        "expected_total": Word(
            "totalGrossAmount", meaning="The total with VAT you expect: checked."
        ),
        **_PRINTED,
    },
)
NEW_PRODUCT = Words(
    ItemRequest,
    {
        "title": Word("name", is_needed=True),
        "type": Word("type", values={"good": "PRODUCT", "service": "SERVICE"}, is_needed=True),
        "unit_price": Word(
            parts={
                "value": Word("unitSalesPrice", is_needed=True),
                "currency": Word(
                    "currency", values={"EUR": "EUR"}, is_needed=True, meaning="Its currency."
                ),
            },
            is_needed=True,
            meaning="The price of one unit without VAT, such as 150.00.",
        ),
        "vat_rate": Word(
            "taxRatePercentage", is_needed=True, meaning="VAT in percent: 20 for 20 %."
        ),
        "vat_exemption_code": Word("taxExemptionReason"),
        "unit": Word("unitName"),
        "description": Word("description"),
        "internal_note": Word("internalNote"),
    },
)
MAIL = Words(
    MailRequest,
    {
        "send_to": Word("recipients"),
        "email_title": Word("subject"),
        "email_body": Word("body"),
        "copy_to_self": Word("copyToSelf"),
    },
)
PAID = Words(PaidRequest, {"paid_at": Word("paidDate")})
