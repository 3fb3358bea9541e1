"""Everything a test or a person may do to the simulator from outside Qonto's API.

The same calls exist over HTTP under ``/_simulator``; both take and return the same values.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import partial
from typing import TYPE_CHECKING

from . import pdf
from .faults import Fault, Kind
from .money import parse_decimal
from .records.client import Client
from .records.subscription import Delivery
from .render.client_invoices import client_invoice
from .render.common import Document
from .render.supplier_invoices import supplier_invoice
from .rules import client_invoices as invoices
from .rules.supplier_invoices import Arrival, arrive
from .rules.totals import line
from .seeding.purchases import GOOD_IBAN, reading
from .times import parse_date, today, with_millis
from .webhooks.revocation import revoke_consent
from .world import Books

if TYPE_CHECKING:
    from .simulator import Simulator


class Control:
    """The Python twin of ``/_simulator``.

    Documents go out as Qonto's API writes them. Unknown ids raise ``KeyError``, impossible values
    ``ValueError``; what Qonto itself would refuse raises ``ApiError``.
    """

    def __init__(self, simulator: Simulator) -> None:
        self._simulator = simulator
        self._world = simulator.world

    # Documents

    def organizations(self) -> list[Document]:
        """The organisations with what is needed to act for them."""
        return [
            {
                "id": books.organisation.id,
                "slug": books.organisation.slug,
                "legal_name": books.organisation.legal_name,
                "country": books.organisation.country,
                "secret_key": books.organisation.secret_key,
                "membership_id": books.organisation.owner.id,
                "client_invoices": len(books.client_invoices),
                "supplier_invoices": len(books.supplier_invoices),
            }
            for books in self._world.books.values()
        ]

    def create_invoice(
        self,
        *,
        organization_id: str | None = None,
        client_id: str | None = None,
        status: str = "unpaid",
        title: str = "Consulting",
        quantity: str | int = "2",
        unit_price: str | int = "600.00",
        vat_rate: str = "0.2",
        number: str | None = None,
        purchase_order: str = "",
        issue_date: str | None = None,
        due_date: str | None = None,
    ) -> Document:
        """Issues an invoice, as if somebody had done it in the app; emits ``created``."""
        books, now = self._world.books_of(organization_id), self._world.now()
        organisation = books.organisation
        if status not in ("draft", "unpaid"):
            raise ValueError("status must be draft or unpaid")
        if number is None and not organisation.automatic_numbering:
            number = f"M-{len(books.client_invoices) + 1:05d}"
        rate = parse_decimal(vat_rate)
        issued = _day(issue_date, today(now))
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
                    vat_exemption_reason=None if rate else "S259",
                ),
            ),
            settings=invoices.printed_settings(organisation),
            number=number,
            purchase_order=purchase_order,
            contact_email=organisation.owner.email,
        )
        made = invoices.create(self._world, books, fields, final=status == "unpaid", at=now)
        return client_invoice(made, organisation)

    def pay_invoice(
        self,
        id: str,
        *,
        amount: str | int | None = None,
        by_hand: bool = False,
        paid_at: str | None = None,
    ) -> Document:
        """The client pays: all that is open or ``amount``, by bank or marked ``by_hand``."""
        books, invoice = self._world.find_invoice(id)
        now = self._world.now()
        if by_hand:
            day = parse_date(paid_at) if paid_at else None
            invoices.mark_as_paid(self._world, books, invoice, day, at=now)
        else:
            open_amount = invoice.total - invoice.amount_paid
            paid = open_amount if amount is None else parse_decimal(amount)
            invoices.receive_payment(self._world, books, invoice, paid, at=now)
        return client_invoice(invoice, books.organisation)

    def finalize_invoice(self, id: str) -> Document:
        books, invoice = self._world.find_invoice(id)
        invoices.finalize(self._world, books, invoice, at=self._world.now())
        return client_invoice(invoice, books.organisation)

    def cancel_invoice(self, id: str) -> Document:
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

    def receive_supplier_invoice(
        self,
        *,
        organization_id: str | None = None,
        supplier_name: str = "Papeterie du Centre",
        invoice_number: str | None = None,
        net: str | int = "50.00",
        tax_rate: str = "0.20",
        currency: str = "EUR",
        iban: str | None = GOOD_IBAN,
        due_in_days: int | None = 30,
        is_credit_note: bool = False,
        category: str = "INVOICE",
        file_name: str | None = None,
    ) -> Document:
        """A supplier's document arrives by e-mail; it is read some seconds later."""
        books, now = self._world.books_of(organization_id), self._world.now()
        read = reading(
            supplier_name,
            invoice_number or f"{now.year}-{2000 + len(books.supplier_invoices)}",
            today(now),
            parse_decimal(net),
            parse_decimal(tax_rate),
            currency=currency,
            iban=iban,
            due_in=due_in_days,
            is_credit_note=is_credit_note,
            category=category,
        )
        arrival = Arrival(
            file_name=file_name or f"{supplier_name.lower().replace(' ', '-')}.pdf",
            content_type="application/pdf",
            make=partial(pdf.supplier_invoice, read, books.organisation, now),
            source="email_forward",
            source_type="email",
            reading=read,
        )
        bill = arrive(self._world, books, arrival, at=now)
        return supplier_invoice(bill, books.organisation.id)

    def _client(self, books: Books, id: str | None) -> Client:
        if id is None:
            return next(client for client in books.clients if client.currency)
        client = books.clients.get(id)
        if client is None:
            raise KeyError(id)
        return client

    # Time

    def now(self) -> datetime:
        """The simulator's present, after everything due by then has happened."""
        return self._world.now()

    def advance(self, seconds: float) -> datetime:
        """Moves time forward; files get ready, tokens expire, retries become due."""
        self._world.clock.advance(seconds)
        self._world.hub.wake.set()
        return self._world.now()

    # What was asked, and what goes wrong

    def journal(
        self,
        *,
        method: str | None = None,
        path: str | None = None,
        since: int = 0,
        limit: int | None = None,
    ) -> list[Document]:
        """Requests, oldest first; ``path`` is how they begin, ``since`` an entry's ``number``."""
        entries = self._simulator.recorder.entries(
            method=method, path=path, since=since, limit=limit
        )
        return [entry.document() for entry in entries]

    def clear_journal(self) -> None:
        self._simulator.recorder.clear()

    def fault(
        self,
        path: str,
        kind: Kind = "status",
        *,
        method: str | None = None,
        status: int = 500,
        body: object = None,
        headers: dict[str, str] | None = None,
        latency: float = 0.0,
        times: int | None = 1,
        skip: int = 0,
    ) -> Document:
        """Plans a failure, see ``Fault``: ``status``, ``html``, ``malformed``, ``drop``,
        ``lost_response`` or ``latency`` for the next ``times`` requests that fit ``path``."""
        planned = Fault(
            path=path,
            kind=kind,
            method=method,
            status=status,
            body=body,
            headers=headers or {},
            latency=latency,
            times=times,
            skip=skip,
        )
        return self._simulator.faults.add(planned).document()

    def faults(self) -> list[Document]:
        return [fault.document() for fault in self._simulator.faults.waiting()]

    def clear_faults(self) -> None:
        self._simulator.faults.clear()

    def quirks(self) -> Document:
        """All quirk flags and delays with their values."""
        quirks = self._world.quirks
        return {name: getattr(quirks, name) for name in type(quirks).__dataclass_fields__}

    def set_quirks(self, **changes: object) -> Document:
        """Changes some of them; ``ValueError`` for an unknown name."""
        self._world.quirks = self._world.quirks.changed(changes)
        return self.quirks()

    # Webhooks

    def deliveries(self, *, state: str | None = None, type: str | None = None) -> list[Document]:
        """Events on their way and recently finished, oldest first."""
        return [
            _delivery(one)
            for one in self._world.hub.history
            if state in (None, one.state) and type in (None, one.type)
        ]

    def resend(self, event_id: str) -> Document:
        """Delivers an event once more, with the same id and body: a duplicate."""
        delivery = self._world.hub.find(event_id)
        if delivery is None:
            raise KeyError(event_id)
        return _delivery(self._world.hub.repeat(delivery))

    def hold_deliveries(self) -> None:
        """Keeps coming events back until they are released."""
        self._world.hub.holding = True

    def release_deliveries(self, order: str = "forward") -> int:
        """Lets them go, ``forward`` or in ``reverse``; returns how many."""
        if order not in ("forward", "reverse"):
            raise ValueError("order must be forward or reverse")
        return self._world.hub.release(order)

    async def settle(self) -> int:
        """Delivers what is due and waits for the answers; returns how many wait for a retry."""
        self._world.now()
        return await self._simulator.courier.settle()

    # Consent and tokens

    def revoke_consent(self, *, organization_id: str | None = None) -> int:
        """The user unlinks the application: tokens die, subscribers are told; returns how many
        consents ended."""
        id = None
        if organization_id is not None:
            id = self._world.books_of(organization_id).organisation.id
        simulator = self._simulator
        return revoke_consent(
            self._world, simulator.grants, simulator.client_id, id, self._world.now()
        )

    def expire_tokens(self, kind: str | None = None, *, organization_id: str | None = None) -> int:
        """Lets valid ``access`` or ``refresh`` tokens (or both) end now; returns how many."""
        if kind not in (None, "access", "refresh"):
            raise ValueError("kind must be access or refresh")
        return self._simulator.grants.expire(kind, organization_id, self._world.now())

    def issue_access_token(
        self, scopes: list[str] | None = None, *, organization_id: str | None = None
    ) -> str:
        """A valid access token without the pages; all scopes unless told otherwise."""
        return self._simulator.issue_access_token(scopes, organization_id=organization_id)

    def register_redirect_uri(self, uri: str) -> None:
        self._simulator.register_redirect_uri(uri)

    def reset(self) -> None:
        """Back to the seeded state: no tokens, subscriptions, faults, quirks, journal. Redirect
        addresses and the clock stay."""
        self._simulator.reset()


def _day(text: str | None, otherwise: date) -> date:
    return parse_date(text) if text else otherwise


def _delivery(one: Delivery) -> Document:
    return {
        "event_id": one.event_id,
        "subscription_id": one.subscription_id,
        "organization_id": one.organisation_id,
        "type": one.type,
        "callback_url": one.callback_url,
        "state": one.state,
        "duplicate": one.duplicate,
        "created_at": with_millis(one.created_at),
        "next_attempt_at": with_millis(one.due) if one.state == "pending" else None,
        "body": one.body.decode(),
        "attempts": [
            {
                "at": with_millis(attempt.at),
                "status": attempt.status,
                "error": attempt.error,
                "seconds": Decimal(f"{attempt.seconds:.6f}"),
            }
            for attempt in one.attempts
        ],
    }
