"""The invoices and credit notes that the organisations have issued."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from functools import partial

from qonto_simulator import pdf
from qonto_simulator.money import ZERO
from qonto_simulator.records.client import Client
from qonto_simulator.records.client_invoice import ClientInvoice, LifecycleEvent
from qonto_simulator.records.credit_note import CreditNote
from qonto_simulator.records.lines import Line
from qonto_simulator.rules import numbering
from qonto_simulator.rules.client_invoices import (
    PREFIX,
    attach_pdf,
    printed_settings,
)
from qonto_simulator.rules.totals import line, totals
from qonto_simulator.times import midnight, today
from qonto_simulator.world import Books, World

STANDARD_RATE = {"FR": "0.2", "IT": "0.22", "DE": "0.19", "ES": "0.21"}
_EXEMPT = {"FR": "S259", "IT": "N2.1", "DE": "S13B", "ES": "S69"}


@dataclass(frozen=True, slots=True)
class _Desk:
    """Writes documents in the past of one organisation."""

    world: World
    books: Books
    now: datetime

    @property
    def country(self) -> str:
        return self.books.organisation.country

    def line(
        self, title: str, quantity: str, price: str, unit: str, rate: str | None = None
    ) -> Line:
        rate = rate if rate is not None else STANDARD_RATE[self.country]
        return line(
            title=title,
            quantity=Decimal(quantity),
            unit_price=Decimal(price),
            currency="EUR",
            vat_rate=Decimal(rate),
            unit=unit,
            vat_exemption_reason=_EXEMPT[self.country] if Decimal(rate) == 0 else None,
        )

    def invoice(
        self,
        days_ago: int,
        client: Client,
        lines: Sequence[Line],
        *,
        currency: str = "EUR",
        terms: int = 30,
        discount: tuple[str, Decimal] | None = None,
        draft: bool = False,
    ) -> ClientInvoice:
        books, organisation = self.books, self.books.organisation
        at = self.now - timedelta(days=days_ago)
        day = today(at)
        amounts = totals(lines, discount)
        if draft:
            number = numbering.proforma_number(books, PREFIX, day)
        else:
            number = numbering.next_number(books, PREFIX, day)
        empty = draft and not lines
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
            discount=amounts.discount,
            terms_and_conditions="" if empty else f"Payable within {terms} days.",
            performance_start_date=None if empty else day - timedelta(days=30),
            performance_end_date=None if empty else day - timedelta(days=1),
        )
        if not draft:
            invoice.finalized_at = at + timedelta(seconds=1)
            attach_pdf(self.world, books, invoice, at + timedelta(seconds=12))
        return books.client_invoices.add(invoice)

    def changed(self, invoice: ClientInvoice, days_ago: int) -> None:
        self.books.client_invoices.save(invoice, self.now - timedelta(days=days_ago))

    def paid(self, invoice: ClientInvoice, days_ago: int, *, by_hand: bool) -> None:
        at = self.now - timedelta(days=days_ago)
        invoice.status = "paid"
        invoice.paid_at = midnight(today(at)) if by_hand else at
        invoice.amount_paid = ZERO if by_hand else invoice.total
        self.changed(invoice, days_ago)

    def credit(
        self, invoice: ClientInvoice, days_ago: int, lines: Sequence[Line], reason: str
    ) -> CreditNote:
        at = self.now - timedelta(days=days_ago)
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
            number=numbering.next_number(self.books, "A", today(at)),
            invoice_id=invoice.id,
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
        name = pdf.file_name(note.number, note.issue_date, self.books.organisation.legal_name)
        made = partial(pdf.credit_note, note, self.books.organisation, at)
        note.attachment_id = self.world.store_file(self.books, name, "application/pdf", made, at).id
        invoice.credit_note_ids.append(note.id)
        return self.books.credit_notes.add(note)


def sales(world: World, books: Books, now: datetime) -> None:
    """A dozen invoices in every state, with the cases that tests ask for."""
    desk = _Desk(world, books, now)
    clients = [client for client in books.clients if client.currency]
    home, abroad = clients[0], clients[-3]
    dollars, person = clients[-2], clients[-1]

    first = desk.invoice(88, home, [desk.line("Audit", "3", "680.00", "day")])
    desk.paid(first, 60, by_hand=False)
    second = desk.invoice(80, abroad, [desk.line("Workshop", "1", "1450.00", "unit", "0")])
    desk.paid(second, 52, by_hand=True)
    refunded = desk.invoice(71, home, [desk.line("Training", "2", "900.00", "day")])
    desk.credit(refunded, 64, refunded.lines, "Training called off")
    refunded.status = "canceled"
    refunded.canceled_at = now - timedelta(days=64)
    desk.changed(refunded, 64)
    reduced = desk.invoice(
        62,
        clients[1] if len(clients) > 4 else home,
        [desk.line("Concept", "5", "640.00", "day"), desk.line("Travel", "1", "212.40", "unit")],
        discount=("percentage", Decimal("0.1")),
    )
    desk.credit(reduced, 55, [desk.line("Travel", "1", "212.40", "unit")], "Travel not needed")
    desk.changed(reduced, 55)
    overseas = desk.invoice(
        48,
        dollars,
        [replace(desk.line("Licences", "12", "49.90", "month", "0"), currency="USD")],
        currency="USD",
    )
    desk.paid(overseas, 21, by_hand=False)
    desk.invoice(45, abroad, [desk.line("Research", "7.5", "88.00", "hour", "0")])
    part = desk.invoice(33, home, [desk.line("Prototype", "1", "4800.00", "unit")])
    part.amount_paid = Decimal("2000.00")
    desk.changed(part, 12)
    desk.invoice(
        20,
        person,
        [
            desk.line("Portrait", "1", "350", "unit"),
            desk.line("Prints", "24", "3.75", "unit", "0.1" if desk.country == "FR" else None),
        ],
        terms=15,
    )
    sent = desk.invoice(9, home, [desk.line("Support", "10", "95.00", "hour")])
    sent.einvoicing_status = "submitted"
    sent.lifecycle.append(LifecycleEvent(200, now - timedelta(days=9, minutes=-3)))
    desk.changed(sent, 8)
    desk.invoice(3, home, [desk.line("Consulting", "2", "600.00", "day")])
    desk.invoice(2, home, [desk.line("Consulting", "4", "600.00", "day")], draft=True)
    desk.invoice(1, abroad, [], draft=True)
