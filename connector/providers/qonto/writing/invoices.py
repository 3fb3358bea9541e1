"""Invoices at Qonto: its client invoices."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, cast

from connector.ports import EInvoicing, PreparedWrite, Writer, WriteRequest
from connector.providers.qonto.documents.sales import ClientInvoice
from connector.providers.qonto.session.lists import CREATED, known_id
from connector.providers.qonto.writing.invoice_actions import action_writers
from connector.providers.qonto.writing.line_defaults import with_defaults
from connector.providers.qonto.writing.line_writes import LineKind, line_writers
from connector.providers.qonto.writing.lines import discount_of, lines_of, unused_of
from connector.providers.qonto.writing.matching import holds, without_nothing
from connector.providers.qonto.writing.sums import Sums, check_totals, sums_of
from connector.providers.qonto.writing.surroundings import Surroundings, check_customer, iban_for
from connector.providers.qonto.writing.texts import check_lengths
from connector.providers.qonto.writing.wire import QontoRequest, Records, prepared
from connector.providers.qonto.writing.writers import Change, Creation, Deletion
from connector.writing.problems import Problems, read_day
from connector.writing.requests.invoice import InvoiceChange, InvoiceFields, InvoiceRequest

_LONGEST = {
    "invoice_number": 40,
    "reference": 40,
    "terms_and_conditions": 525,
}
_UNUSED = "Qonto's invoices have nothing of the kind."
_NOT_IN_ANSWERS = frozenset({"status", "upload_id", "report_einvoicing"})


@dataclass(frozen=True)
class Invoices:
    """What is sent to Qonto for an invoice, or everything that is wrong with it."""

    records: Records[Any, Any]
    around: Surroundings

    async def create(self, account_id: str, asked: WriteRequest) -> PreparedWrite:
        request: InvoiceRequest = asked.body
        problems = Problems(asked.confirmed)
        issuer = await self.around.issuer(account_id)
        if request.contact_id or not asked.is_partial:
            customer = await self.around.customer(account_id, request.contact_id, problems)
            if customer is not None:
                check_customer(customer, problems)
        issued = read_day(request.invoice_date, "invoiceDate", problems)
        due = _due(request, issued, problems)
        asked_lines = await with_defaults(
            self.around, account_id, request.line_items, problems, document=request
        )
        lines = lines_of(asked_lines, request, issuer.country, problems)
        discount = discount_of(request, "", problems)
        iban = iban_for(issuer, request.iban, request.bank_account_id, problems)
        sums = sums_of(lines, discount)
        check_totals(request, sums, problems)
        body = {
            "client_id": request.contact_id,
            "status": "draft",
            "currency": _currency(request, problems) or "EUR",
            "issue_date": issued and issued.isoformat(),
            "due_date": due and due.isoformat(),
            "payment_methods": {"iban": iban},
            "items": lines,
            "discount": discount,
            **_printed(request, problems),
        }
        problems.check()
        return prepared(
            QontoRequest("POST", without_nothing(body)),
            (*_warnings(request, problems), *unused_of(request.line_items, problems)),
            _expected(sums),
        )

    async def update(self, account_id: str, asked: WriteRequest) -> PreparedWrite:
        request: InvoiceChange = asked.body
        record_id = known_id(asked.record_id or "")
        problems = Problems(asked.confirmed)
        document, _ = await self.records.one(account_id, record_id)
        _check_draft(document.status, "changed", problems)
        issuer = await self.around.issuer(account_id)
        if request.contact_id is not None:
            customer = await self.around.customer(account_id, request.contact_id, problems)
            if customer is not None:
                check_customer(customer, problems)
        issued = read_day(request.invoice_date or document.issue_date, "invoiceDate", problems)
        due = _due(request, issued, problems) if _says_due(request) else None
        lines = None
        if request.line_items is not None:
            there = LINES.there(document)
            asked_lines = await with_defaults(
                self.around,
                account_id,
                request.line_items,
                problems,
                record_id,
                there,
                document=request,
            )
            lines = lines_of(asked_lines, request, issuer.country, problems)
        iban = None
        if request.iban is not None or request.bank_account_id is not None:
            iban = iban_for(issuer, request.iban, request.bank_account_id, problems)
        _currency(request, problems)
        body = without_nothing(
            {
                "client_id": request.contact_id,
                "issue_date": request.invoice_date and issued and issued.isoformat(),
                "due_date": due and due.isoformat(),
                "payment_methods": iban and {"iban": iban},
                "items": lines,
                "discount": discount_of(request, "", problems),
                **_printed(request, problems),
            }
        )
        if not body:
            problems.add("body", "REQUIRED", "There is nothing to change.")
        problems.check()
        unused = unused_of(request.line_items or (), problems)
        return prepared(
            QontoRequest("PATCH", body, record_id), (*_warnings(request, problems), *unused)
        )

    async def delete(self, account_id: str, asked: WriteRequest) -> PreparedWrite:
        record_id = known_id(asked.record_id or "")
        problems = Problems(asked.confirmed)
        document, _ = await self.records.one(account_id, record_id)
        _check_draft(document.status, "deleted", problems, "Cancel it, or make a credit note.")
        problems.check()
        return prepared(QontoRequest("DELETE", record_id=record_id))


def invoice_writers(
    records: Records[Any, Any], around: Surroundings, network: EInvoicing
) -> dict[str, Writer[Any]]:
    """Return the writers of invoices."""
    invoices = Invoices(records, around)
    return {
        "invoices.create": Creation(records, invoices.create, CREATED.descending, as_sent, shown),
        "invoices.update": Change(records, invoices.update, is_done=_is_as_sent),
        "invoices.delete": Deletion(records, invoices.delete),
        **line_writers("invoiceLines", records, around, LINES),
        **action_writers(records, network),
    }


def as_sent(record: Mapping[str, Any]) -> Mapping[str, Any]:
    """Say an invoice of Qonto's in the words of a request, as far as it shows what was sent."""
    client: Mapping[str, Any] = record.get("client") or {}
    methods: Any = record.get("payment_methods") or [{}]
    method = cast(Mapping[str, Any], methods[0] if isinstance(methods, list) else methods)
    return {
        **record,
        "client_id": client.get("id"),
        "payment_methods": {"iban": method.get("iban")},
    }


def _is_as_sent(sent: QontoRequest, record: Mapping[str, Any]) -> bool:
    return holds(shown(sent.body or {}), as_sent(record))


def shown(body: Mapping[str, Any]) -> dict[str, Any]:
    """Leave out of a request what an answer doesn't show."""
    return {name: value for name, value in body.items() if name not in _NOT_IN_ANSWERS}


def _check_line_change(document: ClientInvoice, problems: Problems) -> None:
    _check_draft(document.status, "changed", problems)


LINES: LineKind[ClientInvoice] = LineKind(_check_line_change)
"""The lines of invoices."""


def _check_draft(
    status: str | None, done: str, problems: Problems, hint: str | None = None
) -> None:
    if status != "draft":
        problems.add("status", "NOT_A_DRAFT", f"Only drafts can be {done}.", hint)


def _says_due(request: InvoiceFields) -> bool:
    return request.due_date is not None or request.payment_term_duration is not None


def _due(request: InvoiceFields, issued: date | None, problems: Problems) -> date | None:
    term = request.payment_term_duration
    if request.due_date is not None:
        due = read_day(request.due_date, "dueDate", problems)
        if due is not None and issued is not None and due < issued:
            problems.add("dueDate", "TOO_EARLY", "It can't be due before it is issued.")
        return due
    if term is not None and (term != int(term) or not 0 <= term <= Decimal(3650)):
        problems.add("paymentTermDuration", "OUT_OF_RANGE", "It is a number of days.")
        return None
    if term is None:
        problems.add(
            "dueDate", "REQUIRED", "An invoice is due on some day.", "Or send paymentTermDuration."
        )
        return None
    return None if issued is None else issued + timedelta(days=int(term))


def _currency(request: InvoiceFields, problems: Problems) -> str | None:
    if request.currency is not None and request.currency.upper() != "EUR":
        problems.add("currency", "NOT_ALLOWED", "Qonto takes prices in EUR only.")
    return request.currency and request.currency.upper()


def _printed(request: InvoiceFields, problems: Problems) -> dict[str, Any]:
    check_lengths(request, _LONGEST, problems)
    begins = read_day(request.shipping_date, "shippingDate", problems)
    ends = read_day(request.shipping_end_date, "shippingEndDate", problems)
    if begins is not None and ends is not None and ends < begins:
        problems.add("shippingEndDate", "TOO_EARLY", "It can't end before it begins.")
    return {
        "number": request.invoice_number,
        "purchase_order": request.reference,
        "terms_and_conditions": request.terms_and_conditions,
        "header": request.header,
        "footer": request.footer,
        "performance_start_date": begins and begins.isoformat(),
        "performance_end_date": ends and ends.isoformat(),
        "upload_id": request.file_id,
        "quote_id": request.offer_id,
        "report_einvoicing": request.report_e_invoicing,
    }


def _expected(sums: Sums | None) -> dict[str, Any]:
    return {} if sums is None else sums.shown


def _warnings(request: InvoiceFields, problems: Problems) -> tuple[str, ...]:
    return problems.unused(
        {
            "name": request.name,
            "oneLineAddress": request.one_line_address,
            "taxText": request.tax_text,
            "invoiceType": request.invoice_type if request.invoice_type != "STANDARD" else None,
        },
        _UNUSED,
    )
