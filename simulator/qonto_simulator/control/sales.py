"""What happens to the documents that organisations issue."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Annotated, Literal

from msgspec import Meta

from qonto_simulator.money import parse_decimal
from qonto_simulator.records.client_invoice import ClientInvoice
from qonto_simulator.records.quote import Quote
from qonto_simulator.render.client_invoices import client_invoice
from qonto_simulator.render.common import Document
from qonto_simulator.render.quotes import quote_document
from qonto_simulator.rules import bank, numbering, quotes
from qonto_simulator.rules import client_invoices as invoices
from qonto_simulator.rules.invoice_fields import InvoiceFields, printed_settings
from qonto_simulator.rules.totals import line
from qonto_simulator.seeding.scenery import scenery
from qonto_simulator.times import parse_date, today, with_millis
from qonto_simulator.world import Books

from .call import call
from .desk import Desk
from .fields import Day, Decimals, Id, Organization, Rate, WholeAmount


class Sales(Desk):
    """Invoices and quotes, as the app, the bank or the client would change them."""

    @call(
        "POST",
        "/invoices",
        "Issue an invoice, as if somebody had done it in the app; emits `created`.",
        answers="client_invoice",
        status=201,
        example={"unit_price": "600.00", "quantity": "2", "status": "unpaid"},
    )
    def create_invoice(
        self,
        *,
        organization_id: Organization = None,
        client_id: Annotated[
            str | None, Meta(description="Whom to invoice; the first client by default")
        ] = None,
        status: Annotated[
            Literal["draft", "unpaid"], Meta(description="Whether it is final at once")
        ] = "unpaid",
        title: Annotated[str, Meta(description="Of its only line")] = "Consulting",
        quantity: Annotated[Decimals | WholeAmount, Meta(description="Of its only line")] = "2",
        unit_price: Annotated[
            Decimals | WholeAmount, Meta(description="Without VAT, in EUR")
        ] = "600.00",
        vat_rate: Annotated[
            Rate | None, Meta(description="As a fraction; 0 is exempt; the country's by default")
        ] = None,
        number: Annotated[
            str | None,
            Meta(description="The next free one by default"),
        ] = None,
        purchase_order: Annotated[str, Meta(description="The client's reference")] = "",
        issue_date: Annotated[Day | None, Meta(description="Today by default")] = None,
        due_date: Annotated[
            Day | None, Meta(description="30 days after the issue by default")
        ] = None,
        invoice_type: Annotated[
            Literal["standard", "deposit", "balance"], Meta(description="What kind of invoice")
        ] = "standard",
        imported: Annotated[
            bool, Meta(description="As if it came from another tool; lists hide it by default")
        ] = False,
    ) -> Document:
        books, now = self._world.books_of(organization_id), self._world.now()
        organisation = books.organisation
        rates = scenery(organisation.country).rates
        rate = parse_decimal(rates.standard if vat_rate is None else vat_rate)
        issued = _day(issue_date, today(now))
        if number is None and not organisation.automatic_numbering:
            number = numbering.free_number(books, invoices.PREFIX, issued)
        fields = InvoiceFields(
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
            settings=printed_settings(organisation),
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
        return self._invoice(books, made)

    @call(
        "POST",
        "/invoices/{id}/pay",
        "The client pays: money arrives on the account with the invoice's number.",
        answers="client_invoice",
        example={"amount": "100.00"},
    )
    def pay_invoice(
        self,
        id: Id,
        *,
        amount: Annotated[
            Decimals | WholeAmount | None, Meta(description="All that is open by default")
        ] = None,
        by_hand: Annotated[
            bool, Meta(description="Only mark the invoice as paid; no money moves")
        ] = False,
        paid_at: Annotated[
            Day | None, Meta(description="The day to mark it with; today by default")
        ] = None,
    ) -> Document:
        books, invoice = self._world.find_invoice(id)
        now = self._world.now()
        if by_hand:
            day = parse_date(paid_at) if paid_at else None
            invoices.mark_as_paid(self._world, books, invoice, day, at=now)
            return self._invoice(books, invoice)
        invoices.require_payable(invoice)
        owed = invoice.total - invoice.amount_paid
        account = books.account_by_iban(invoice.iban)
        if account is None or account.status != "active":
            account = books.organisation.main_account
        paid = owed if amount is None else parse_decimal(amount)
        movement = bank.receipt(invoice, paid, account.currency, now)
        bank.book(self._world, books, account, movement, at=now)
        return self._invoice(books, invoice)

    @call("POST", "/invoices/{id}/finalize", "Finalize a draft.", answers="client_invoice")
    def finalize_invoice(self, id: Id) -> Document:
        books, invoice = self._world.find_invoice(id)
        invoices.finalize(self._world, books, invoice, at=self._world.now())
        return self._invoice(books, invoice)

    @call("POST", "/invoices/{id}/cancel", "Cancel an unpaid invoice.", answers="client_invoice")
    def cancel_invoice(self, id: Id) -> Document:
        books, invoice = self._world.find_invoice(id)
        invoices.cancel(self._world, books, invoice, at=self._world.now())
        return self._invoice(books, invoice)

    @call(
        "PATCH",
        "/invoices/{id}",
        "Change an invoice in any state, as the app sometimes does; it moves in lists.",
        answers="client_invoice",
        example={"footer": "seen"},
    )
    def touch_invoice(
        self,
        id: Id,
        *,
        footer: Annotated[
            str | None, Meta(description="The new footer; the old by default")
        ] = None,
    ) -> Document:
        books, invoice = self._world.find_invoice(id)
        now = self._world.now()
        if footer is not None:
            if invoice.einvoicing_status is not None:
                raise ValueError("what was sent by e-invoice can't be changed any more")
            invoice.footer = footer
        books.client_invoices.save(invoice, now)
        invoices.tell(self._world, books, invoice, "updated", now)
        return self._invoice(books, invoice)

    @call(
        "POST",
        "/quotes/{id}/decide",
        "The client approves a quote, or it is canceled.",
        answers="quote",
        example={"status": "approved"},
    )
    def decide_quote(
        self,
        id: Id,
        status: Annotated[
            Literal["approved", "canceled"], Meta(description="The decision")
        ] = "approved",
    ) -> Document:
        books, quote = self._quote(id)
        quotes.decide(books, quote, status, at=self._world.now())
        percent = self._world.quirks.percent_vat_on_quotes
        return quote_document(quote, books.organisation, self._world.base_url, percent=percent)

    def _invoice(self, books: Books, invoice: ClientInvoice) -> Document:
        return client_invoice(invoice, books.organisation, self._world.base_url)

    def _quote(self, id: str) -> tuple[Books, Quote]:
        for books in self._world.books.values():
            quote = books.quotes.get(id)
            if quote is not None:
                return books, quote
        raise KeyError(id)

    @call("GET", "/mails", "The e-mails that Qonto would have sent, oldest first.")
    def mails(self, *, organization_id: Organization = None) -> list[Document]:
        return [
            {
                "at": with_millis(mail.at),
                "document": mail.document,
                "document_id": mail.document_id,
                "to": list(mail.to),
                "title": mail.title,
                "body": mail.body,
                "copy_to_self": mail.copy_to_self,
                "reminder_id": mail.reminder_id,
            }
            for mail in self._world.books_of(organization_id).mails
        ]


def _day(text: str | None, otherwise: date) -> date:
    return parse_date(text) if text else otherwise
