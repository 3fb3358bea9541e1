"""The supplier invoices that the organisations have received."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import partial

from qonto_simulator import identifiers, pdf
from qonto_simulator.money import rounded
from qonto_simulator.records.supplier_invoice import Reading, SupplierInvoice
from qonto_simulator.rules.supplier_invoices import Arrival, arrive, supplier_id
from qonto_simulator.times import today
from qonto_simulator.world import Books, World

GOOD_IBAN = identifiers.iban("FR", identifiers.french_account("20041", "01005", "05000130260"))
DIRTY_IBAN = "FR7630001007941234567890186"
"""Such as people type; its check digits are wrong."""


@dataclass(frozen=True, slots=True)
class _Bill:
    days_ago: int
    supplier: str
    number: str | None
    net: str
    rate: str
    status: str = "to_review"
    currency: str = "EUR"
    source: str = "email_forward"
    source_type: str = "email"
    iban: str | None = GOOD_IBAN
    credit: bool = False
    category: str = "INVOICE"
    due: int | None = 30


_BILLS = (
    _Bill(86, "Papeterie du Centre", "2026-1042", "50.00", "0.20", "paid"),
    _Bill(79, "Hébergement Ourse", "HO-88213", "129.00", "0.20", "paid", source="e_invoicing"),
    _Bill(70, "Thames Print Co", "TP/3391", "412.50", "0.00", "paid", "GBP", iban=None),
    _Bill(58, "Pacific Cloud LLC", "INV-20931", "89.99", "0.00", "archived", "USD", iban=None),
    _Bill(51, "Menuiserie Aubert", "A-771", "1980.00", "0.20", "scheduled"),
    _Bill(40, "Cabinet Lemaire", "2026/118", "840.00", "0.20", "to_pay"),
    _Bill(33, "Taxi Bleu", None, "27.27", "0.10", "to_review", category="CARD_RECEIPT", due=None),
    _Bill(26, "Agence Sirocco", "SIR-0092", "2600.00", "0.20", "to_approve"),
    _Bill(22, "Menuiserie Aubert", "A-771-AV", "-180.00", "0.20", "to_review", credit=True),
    _Bill(15, "Imprimerie Rochet", "INV-3382", "318.40", "0.20", iban=DIRTY_IBAN),
    _Bill(11, "Imprimerie Rochet", "INV-3382", "318.40", "0.20", "rejected"),
    _Bill(6, "Mairie", None, "0", "0.00", category="OTHER_NON_FINANCIAL_DOCUMENT", iban=None),
    _Bill(4, "Énergie Claire", "EC-554120", "211.16", "0.055", "awaiting_payment"),
)


def purchases(world: World, books: Books, now: datetime) -> None:
    """Bills in every state; the last one has just arrived and is still being read."""
    for bill in _BILLS:
        _add(world, books, bill, now)
    last = reading(
        "Papeterie du Centre", "2026-1188", today(now), Decimal("50.00"), Decimal("0.20")
    )
    arrive(
        world,
        books,
        Arrival(
            file_name="scan-0117.pdf",
            content_type="application/pdf",
            make=partial(pdf.supplier_invoice, last, books.organisation, now),
            source="supplier_invoices",
            source_type="direct_upload",
            reading=last,
            initiator_id=books.organisation.owner.id,
        ),
        at=now,
    )


def reading(
    supplier: str,
    number: str | None,
    issued: date,
    net: Decimal,
    rate: Decimal,
    *,
    currency: str = "EUR",
    iban: str | None = GOOD_IBAN,
    due_in: int | None = 30,
    is_credit_note: bool = False,
    category: str = "INVOICE",
) -> Reading:
    """What an analysis would find on a bill with one tax rate."""
    tax = rounded(net * rate)
    siren = identifiers.luhn(f"{sum(map(ord, supplier)) * 7919 % 100_000_000:08d}")
    has_amounts = category != "OTHER_NON_FINANCIAL_DOCUMENT"
    return Reading(
        supplier_name=supplier,
        invoice_number=number,
        currency=currency,
        total=net + tax if has_amounts else None,
        net=net if has_amounts else None,
        taxes=((tax, rate),) if has_amounts else (),
        issue_date=issued,
        due_date=issued + timedelta(days=due_in) if due_in is not None else None,
        iban=iban,
        vat_number=identifiers.french_vat(siren) if currency == "EUR" else None,
        tin=siren if currency == "EUR" else None,
        is_credit_note=is_credit_note,
        category=category,
    )


def _add(world: World, books: Books, bill: _Bill, now: datetime) -> SupplierInvoice:
    at = now - timedelta(days=bill.days_ago)
    read = reading(
        bill.supplier,
        bill.number,
        today(at) - timedelta(days=1),
        Decimal(bill.net),
        Decimal(bill.rate),
        currency=bill.currency,
        iban=bill.iban,
        due_in=bill.due,
        is_credit_note=bill.credit,
        category="CREDIT_NOTE" if bill.credit else bill.category,
    )
    name = f"{bill.supplier.lower().replace(' ', '-')}-{bill.days_ago}.pdf"
    make = partial(pdf.supplier_invoice, read, books.organisation, at)
    attachment = world.store_file(books, name, "application/pdf", make, at)
    record = SupplierInvoice(
        id=world.ids.uuid7(at),
        status=bill.status,
        file_name=name,
        source=bill.source,
        source_type="e_invoicing" if bill.source == "e_invoicing" else bill.source_type,
        attachment_id=attachment.id,
        created_at=at,
        updated_at=at + timedelta(seconds=9),
        initiator_id=None,
        supplier_id=supplier_id(world, books, bill.supplier),
        reading=read,
        analyzed_at=at + timedelta(seconds=9),
        has_duplicates=bill.number == "INV-3382",
        is_einvoice=bill.source == "e_invoicing",
        e_invoice_type=(
            "zugferd"
            if bill.source == "e_invoicing" and books.organisation.country == "DE"
            else None
        ),
    )
    if bill.status == "paid":
        record.payment_date = today(at) + timedelta(days=14)
    if bill.status == "scheduled":
        record.scheduled_date = today(now) + timedelta(days=5)
    if bill.status == "rejected":
        record.declined_note = "Received twice"
    return books.supplier_invoices.add(record)
