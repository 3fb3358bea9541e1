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
from qonto_simulator.records.client_invoice import ClientInvoice
from qonto_simulator.records.organisation import BankAccount
from qonto_simulator.rules.invoice_fields import InvoiceFields

from .levy_bodies import read_levies, read_payment_reporting
from .lines import read_discount, read_lines
from .settings_bodies import read_settings

_ITEMS = "/client_invoice/items"


def new_invoice(call: Call, data: dict[str, object]) -> tuple[InvoiceFields, bool]:
    """A complete, valid set of fields, and whether the invoice is to be final at once.

    422 with everything that is wrong.
    """
    account = _account(call, data)
    fields = Fields(data, malformed="invalid_format")
    status = fields.choice("status", ("draft", "unpaid"))
    read = _read(call, fields, account, frozenset([*_REQUIRED, *data]), None)
    return read, status == "unpaid" or (status is None and not call.quirks.draft_by_default)


def changed_invoice(call: Call, draft: ClientInvoice, data: dict[str, object]) -> InvoiceFields:
    """The fields of a draft with those that were sent laid over them; 422 as for a new one.

    What was not sent is not looked at again: a draft may lack what a new invoice must have, and
    keeps its copy of the client.
    """
    sent = {name: value for name, value in data.items() if name not in _FIXED}
    known = None if "payment_methods" in sent else call.books.account_by_iban(draft.iban)
    account = known or _account(call, sent)
    fields = Fields({**_as_body(draft), **sent}, malformed="invalid_format")
    return _read(call, fields, account, frozenset(sent), draft)


_REQUIRED = ("client_id", "issue_date", "due_date", "items")
_FIXED = ("currency", "status")
"""What a change can't touch."""


def _read(
    call: Call,
    fields: Fields,
    account: BankAccount,
    wanted: frozenset[str],
    draft: ClientInvoice | None,
) -> InvoiceFields:
    """``wanted`` are the names that were sent or had to be; the others are as in the draft."""
    client = find_client(call, fields) if draft is None or "client_id" in wanted else draft.client
    currency = fields.currency("currency", required=True)
    issue_date = fields.day("issue_date", required="issue_date" in wanted)
    due_date = fields.day("due_date", required="due_date" in wanted)
    if draft is None or "items" in wanted:
        lines = read_lines(call.books, fields, _ITEMS, currency=currency)
    else:
        lines = draft.lines
    if issue_date and due_date and due_date < issue_date:
        fields.problem("due_date", "invalid", "due_date can't be before issue_date")
    start, end = fields.day("performance_start_date"), fields.day("performance_end_date")
    if start and end and end < start:
        fields.problem("performance_end_date", "invalid", "can't be before the start")
    if draft is None or "quote_id" in wanted:
        quote_id = _quote_id(call, fields, client)
    else:
        quote_id = draft.quote_id
    number = fields.text("number", most=40)
    texts = {
        "purchase_order": fields.text("purchase_order", most=40) or "",
        "contact_email": fields.text("contact_email", most=250)
        or call.books.organisation.owner.email,
        "terms_and_conditions": fields.text("terms_and_conditions", most=525) or "",
        "header": fields.text("header", most=1800) or "",
        "footer": fields.text("footer", most=1800) or "",
    }
    upload_id = find_upload(call, fields)
    performance_date = fields.day("performance_date")
    discount = read_discount(fields)
    known = draft.settings if draft else None
    settings = read_settings(fields, call.books.organisation, known=known)
    levies, reporting = read_levies(fields), read_payment_reporting(fields)
    fields.check()
    if client is None or currency is None:
        raise refuse(422, "invalid", "the body can't be used")
    return InvoiceFields(
        client=client,
        currency=currency,
        issue_date=issue_date,
        due_date=due_date,
        account=account,
        lines=lines,
        settings=settings,
        number=number,
        **texts,
        performance_date=performance_date,
        performance_start_date=start,
        performance_end_date=end,
        discount=discount,
        quote_id=quote_id,
        upload_id=upload_id,
        **levies,
        payment_reporting=reporting,
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


def find_client(call: Call, fields: Fields, *, on_quote: bool = False) -> Client | None:
    """A copy of the client that the body names, with a problem noted when there is none."""
    client = named_client(call, fields)
    if client is None:
        return None
    _check_client(fields, client, on_quote)
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


def _check_client(fields: Fields, client: Client, on_quote: bool) -> None:
    """What a client must have before a document can be made out to it.

    Of companies quotes want the tax number everywhere, invoices in France.
    """
    place = client.billing_address
    if not client.currency:
        fields.problem("currency", "required", "client currency is required")
    if not client.locale:
        fields.problem("locale", "required", "client locale is required")
    if place is None or not place.is_complete:
        fields.problem("billing_address", "required", "client address is required")
    french = place is not None and place.country_code == "FR"
    if client.kind == "company" and (on_quote or french) and not client.tax_identification_number:
        fields.problem("tax_identification_number", "required", "tin_number must have a value")


def _as_body(invoice: ClientInvoice) -> dict[str, object]:
    """The body that would create this draft again; a change is laid over it."""
    discount = invoice.discount
    return {
        "currency": invoice.currency,
        "issue_date": str(invoice.issue_date or ""),
        "due_date": str(invoice.due_date or ""),
        "payment_methods": {"iban": invoice.iban},
        "purchase_order": invoice.purchase_order,
        "contact_email": invoice.contact_email,
        "terms_and_conditions": invoice.terms_and_conditions,
        "header": invoice.header,
        "footer": invoice.footer,
        "stamp_duty_amount": invoice.stamp_duty_amount,
        "upload_id": invoice.upload_id,
        "performance_date": str(invoice.performance_date or ""),
        "performance_start_date": str(invoice.performance_start_date or ""),
        "performance_end_date": str(invoice.performance_end_date or ""),
        "discount": {"type": discount.type, "value": discount.value} if discount else None,
        "welfare_fund": invoice.welfare_fund,
        "withholding_tax": invoice.withholding_tax,
        "payment_reporting": invoice.payment_reporting,
    }
