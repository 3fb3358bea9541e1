"""The supplier invoices that the organisations have received."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from functools import partial

from qonto_simulator import pdf
from qonto_simulator.einvoices.issued import COUNTRIES
from qonto_simulator.money import rounded
from qonto_simulator.records.client_invoice import LifecycleEvent
from qonto_simulator.records.supplier_invoice import Reading, SupplierInvoice
from qonto_simulator.rules.lifecycle import RECEIVED
from qonto_simulator.rules.supplier_invoices import Arrival, arrive, supplier_id
from qonto_simulator.times import today
from qonto_simulator.world import Books, World

from .calendar import Calendar
from .scenery import Scenery, Supplier, supplier_named

OWN_IBAN = "own"
"""The account that a supplier is known to have."""

PRINTER_ABROAD = Supplier("Thames Print Co")
CLOUD = Supplier("Pacific Cloud LLC")


@dataclass(frozen=True, slots=True)
class _Bill:
    """``ago`` counts working days; a bill to be ``paid`` waits until its money goes."""

    ago: int
    supplier: Supplier
    number: str | None
    net: str
    rate: str
    status: str = "to_review"
    currency: str = "EUR"
    source: str = "email_forward"
    dirty: bool = False
    credit: bool = False
    category: str = "INVOICE"
    due: int | None = 30


def _bills(place: Scenery, year: int) -> tuple[_Bill, ...]:
    by, standard, reduced = place.suppliers, place.rates.standard, place.rates.reduced
    twice = "INV-3382"
    return (
        _Bill(61, by.stationer, f"{year}-1042", "50.00", standard, "to_pay"),
        _Bill(56, by.hosting, "HO-88213", "129.00", standard, "to_pay", source="e_invoicing"),
        _Bill(50, PRINTER_ABROAD, "TP/3391", "412.50", "0.00", "to_pay", "GBP"),
        _Bill(41, CLOUD, "INV-20931", "89.99", "0.00", "to_pay", "USD"),
        _Bill(36, by.craftsman, "A-771", "1980.00", standard, "scheduled"),
        _Bill(28, by.adviser, f"{year}/118", "840.00", standard, "to_pay"),
        _Bill(23, by.taxi, None, "27.27", reduced, category="CARD_RECEIPT", due=None),
        _Bill(18, by.agency, "AG-0092", "2600.00", standard, "to_approve"),
        _Bill(16, by.craftsman, "A-771-AV", "-180.00", standard, credit=True),
        _Bill(11, by.printer, twice, "318.40", standard, dirty=True),
        _Bill(8, by.printer, twice, "318.40", standard, "rejected"),
        _Bill(4, by.town_hall, None, "0", "0.00", category="OTHER_NON_FINANCIAL_DOCUMENT"),
        _Bill(3, by.energy, "EC-554120", "211.16", standard, "awaiting_payment"),
    )


def purchases(world: World, books: Books, place: Scenery, calendar: Calendar) -> None:
    """Bills in every state; the last one has just arrived and is still being read."""
    now = calendar.now
    for bill in _bills(place, calendar.day(61).year):
        _add(world, books, place, bill, calendar)
    last = reading(
        place.suppliers.stationer.name,
        f"{today(now).year}-1188",
        today(now),
        Decimal("50.00"),
        Decimal(place.rates.standard),
        country=books.organisation.country,
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
    country: str = "FR",
    currency: str = "EUR",
    iban: str | None = OWN_IBAN,
    due_in: int | None = 30,
    is_credit_note: bool = False,
    category: str = "INVOICE",
) -> Reading:
    """What an analysis would find on a bill with one tax rate.

    A supplier in euros is one of ``country``, with the numbers that such a company has.
    """
    tax = rounded(net * rate)
    sender = supplier_named(country, supplier) if currency == "EUR" else Supplier(supplier)
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
        iban=sender.iban if iban == OWN_IBAN else iban,
        vat_number=sender.vat_number,
        tin=sender.tin,
        is_credit_note=is_credit_note,
        category=category,
    )


def _add(
    world: World, books: Books, place: Scenery, bill: _Bill, calendar: Calendar
) -> SupplierInvoice:
    at, now = calendar.at(bill.ago, 9), calendar.now
    country, electronic = books.organisation.country, bill.source == "e_invoicing"
    read = reading(
        bill.supplier.name,
        bill.number,
        calendar.day(bill.ago + 1),
        Decimal(bill.net),
        Decimal(bill.rate),
        country=country,
        currency=bill.currency,
        iban=_iban(bill),
        due_in=bill.due,
        is_credit_note=bill.credit,
        category="CREDIT_NOTE" if bill.credit else bill.category,
    )
    name = f"{bill.supplier.name.lower().replace(' ', '-')}-{today(at):%m-%d}.pdf"
    structured = electronic and country in COUNTRIES
    make = partial(pdf.supplier_invoice, read, books.organisation, at, structured=structured)
    attachment = world.store_file(books, name, "application/pdf", make, at)
    record = SupplierInvoice(
        id=world.ids.uuid7(at),
        status=bill.status,
        file_name=name,
        source=bill.source,
        source_type="e_invoicing" if electronic else "email",
        attachment_id=attachment.id,
        created_at=at,
        updated_at=at + timedelta(seconds=9),
        initiator_id=None,
        supplier_id=supplier_id(world, books, bill.supplier.name),
        reading=read,
        analyzed_at=at + timedelta(seconds=9),
        has_duplicates=bill.number == "INV-3382",
        is_einvoice=electronic,
        e_invoice_type="zugferd" if electronic and country == "DE" else None,
    )
    if structured:
        record.lifecycle.append(LifecycleEvent(RECEIVED, at))
    if bill.status == "scheduled":
        record.scheduled_date = next_week(today(now))
    if bill.status == "rejected":
        record.declined_note = place.texts.duplicate
    return books.supplier_invoices.add(record)


def _iban(bill: _Bill) -> str | None:
    """None on a letter; on a dirty bill one with a typing error, so that its check digits fail."""
    iban = bill.supplier.iban
    if iban is None or bill.category == "OTHER_NON_FINANCIAL_DOCUMENT":
        return None
    return f"{iban[:-1]}{(int(iban[-1]) + 1) % 10}" if bill.dirty else iban


def next_week(day: date) -> date:
    """The Monday after the next Sunday: when transfers that were planned are to go."""
    return day + timedelta(days=7 - day.weekday())
