"""The invoices and credit notes that the organisations have issued."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from functools import partial

from qonto_simulator.records.client import Client
from qonto_simulator.records.client_invoice import ClientInvoice, LifecycleEvent
from qonto_simulator.records.credit_note import CreditNote
from qonto_simulator.records.lines import Line
from qonto_simulator.rules import bank, numbering
from qonto_simulator.rules.client_invoices import PREFIX, attach_pdf
from qonto_simulator.rules.credit_notes import PREFIX as CREDIT_PREFIX
from qonto_simulator.rules.credit_notes import attach_pdf as attach_note_pdf
from qonto_simulator.rules.invoice_fields import printed_settings
from qonto_simulator.rules.totals import line, totals
from qonto_simulator.times import midnight, today
from qonto_simulator.world import Books, World

from .calendar import Calendar
from .diary import Diary
from .scenery import Scenery


@dataclass(frozen=True, slots=True)
class _Desk:
    """Writes documents in the past of one organisation; days are working days before today."""

    world: World
    books: Books
    place: Scenery
    calendar: Calendar
    diary: Diary

    def line(
        self, title: str, quantity: str, price: str, unit: str, rate: str | None = None
    ) -> Line:
        rates = self.place.rates
        rate = rate if rate is not None else rates.standard
        return line(
            title=title,
            quantity=Decimal(quantity),
            unit_price=Decimal(price),
            currency="EUR",
            vat_rate=Decimal(rate),
            unit=unit,
            vat_exemption_reason=rates.exemption if Decimal(rate) == 0 else None,
        )

    def invoice(
        self,
        ago: int,
        client: Client,
        lines: Sequence[Line],
        *,
        currency: str = "EUR",
        terms: int = 30,
        discount: tuple[str, Decimal] | None = None,
        draft: bool = False,
    ) -> ClientInvoice:
        books, organisation = self.books, self.books.organisation
        at = self.calendar.at(ago)
        day = today(at)
        amounts = totals(lines, discount)
        if draft and organisation.automatic_numbering:
            number = numbering.proforma_number(books, PREFIX, day)
        else:
            number = numbering.next_number(books, PREFIX, day)
        empty = draft and not lines
        payable = self.place.texts.payable.format(days=terms)
        invoice = ClientInvoice(
            id=self.world.ids.uuid7(at),
            number=number,
            status="draft" if draft else "unpaid",
            client=replace(client),
            currency=currency,
            issue_date=day,
            due_date=day + timedelta(days=terms),
            iban=organisation.main_account.iban,
            bic=organisation.main_account.bic,
            beneficiary_name=organisation.legal_name,
            settings=printed_settings(organisation),
            total=amounts.total,
            vat=amounts.vat,
            lines=tuple(lines),
            created_at=at,
            updated_at=at if draft else at + timedelta(seconds=12),
            contact_email=organisation.owner.email,
            has_temporary_number=draft and organisation.automatic_numbering,
            discount=amounts.discount,
            terms_and_conditions="" if empty else payable,
            performance_start_date=None if empty else day - timedelta(days=30),
            performance_end_date=None if empty else day - timedelta(days=1),
        )
        if not draft:
            invoice.finalized_at = at + timedelta(seconds=1)
            attach_pdf(self.world, books, invoice, at + timedelta(seconds=12))
        return books.client_invoices.add(invoice)

    def changed(self, invoice: ClientInvoice, at: datetime) -> None:
        self.books.client_invoices.save(invoice, at)

    def paid_by_hand(self, invoice: ClientInvoice, ago: int) -> None:
        at = self.calendar.at(ago)
        invoice.status = "paid"
        invoice.paid_at = midnight(today(at))
        self.changed(invoice, at)

    def paid(self, invoice: ClientInvoice, ago: int, amount: Decimal | None = None) -> None:
        """The client's money comes, all of it or ``amount``, and finds its invoice."""
        self.diary.note(self.calendar.at(ago, 7), partial(self._receive, invoice, amount))

    def _receive(self, invoice: ClientInvoice, amount: Decimal | None, at: datetime) -> None:
        account = self.books.organisation.main_account
        payer = next((one for one in self.place.customers if one.name == invoice.client.name), None)
        movement = replace(
            bank.receipt(invoice, amount or invoice.total, account.currency, at),
            reference=f"{invoice.number} {self.place.texts.thanks}",
            counterparty_iban=payer.iban if payer else None,
            counterparty_bic=payer.bic if payer else None,
        )
        bank.book(self.world, self.books, account, movement, at=at)

    def credit(
        self, invoice: ClientInvoice, ago: int, lines: Sequence[Line], reason: str
    ) -> CreditNote:
        at = self.calendar.at(ago)
        negated = tuple(
            line(
                title=one.title,
                quantity=-one.quantity,
                unit_price=one.unit_price,
                currency=one.currency,
                vat_rate=one.vat_rate,
                unit=one.unit,
                vat_exemption_reason=one.vat_exemption_reason,
            )
            for one in lines
        )
        amounts = totals(negated)
        note = CreditNote(
            id=self.world.ids.uuid7(at),
            number=numbering.next_number(self.books, CREDIT_PREFIX, today(at)),
            invoice_id=invoice.id,
            invoice_number=invoice.number,
            invoice_issue_date=invoice.issue_date,
            issue_date=today(at),
            reason=reason,
            currency=invoice.currency,
            client=invoice.client,
            total=amounts.total,
            vat=amounts.vat,
            lines=negated,
            created_at=at,
            updated_at=at + timedelta(seconds=11),
            finalized_at=at,
            contact_email=invoice.contact_email,
        )
        attach_note_pdf(self.world, self.books, note, at)
        invoice.credit_note_ids.append(note.id)
        return self.books.credit_notes.add(note)


def sales(world: World, books: Books, place: Scenery, calendar: Calendar, diary: Diary) -> None:
    """A dozen invoices in every state, with the cases that tests ask for."""
    desk, texts = _Desk(world, books, place, calendar, diary), place.texts
    home, second, abroad, dollars, person = (one for one in books.clients if one.currency)

    first = desk.invoice(63, home, [desk.line(texts.audit, "3", "680.00", "day")])
    desk.paid(first, 43)
    workshop = desk.invoice(57, abroad, [desk.line(texts.workshop, "1", "1450.00", "unit", "0")])
    desk.paid_by_hand(workshop, 37)
    refunded = desk.invoice(51, home, [desk.line(texts.training, "2", "900.00", "day")])
    desk.credit(refunded, 46, refunded.lines, texts.training_off)
    refunded.status = "canceled"
    refunded.canceled_at = calendar.at(46)
    desk.changed(refunded, calendar.at(46))
    travel = desk.line(texts.travel, "1", "212.40", "unit")
    reduced = desk.invoice(
        44,
        second,
        [desk.line(texts.concept, "5", "640.00", "day"), travel],
        discount=("percentage", Decimal("0.1")),
    )
    desk.credit(reduced, 39, [travel], texts.travel_off)
    desk.changed(reduced, calendar.at(39))
    overseas = desk.invoice(
        34,
        dollars,
        [replace(desk.line(texts.licences, "12", "49.90", "month", "0"), currency="USD")],
        currency="USD",
    )
    desk.paid(overseas, 15)
    desk.invoice(32, abroad, [desk.line(texts.research, "7.5", "88.00", "hour", "0")])
    part = desk.invoice(23, home, [desk.line(texts.prototype, "1", "4800.00", "unit")])
    desk.paid(part, 8, Decimal("2000.00"))
    desk.invoice(
        14,
        person,
        [
            desk.line(texts.portrait, "1", "350", "unit"),
            desk.line(texts.prints, "24", "3.75", "unit", place.rates.prints),
        ],
        terms=15,
    )
    sent = desk.invoice(6, home, [desk.line(texts.support, "10", "95.00", "hour")])
    sent.einvoicing_status = "submitted"
    sent.lifecycle += [
        LifecycleEvent(code, calendar.at(6) + timedelta(minutes=minutes))
        for code, minutes in ((200, 3), (201, 4), (202, 8))
    ]
    desk.changed(sent, calendar.at(5))
    desk.invoice(3, home, [desk.line(texts.consulting, "2", "600.00", "day")])
    desk.invoice(2, home, [desk.line(texts.consulting, "4", "600.00", "day")], draft=True)
    desk.invoice(1, abroad, [], draft=True)
