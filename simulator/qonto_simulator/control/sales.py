"""What happens to the documents that organisations issue."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Literal

from qonto_simulator.money import parse_decimal
from qonto_simulator.records.quote import Quote
from qonto_simulator.render.client_invoices import client_invoice
from qonto_simulator.render.common import Document
from qonto_simulator.render.quotes import quote_document
from qonto_simulator.rules import bank, einvoicing, numbering, quotes
from qonto_simulator.rules import client_invoices as invoices
from qonto_simulator.rules.totals import line
from qonto_simulator.seeding.scenery import scenery
from qonto_simulator.times import parse_date, today, with_millis
from qonto_simulator.world import Books

from .desk import Desk

INVOICE_TYPES = ("standard", "deposit", "balance")


class Sales(Desk):
    """Invoices and quotes, as the app, the bank or the client would change them."""

    def create_invoice(
        self,
        *,
        organization_id: str | None = None,
        client_id: str | None = None,
        status: str = "unpaid",
        title: str = "Consulting",
        quantity: str | int = "2",
        unit_price: str | int = "600.00",
        vat_rate: str | None = None,
        number: str | None = None,
        purchase_order: str = "",
        issue_date: str | None = None,
        due_date: str | None = None,
        invoice_type: str = "standard",
        imported: bool = False,
    ) -> Document:
        """Issues an invoice, as if somebody had done it in the app; emits ``created``.

        ``vat_rate`` is the standard one of the organisation's country unless told.
        """
        books, now = self._world.books_of(organization_id), self._world.now()
        organisation = books.organisation
        if status not in ("draft", "unpaid"):
            raise ValueError("status must be draft or unpaid")
        if invoice_type not in INVOICE_TYPES:
            raise ValueError(f"invoice_type must be one of: {', '.join(INVOICE_TYPES)}")
        rates = scenery(organisation.country).rates
        rate = parse_decimal(rates.standard if vat_rate is None else vat_rate)
        issued = _day(issue_date, today(now))
        if number is None and not organisation.automatic_numbering:
            number = numbering.free_number(books, invoices.PREFIX, issued)
        fields = invoices.InvoiceFields(
            client=self._client(books, client_id),
            currency="EUR",
            issue_date=issued,
            due_date=_day(due_date, issued + timedelta(days=30)),
            account=organisation.main_account,
            lines=(
                line(
                    title=title,
                    quantity=parse_decimal(quantity),
                    unit_price=parse_decimal(unit_price),
                    currency="EUR",
                    vat_rate=rate,
                    unit="day",
                    vat_exemption_reason=None if rate else rates.exemption,
                ),
            ),
            settings=invoices.printed_settings(organisation),
            number=number,
            purchase_order=purchase_order,
            contact_email=organisation.owner.email,
        )
        made = invoices.create(
            self._world,
            books,
            fields,
            final=status == "unpaid",
            invoice_type=invoice_type,
            imported=imported,
            at=now,
        )
        return client_invoice(made, organisation)

    def pay_invoice(
        self,
        id: str,
        *,
        amount: str | int | None = None,
        by_hand: bool = False,
        paid_at: str | None = None,
    ) -> Document:
        """The client pays all that is open, or ``amount``: money arrives on the account with the
        invoice's number. ``by_hand`` marks the invoice only, as of ``paid_at``."""
        books, invoice = self._world.find_invoice(id)
        now = self._world.now()
        if by_hand:
            day = parse_date(paid_at) if paid_at else None
            invoices.mark_as_paid(self._world, books, invoice, day, at=now)
            return client_invoice(invoice, books.organisation)
        invoices.require_payable(invoice)
        owed = invoice.total - invoice.amount_paid
        account = books.account_by_iban(invoice.iban) or books.organisation.main_account
        paid = owed if amount is None else parse_decimal(amount)
        movement = bank.receipt(invoice, paid, account.currency, now)
        bank.book(self._world, books, account, movement, at=now)
        return client_invoice(invoice, books.organisation)

    def finalize_invoice(self, id: str) -> Document:
        """As the call of the API."""
        books, invoice = self._world.find_invoice(id)
        invoices.finalize(self._world, books, invoice, at=self._world.now())
        return client_invoice(invoice, books.organisation)

    def cancel_invoice(self, id: str) -> Document:
        """As the call of the API."""
        books, invoice = self._world.find_invoice(id)
        invoices.cancel(self._world, books, invoice, at=self._world.now())
        return client_invoice(invoice, books.organisation)

    def touch_invoice(self, id: str, *, footer: str | None = None) -> Document:
        """Changes an invoice in any state, as the app sometimes does; it moves in lists."""
        books, invoice = self._world.find_invoice(id)
        now = self._world.now()
        if footer is not None:
            invoice.footer = footer
        books.client_invoices.save(invoice, now)
        invoices.tell(self._world, books, invoice, "updated", now)
        return client_invoice(invoice, books.organisation)

    def progress_einvoice(self, id: str, code: int, *, reason: str = "") -> Document:
        """The next step of an e-invoice, by the French status codes 200 to 214."""
        if not 200 <= code <= 214:
            raise ValueError("code must be between 200 and 214")
        books, invoice = self._world.find_invoice(id)
        einvoicing.progress(self._world, books, invoice, code, reason, self._world.now())
        return client_invoice(invoice, books.organisation)

    def decide_quote(
        self, id: str, status: Literal["approved", "canceled"] = "approved"
    ) -> Document:
        """The client approves a quote, or it is canceled."""
        if status not in ("approved", "canceled"):
            raise ValueError("status must be approved or canceled")
        books, quote = self._quote(id)
        quotes.decide(books, quote, status, at=self._world.now())
        percent = self._world.quirks.percent_vat_on_quotes
        return quote_document(quote, books.organisation, percent=percent)

    def _quote(self, id: str) -> tuple[Books, Quote]:
        for books in self._world.books.values():
            quote = books.quotes.get(id)
            if quote is not None:
                return books, quote
        raise KeyError(id)

    def mails(self, *, organization_id: str | None = None) -> list[Document]:
        """The e-mails that Qonto would have sent, oldest first."""
        return [
            {
                "at": with_millis(mail.at),
                "document": mail.document,
                "document_id": mail.document_id,
                "to": list(mail.to),
                "title": mail.title,
                "body": mail.body,
                "copy_to_self": mail.copy_to_self,
            }
            for mail in self._world.books_of(organization_id).mails
        ]


def _day(text: str | None, otherwise: date) -> date:
    return parse_date(text) if text else otherwise
