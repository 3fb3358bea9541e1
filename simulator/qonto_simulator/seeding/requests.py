"""What the employee of each organisation asked for."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal

from qonto_simulator.records.request import Request, RequestedTransfer
from qonto_simulator.times import today

from .bank import Teller
from .purchases import next_week
from .scenery.model import Supplier


def requests(teller: Teller) -> None:
    """A card in use, a bill that was paid, one that waits, and two that came to nothing."""
    calendar, by = teller.calendar, teller.place.suppliers
    paid = _lines(teller, by.stationer)
    card = _ask(teller, "virtual_card", calendar.at(56, 9), note=teller.place.shops.software)
    _decide(teller, replace(card, limit=1_500), "approved", calendar.at(55, 15))
    bill = _ask(teller, "transfer", calendar.at(61, 16), note=by.stationer.name)
    _decide(teller, replace(bill, transfers=paid), "approved", calendar.at(60, 11))
    flash = _ask(teller, "flash_card", calendar.at(22, 10), note=teller.place.shops.gallery)
    flash = replace(flash, limit=950, pre_expires_at=calendar.at(22, 10) + timedelta(days=14))
    _decide(teller, flash, "declined", calendar.at(21, 9))
    twice = _ask(teller, "transfer", calendar.at(7, 11), note=by.printer.name)
    _decide(
        teller, replace(twice, transfers=_lines(teller, by.printer)), "canceled", calendar.at(6, 9)
    )
    waiting = _ask(teller, "multi_transfer", calendar.at(2, 14), note=teller.place.texts.labels[2])
    teller.books.requests.add(
        replace(
            waiting,
            transfers=_lines(teller, by.printer, by.agency),
            scheduled_date=next_week(today(calendar.now)),
        )
    )


def _ask(teller: Teller, kind: str, at: datetime, *, note: str) -> Request:
    return Request(
        id=teller.world.ids.uuid7(at),
        request_type=kind,
        status="pending",
        initiator_id=teller.books.organisation.members[-1].id,
        created_at=at,
        updated_at=at,
        note=note,
    )


def _decide(teller: Teller, one: Request, status: str, at: datetime) -> None:
    """The owner approves or declines; who asked may cancel."""
    one.status = status
    one.processed_at = one.updated_at = at
    if status in ("approved", "declined"):
        one.approver_id = teller.books.organisation.owner.id
    if status == "declined":
        one.declined_note = teller.place.texts.declined
    if one.transfers:
        one.scheduled_date = today(at)
    teller.books.requests.add(one)


def _lines(teller: Teller, *suppliers: Supplier) -> tuple[RequestedTransfer, ...]:
    """What the oldest bill of each supplier asks for."""
    readings = [(one, teller.bill_of(one).reading) for one in suppliers]
    return tuple(
        RequestedTransfer(
            id=teller.world.ids.stable(f"request/{one.iban}/{reading.invoice_number}"),
            amount=reading.total or Decimal(0),
            currency=reading.currency,
            credit_iban=one.iban or "",
            credit_account_name=one.name,
            reference=reading.invoice_number or "",
        )
        for one, reading in readings
        if reading is not None
    )
