"""Invoices that recur, which only the app makes."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta

from qonto_simulator.records.recurring import RecurringInvoice
from qonto_simulator.render.common import Document
from qonto_simulator.render.recurring import recurring_invoice
from qonto_simulator.rules import recurring
from qonto_simulator.times import parse_date, today
from qonto_simulator.world import Books

from .call import call
from .desk import Desk
from .fields import Day, Id, Organization


class Series(Desk):
    """Recurring invoices: they issue by themselves as time goes on."""

    @call(
        "POST",
        "/recurring_invoices",
        "Repeat an invoice from a day on; each is issued at six in the morning of its day.",
        answers="recurring_invoice",
        status=201,
        example={"recurrence": "monthly", "end_date": "9999-12-31"},
    )
    def create_recurring_invoice(
        self,
        *,
        organization_id: Organization = None,
        invoice_id: Annotated[
            str | None, Meta(description="Which invoice to repeat; the first by default")
        ] = None,
        start_date: Annotated[Day | None, Meta(description="Today by default")] = None,
        end_date: Annotated[
            Day | None, Meta(description="The last day that is possible; no end by default")
        ] = None,
        recurrence: Annotated[
            Literal["weekly", "monthly", "quarterly", "yearly"], Meta(description="How often")
        ] = "monthly",
        every: Annotated[
            int, Meta(ge=1, le=12, description="2 is every second week, month, ...")
        ] = 1,
        payment_terms_days: Annotated[
            int, Meta(ge=0, le=365, description="From the issue to the due date")
        ] = 30,
        invoice_status: Annotated[
            Literal["draft", "unpaid"], Meta(description="Whether its invoices are final at once")
        ] = "unpaid",
    ) -> Document:
        books, now = self._world.books_of(organization_id), self._world.now()
        if invoice_id is None:
            invoice = next(iter(books.client_invoices))
        else:
            books, invoice = self._world.find_invoice(invoice_id)
        schedule = recurring.Schedule(
            start_date=parse_date(start_date) if start_date else today(now),
            recurrence=recurrence,
            every=every,
            end_date=parse_date(end_date) if end_date else None,
            payment_terms_days=payment_terms_days,
            invoice_status=invoice_status,
        )
        return recurring_invoice(recurring.repeat(self._world, books, invoice, schedule, at=now))

    @call(
        "PATCH",
        "/recurring_invoices/{id}",
        "Suspend a series, resume it (`active`) or cancel it for good.",
        answers="recurring_invoice",
        example={"status": "suspended"},
    )
    def set_recurring_invoice(
        self,
        id: Id,
        status: Annotated[
            Literal["active", "suspended", "canceled"], Meta(description="What it becomes")
        ],
    ) -> Document:
        books, series = self._series(id)
        now = self._world.now()
        return recurring_invoice(recurring.set_status(self._world, books, series, status, at=now))

    def _series(self, id: str) -> tuple[Books, RecurringInvoice]:
        for books in self._world.books.values():
            series = books.recurring_invoices.get(id)
            if series is not None:
                return books, series
        raise KeyError(id)
