"""Credit notes at Qonto: final from the start, and together never more than their invoice.

What an invoice's credit notes come to is read twice: to say what is wrong, and just before one
leaves, when no other of this service is on its way for that invoice. What others make at Qonto at
the same moment, Qonto refuses by itself.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from connector.errors import DocumentNotFound
from connector.ports import PreparedWrite, Writer, WriteRequest
from connector.providers.qonto.client import CLIENT_INVOICES
from connector.providers.qonto.documents.sales import ClientInvoice, QontoCreditNote
from connector.providers.qonto.mapping.amounts import read_amount, read_decimal
from connector.providers.qonto.session.lists import is_id
from connector.providers.qonto.writing.line_defaults import with_defaults
from connector.providers.qonto.writing.lines import discount_of, lines_of, unused_of
from connector.providers.qonto.writing.matching import without_nothing
from connector.providers.qonto.writing.sums import Sums, check_totals, differs, plain, sums_of
from connector.providers.qonto.writing.surroundings import Surroundings
from connector.providers.qonto.writing.texts import check_lengths
from connector.providers.qonto.writing.wire import QontoRequest, Records, prepared
from connector.providers.qonto.writing.writers import Creation
from connector.writing.problems import Problems, read_day
from connector.writing.requests.credit_note import CreditNoteRequest

_LONGEST = {"credit_note_number": 40, "terms_and_conditions": 525}
_AT = "creditNoteLines."


@dataclass(frozen=True)
class CreditNotes:
    """What is sent to Qonto for a credit note, or everything that is wrong with it."""

    records: Records[QontoCreditNote, Any]
    around: Surroundings

    async def create(self, account_id: str, asked: WriteRequest) -> PreparedWrite:
        request: CreditNoteRequest = asked.body
        problems = Problems(asked.confirmed)
        issuer = await self.around.issuer(account_id)
        invoice = await self._invoice(account_id, request.invoice_id, problems)
        currency = (invoice and invoice.currency) or "EUR"
        if invoice is not None:
            _check_invoice(invoice, problems)
        if request.currency is not None and request.currency.upper() != currency:
            problems.add("currency", "NOT_ALLOWED", f"It must be that of the invoice: {currency}.")
        issued = read_day(request.credit_note_date, "creditNoteDate", problems)
        whole = await with_defaults(
            self.around, account_id, request.credit_note_lines, problems, document=request, at=_AT
        )
        lines = lines_of(whole, request, issuer.country, problems, at=_AT, currency=currency)
        discount = discount_of(request, "", problems)
        sums = sums_of(lines, discount)
        _check_sums(request, sums, problems)
        warnings: tuple[str, ...] = ()
        if invoice is not None and sums is not None and not problems:
            warnings = await self._check_rest(account_id, invoice, sums.gross, problems)
        body = {
            "invoice_id": request.invoice_id,
            "issue_date": issued and issued.isoformat(),
            "reason": request.reason,
            "currency": currency,
            "items": lines,
            "discount": discount,
            **_printed(request, problems),
        }
        problems.check()
        return prepared(
            QontoRequest(
                "POST",
                without_nothing(body),
                total=sums and plain(sums.gross),
                tax=sums and plain(sums.tax),
            ),
            (*warnings, *_warnings(request, problems)),
            {} if sums is None else sums.shown_elsewhere,
            about=request.invoice_id,
        )

    async def recheck(self, account_id: str, sent: QontoRequest) -> None:
        """Look again at what the invoice's credit notes come to. Raises Invalid."""
        problems = Problems()
        invoice_id: str = (sent.body or {})["invoice_id"]
        invoice = await self._invoice(account_id, invoice_id, problems)
        if invoice is not None:
            await self._check_rest(account_id, invoice, Decimal(sent.total or "0"), problems)
        problems.check()

    async def _invoice(
        self, account_id: str, invoice_id: str, problems: Problems
    ) -> ClientInvoice | None:
        try:
            if is_id(invoice_id):
                return (await self.records.client.one(account_id, CLIENT_INVOICES, invoice_id))[0]
        except DocumentNotFound:
            pass
        problems.add("invoiceId", "NOT_FOUND", "Qonto knows no invoice of that id in this account.")
        return None

    async def _check_rest(
        self, account_id: str, invoice: ClientInvoice, wanted: Decimal, problems: Problems
    ) -> tuple[str, ...]:
        """Note that an invoice is credited too much; return a warning when it is in full."""
        total = read_amount(invoice.total_amount)
        if total is None:
            return ()
        credited = Decimal(0)
        for note_id in invoice.credit_notes_ids or ():
            note, _ = await self.records.one(account_id, note_id)
            credited += abs(read_amount(note.total_amount) or Decimal(0))
        if credited + wanted > total:
            problems.add(
                "totalGrossAmount",
                "EXCEEDS_INVOICE",
                f"The invoice comes to {plain(total)}, of which {plain(credited)} is credited "
                f"already: {plain(wanted)} is more than is left.",
            )
        if credited + wanted == total:
            return (
                "creditNote: it makes the credit complete, by which Qonto cancels the invoice.",
            )
        return ()


def credit_note_writers(
    records: Records[QontoCreditNote, Any], around: Surroundings
) -> dict[str, Writer[Any]]:
    """Return the writers of credit notes."""
    notes = CreditNotes(records, around)
    return {
        "creditNotes.create": Creation(
            records,
            notes.create,
            view=_as_sent,
            since="filter[created_at_from]",
            told=_told,
            recheck=notes.recheck,
        )
    }


def _check_invoice(invoice: ClientInvoice, problems: Problems) -> None:
    if invoice.status not in ("unpaid", "paid"):
        hint = "A draft is changed or deleted instead." if invoice.status == "draft" else None
        message = f"An invoice that is {invoice.status} can't be credited."
        problems.add("invoiceId", "WRONG_STATUS", message, hint)
    if invoice.invoice_type not in (None, "", "standard"):
        problems.add(
            "invoiceId", "NOT_ALLOWED", "Deposit and balance invoices can't be credited at Qonto."
        )


def _check_sums(request: CreditNoteRequest, sums: Sums | None, problems: Problems) -> None:
    if not problems and sums is not None and sums.gross <= 0:
        problems.add(
            "creditNoteLines", "NOT_ALLOWED", "Amounts are above 0: Qonto turns their sign itself."
        )
    check_totals(request, sums, problems)


def _as_sent(record: Mapping[str, Any]) -> Mapping[str, Any]:
    """Say a credit note of Qonto's in the words of a request, where quantities are positive."""
    items: list[Mapping[str, Any]] = record.get("items") or []
    return {
        **record,
        "items": [{**item, "quantity": _unsigned(item.get("quantity"))} for item in items],
    }


def _unsigned(quantity: object) -> Decimal | None:
    number = read_decimal(quantity)
    return None if number is None else abs(number)


def _told(sent: QontoRequest, document: QontoCreditNote) -> tuple[str, ...]:
    total, tax = Decimal(sent.total or "0"), Decimal(sent.tax or "0")
    told = differs(document, Sums(total - tax, tax))
    return () if told is None else (f"creditNote: its total is not what was expected: {told}",)


def _printed(request: CreditNoteRequest, problems: Problems) -> dict[str, Any]:
    check_lengths(request, _LONGEST, problems)
    return {
        "number": request.credit_note_number,
        "terms_and_conditions": request.terms_and_conditions,
    }


def _warnings(request: CreditNoteRequest, problems: Problems) -> tuple[str, ...]:
    unused = problems.unused(
        {
            "header": request.header,
            "footer": request.footer,
            "name": request.name,
            "oneLineAddress": request.one_line_address,
            "taxText": request.tax_text,
        },
        "Qonto's credit notes have nothing of the kind.",
    )
    return (*unused, *unused_of(request.credit_note_lines, problems, _AT))
