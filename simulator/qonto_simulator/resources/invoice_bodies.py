"""What a body for creating or changing a client invoice may say.

Bodies are flat. Inside a wrapper every field is invisible; the first thing to be missed is then the
IBAN, and that is what the answer complains about.
"""

from __future__ import annotations

from dataclasses import replace
from typing import cast

from qonto_simulator.api import Call
from qonto_simulator.errors import Problem, attribute, refuse
from qonto_simulator.fields import Fields
from qonto_simulator.records.client import Client
from qonto_simulator.records.client_invoice import (
    ClientInvoice,
    PrintedSettings,
)
from qonto_simulator.records.organisation import BankAccount, Organisation
from qonto_simulator.rules.client_invoices import (
    InvoiceFields,
    printed_settings,
)

from .lines import lines_as_body, read_discount, read_lines

_ITEMS = "/client_invoice/items"
_TRANSACTION_TYPES = ("goods", "services", "goods_and_services")
_VAT_CONDITIONS = ("on_receipts", "compensated_for_sales", "exempt")


def read_invoice(call: Call, data: dict[str, object], known: Client | None = None) -> InvoiceFields:
    """A complete, valid set of fields; 422 with everything that is wrong.

    ``known`` is the client that a changed document has, which may be deleted by now.
    """
    account = _account(call, data)
    fields = Fields(data, malformed="invalid_format")
    client = find_client(call, fields, known)
    currency = fields.currency("currency", required=True)
    issue_date = fields.day("issue_date", required=True)
    due_date = fields.day("due_date", required=True)
    lines = read_lines(call.books, fields, _ITEMS, currency=currency)
    if issue_date and due_date and due_date < issue_date:
        fields.problem("due_date", "invalid", "due_date can't be before issue_date")
    result = {
        "number": fields.text("number", most=40),
        "purchase_order": fields.text("purchase_order", most=40) or "",
        "contact_email": fields.text("contact_email", most=250) or "",
        "terms_and_conditions": fields.text("terms_and_conditions", most=525) or "",
        "header": fields.text("header", most=1800) or "",
        "footer": fields.text("footer", most=1800) or "",
        "stamp_duty_amount": fields.text("stamp_duty_amount", most=20) or "",
        "quote_id": _quote_id(call, fields, client),
        "upload_id": find_upload(call, fields),
    }
    start = fields.day("performance_start_date")
    end = fields.day("performance_end_date")
    if start and end and end < start:
        fields.problem("performance_end_date", "invalid", "can't be before the start")
    discount = read_discount(fields)
    settings = _settings(fields, call.books.organisation)
    taxes = {name: _object(fields, name) for name in _TAXES}
    fields.check()
    if client is None or currency is None or issue_date is None or due_date is None:
        raise refuse(422, "invalid", "the body can't be used")
    return InvoiceFields(
        client=client,
        currency=currency,
        issue_date=issue_date,
        due_date=due_date,
        account=account,
        lines=lines,
        settings=settings,
        performance_start_date=start,
        performance_end_date=end,
        discount=discount,
        **result,  # type: ignore[arg-type]  # texts, each typed in InvoiceFields
        **taxes,
    )


def _quote_id(call: Call, fields: Fields, client: Client | None) -> str | None:
    """The quote that becomes this invoice; it must be there, and made out to the same client."""
    id = fields.text("quote_id")
    if id is None:
        return None
    quote = call.books.quotes.get(id)
    if quote is None:
        fields.problem("quote_id", "invalid", "quote_id is unknown")
    elif client is not None and quote.client.id != client.id:
        fields.problem("quote_id", "invalid", "quote_id belongs to another client")
    return id


_TAXES = ("welfare_fund", "withholding_tax", "payment_reporting")


def _object(fields: Fields, name: str) -> dict[str, object] | None:
    inner = fields.nested(name)
    return inner.data if inner else None


def _account(call: Call, data: dict[str, object]) -> BankAccount:
    """The account to be paid into; it must be one of the organisation's own, without spaces."""
    methods = data.get("payment_methods")
    iban = cast("dict[str, object]", methods).get("iban") if isinstance(methods, dict) else None
    if not iban:
        raise refuse(422, "invalid_iban", "IBAN is empty")
    account = call.books.account_by_iban(iban) if isinstance(iban, str) else None
    if account is None or account.status != "active" or account.is_external_account:
        detail = "IBAN is not one of the organization's accounts"
        raise refuse(422, "invalid_iban", detail, pointer="/data/attributes/payment_methods/iban")
    return account


def find_client(call: Call, fields: Fields, known: Client | None = None) -> Client | None:
    """A copy of the client that the body names, with a problem noted when there is none."""
    id = fields.data.get("client_id")
    if known is not None and known.id == id and call.books.clients.get(known.id) is None:
        return known
    client = named_client(call, fields)
    if client is None:
        return None
    _check_client(fields, client)
    return replace(client, extra_emails=list(client.extra_emails))


def named_client(call: Call, fields: Fields) -> Client | None:
    """The client of ``client_id``, whether or not it can be invoiced; else a problem is noted."""
    id = fields.text("client_id", required=True)
    client = call.books.clients.get(id) if id else None
    if id and client is None:
        fields.problems.append(
            Problem(
                "invalid_client_id",
                "client_id is unknown",
                attribute("client_id"),
                validation_param="uuid",
            )
        )
    return client


def find_upload(call: Call, fields: Fields) -> str | None:
    """The id of the file that goes along, with a problem noted when it was never uploaded."""
    id = fields.text("upload_id")
    if id is not None and id not in call.books.uploads:
        fields.problem("upload_id", "not_found", "upload not found")
    return id


def _check_client(fields: Fields, client: Client) -> None:
    """What a client must have before a document can be made out to it."""
    if not client.currency:
        fields.problem("currency", "required", "client currency is required")
    if not client.locale:
        fields.problem("locale", "required", "client locale is required")
    if client.billing_address is None or not client.billing_address.is_complete:
        fields.problem("billing_address", "required", "client address is required")
    elif (
        client.kind == "company"
        and client.billing_address.country_code == "FR"
        and not client.tax_identification_number
    ):
        fields.problem("tax_identification_number", "required", "tin_number must have a value")


def _settings(fields: Fields, organisation: Organisation) -> PrintedSettings:
    standard = printed_settings(organisation)
    inner = fields.nested("settings")
    if inner is None:
        return standard
    french = organisation.country == "FR"
    return PrintedSettings(
        vat_number=inner.text("vat_number", most=20) or standard.vat_number,
        transaction_type=(
            inner.choice("transaction_type", _TRANSACTION_TYPES) or standard.transaction_type
        ),
        vat_payment_condition=(
            inner.choice("vat_payment_condition", _VAT_CONDITIONS) or standard.vat_payment_condition
        ),
        late_payment_penalties=_text(inner, "late_payment_penalties", french)
        or standard.late_payment_penalties,
        legal_fixed_compensation=_text(inner, "legal_fixed_compensation", french)
        or standard.legal_fixed_compensation,
        discount_conditions=_text(inner, "discount_conditions", french)
        or standard.discount_conditions,
    )


def _text(fields: Fields, name: str, french: bool) -> str | None:
    return fields.text(name, most=525) if french else None


def as_body(invoice: ClientInvoice) -> dict[str, object]:
    """The body that would create this draft again; a change is laid over it."""
    discount = invoice.discount
    return {
        "client_id": invoice.client.id,
        "currency": invoice.currency,
        "issue_date": invoice.issue_date.isoformat() if invoice.issue_date else None,
        "due_date": invoice.due_date.isoformat() if invoice.due_date else None,
        "payment_methods": {"iban": invoice.iban},
        "purchase_order": invoice.purchase_order,
        "contact_email": invoice.contact_email,
        "terms_and_conditions": invoice.terms_and_conditions,
        "header": invoice.header,
        "footer": invoice.footer,
        "stamp_duty_amount": invoice.stamp_duty_amount,
        "quote_id": invoice.quote_id,
        "upload_id": invoice.upload_id,
        "performance_start_date": str(invoice.performance_start_date or ""),
        "performance_end_date": str(invoice.performance_end_date or ""),
        "discount": {"type": discount.type, "value": discount.value} if discount else None,
        "settings": {
            "vat_number": invoice.settings.vat_number,
            "transaction_type": invoice.settings.transaction_type,
            "vat_payment_condition": invoice.settings.vat_payment_condition,
            "late_payment_penalties": invoice.settings.late_payment_penalties,
            "legal_fixed_compensation": invoice.settings.legal_fixed_compensation,
            "discount_conditions": invoice.settings.discount_conditions,
        },
        "welfare_fund": invoice.welfare_fund,
        "withholding_tax": invoice.withholding_tax,
        "payment_reporting": invoice.payment_reporting,
        "items": lines_as_body(invoice.lines),
    }
