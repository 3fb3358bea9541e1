"""A bill to be made from its file, many at once, and what can be done to one."""

from typing import Annotated

from pydantic import Field, WithJsonSchema

from connector.api.named import choice
from connector.unified.enums import DocumentStatus, PaymentStatus, ShippingType, TaxRule
from connector.writing.requests.base import Moment, Number, Text, Writable, word
from connector.writing.requests.customer import CustomerAddress

REASONS = (
    "DOUBLON",
    "TX_TVA_ERR",
    "MONTANTTOTAL_ERR",
    "CALCUL_ERR",
    "NON_CONFORME",
    "DEST_ERR",
    "DEST_INC",
    "TRANSAC_INC",
    "EMMET_INC",
    "CONTRAT_TERM",
    "DOUBLE_FACT",
    "CMD_ERR",
    "ADR_ERR",
    "REF_CT_ABSENT",
    "AUTRE",
)
"""Why an electronic invoice is refused, in the words of the French standard XP Z12-012."""

Reason = Annotated[
    str,
    WithJsonSchema(
        choice("RejectionReason", "Why an electronic invoice is refused, by AFNOR.", REASONS)
    ),
]
Shipping = Annotated[ShippingType, word(ShippingType)]


class PurchaseLine(Writable):
    __doc__ = "A line of a document received. Not used: they are read from the file."

    account_id: Text = Field(None, description="The ledger account.")
    account_number: Text = Field(None, description="The ledger account's number.")
    deferred_start_date: Moment = Field(None, description="When what it pays for begins.")
    deferred_end_date: Moment = Field(None, description="When it ends.")
    description: Text = Field(None, description="What it is about.")
    item_id: Text = Field(None, description="The item's id.")
    item_name: Text = Field(None, description="The item's name.")
    quantity: Number | None = Field(None, description="How many units.")
    tax_code: Text = Field(None, description="The code of its tax.")
    tax_rate_percentage: Number | None = Field(None, description="The rate of tax in percent.")
    total_discount_amount: Number | None = Field(None, description="What is taken off.")
    total_discount_percentage: Number | None = Field(None, description="The same in percent.")
    total_gross_amount: Number | None = Field(None, description="The amount with tax.")
    total_net_amount: Number | None = Field(None, description="The amount without tax.")
    total_tax_amount: Number | None = Field(None, description="The tax.")
    unit_amount: Number | None = Field(None, description="The price of one unit.")
    unit_discount_amount: Number | None = Field(None, description="What is taken off a unit.")
    unit_discount_percentage: Number | None = Field(None, description="The same in percent.")
    unit_name: Text = Field(None, description="What is counted.")


class PurchaseFields(Writable):
    __doc__ = """What can be said of a document received. Only the file counts: it is read."""

    account_id: Text = Field(None, description="The ledger account.")
    addresses: tuple[CustomerAddress, ...] | None = Field(None, description="The addresses on it.")
    contact_id: Text = Field(None, description="The id of the supplier.")
    currency: Text = Field(None, description="The currency.", examples=["EUR"])
    delivery_date: Moment = Field(None, description="When it was delivered.")
    due_date: Moment = Field(None, description="When it is to be paid.")
    file_id: Text = Field(
        None, description="The id of the file that it is made from: needed where files are read."
    )
    journal_code: Text = Field(None, description="The journal it's booked in.")
    line_items: tuple[PurchaseLine, ...] | None = Field(None, description="The lines.")
    name: Text = Field(None, description="The supplier's name.")
    one_line_address: Text = Field(None, description="The supplier's address.")
    paid_date: Moment = Field(None, description="When it was paid.")
    payment_reference: Text = Field(None, description="What the payment says.")
    payment_days: Number | None = Field(None, description="Days there are to pay.")
    payment_status: Annotated[PaymentStatus, word(PaymentStatus)] | None = Field(
        None, description="Whether it is paid: a call of its own says so."
    )
    reference: Text = Field(None, description="What the document refers to.")
    shipping_date: Moment = Field(None, description="When it was shipped.")
    shipping_type: Shipping | None = Field(None, description="What that date is about.")
    status: Annotated[DocumentStatus, word(DocumentStatus)] | None = Field(
        None, description="Where it stands: it begins in review."
    )
    tax_rule: Annotated[TaxRule, word(TaxRule)] | None = Field(
        None, description="By which rule it is taxed."
    )
    tax_text: Text = Field(None, description="What it says of its tax.")
    total_discount_amount: Number | None = Field(None, description="What is taken off.")
    total_discount_percentage: Number | None = Field(None, description="The same in percent.")
    total_gross_amount: Number | None = Field(None, description="The amount with tax.")
    total_net_amount: Number | None = Field(None, description="The amount without tax.")
    total_tax_amount: Number | None = Field(None, description="The tax.")


class BillRequest(PurchaseFields):
    __doc__ = "A bill to be made from an uploaded file, from which all that it says is read."

    bill_date: Moment = Field(None, description="The date on it.")
    bill_number: Text = Field(None, description="The supplier's number.")
    payment_term_code: Text = Field(None, description="The code of the terms of payment.")


class VendorCreditRequest(PurchaseFields):
    __doc__ = "A supplier's credit note to be made from an uploaded file, which is read."

    vendor_credit_date: Moment = Field(None, description="The date on it.")
    vendor_credit_number: Text = Field(None, description="The supplier's number.")


class BillsRequest(Writable):
    __doc__ = "Files that were uploaded before, each to become a bill."

    file_ids: tuple[str, ...] = Field(
        (), description="The ids of the files, each once, instead of files that come along."
    )


class RejectionRequest(Writable):
    __doc__ = "Why a document that was received is refused."

    note: Text = Field(None, description="Why, in at most 500 characters.")
    reason_code: Reason | None = Field(
        None, description="Why, as a code: needed for an electronic invoice in France."
    )
