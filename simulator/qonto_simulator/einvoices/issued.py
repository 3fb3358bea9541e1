"""The e-invoices that a company issues: what its invoices and credit notes say."""

from __future__ import annotations

from datetime import date

from qonto_simulator import exchange
from qonto_simulator.money import ZERO
from qonto_simulator.records.client import Client
from qonto_simulator.records.client_invoice import ClientInvoice
from qonto_simulator.records.credit_note import CreditNote
from qonto_simulator.records.lines import Line
from qonto_simulator.records.organisation import Organisation

from . import parties
from .breakdowns import breakdowns
from .document import CREDIT_NOTE, DEPOSIT_INVOICE, INVOICE, EInvoice, Party, Payment, Row
from .exemptions import tax

COUNTRIES = ("FR", "DE")
"""Where PDF invoices carry a structured one."""

_PROCESS = {"goods": "B", "services": "S", "goods_and_services": "M"}
_USUAL, _AFTER_DEPOSIT = "1", "4"
_TEXTS = {
    "PMT": "Indemnité forfaitaire pour frais de recouvrement : 40 EUR",
    "PMD": "Pénalités de retard : trois fois le taux d'intérêt légal",
    "AAB": "Pas d'escompte pour paiement anticipé",
}
"""What French law wants to be said, where the company has no text of its own."""


def is_structured(organisation: Organisation) -> bool:
    """Whether the PDFs of a company carry the invoice as XML."""
    return organisation.country in COUNTRIES and organisation.einvoicing_sending == "enabled"


def client_invoice(invoice: ClientInvoice, issuer: Organisation) -> EInvoice:
    """A final invoice."""
    seller = parties.own(issuer, invoice.settings.vat_number)
    buyer = parties.buyer(invoice.client)
    issued = invoice.issue_date or date.min
    rows = tuple(_row(one, issuer.country, buyer, 1) for one in invoice.lines)
    reduction = invoice.discount.amount if invoice.discount else ZERO
    own = invoice.settings
    after_deposit = invoice.invoice_type == "balance"
    texts = (own.legal_fixed_compensation, own.late_payment_penalties, own.discount_conditions)
    return EInvoice(
        number=invoice.number,
        type_code=DEPOSIT_INVOICE if invoice.invoice_type == "deposit" else INVOICE,
        issued=issued,
        due=invoice.due_date,
        currency=invoice.currency,
        seller=seller,
        buyer=buyer,
        rows=rows,
        breakdowns=breakdowns(rows, reduction, invoice.vat),
        vat_in_euros=exchange.convert(invoice.vat, invoice.currency, "EUR", issued),
        process=_process(issuer, own.transaction_type, after_deposit=after_deposit),
        notes=_notes(issuer, invoice.client, buyer, texts),
        terms=invoice.terms_and_conditions,
        order=invoice.purchase_order,
        period=(invoice.performance_start_date, invoice.performance_end_date),
        payment=Payment(invoice.iban, invoice.bic, invoice.beneficiary_name, invoice.number),
    )


def credit_note(note: CreditNote, issuer: Organisation) -> EInvoice:
    """A credit note, with the invoice that it is about."""
    buyer = parties.buyer(note.client)
    rows = tuple(_row(one, issuer.country, buyer, -1) for one in note.lines)
    reduction = -note.discount.amount if note.discount else ZERO
    texts = (
        issuer.legal_fixed_compensation,
        issuer.late_payment_penalties,
        issuer.discount_conditions,
    )
    return EInvoice(
        number=note.number,
        type_code=CREDIT_NOTE,
        issued=note.issue_date,
        due=None,
        currency=note.currency,
        seller=parties.own(issuer, issuer.vat_number),
        buyer=buyer,
        rows=rows,
        breakdowns=breakdowns(rows, reduction, -note.vat),
        vat_in_euros=exchange.convert(-note.vat, note.currency, "EUR", note.issue_date),
        process=_process(issuer, issuer.transaction_type),
        notes=_notes(issuer, note.client, buyer, texts),
        terms=note.terms_and_conditions or note.reason or note.invoice_number,
        preceding=(note.invoice_number, note.invoice_issue_date),
    )


def _process(issuer: Organisation, kind: str, *, after_deposit: bool = False) -> str:
    if issuer.country != "FR":
        return ""
    return _PROCESS.get(kind, "M") + (_AFTER_DEPOSIT if after_deposit else _USUAL)


def _notes(
    issuer: Organisation, client: Client, buyer: Party, texts: tuple[str | None, ...]
) -> tuple[tuple[str, str], ...]:
    """The notes that French law asks for, and between whom the business is."""
    if issuer.country != "FR":
        return ()
    notes = [
        (code, text or otherwise)
        for (code, otherwise), text in zip(_TEXTS.items(), texts, strict=True)
    ]
    kind = _business(client, buyer)
    return (*notes, *([("BAR", kind)] if kind else []))


def _business(client: Client, buyer: Party) -> str:
    """Between companies at home or not, or with a consumer; nothing when it can't be told."""
    if client.kind == "individual":
        return "B2C"
    if buyer.address is None or buyer.address.country_code != "FR":
        return "B2BINT"
    number, address = buyer.registration, buyer.electronic
    is_addressed = number and address and address.value.startswith(number.value)
    return "B2B" if is_addressed else ""


def _row(line: Line, country: str, buyer: Party, sign: int) -> Row:
    """A line; a negative price turns the quantity instead."""
    quantity = line.quantity * sign * (-1 if line.unit_price < 0 else 1)
    reduction = line.discount.amount * sign if line.discount else ZERO
    net = line.subtotal * sign
    return Row(
        name=line.title,
        description=line.description or "",
        quantity=quantity,
        unit=line.unit or "",
        price=abs(line.unit_price),
        gross=net + reduction,
        discount=reduction,
        net=net,
        vat=line.total_vat * sign,
        tax=tax(line.vat_rate, line.vat_exemption_reason, country, buyer),
    )
