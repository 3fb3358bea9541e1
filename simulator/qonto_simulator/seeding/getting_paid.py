"""Payment links and direct debits: how money comes without an invoice being typed off."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal

from qonto_simulator.records.client import Client
from qonto_simulator.records.direct_debit import (
    DirectDebitCollection,
    DirectDebitSubscription,
    Mandate,
)
from qonto_simulator.records.payment_link import (
    BasketItem,
    LinkPayment,
    PaymentLink,
    ProviderConnection,
)
from qonto_simulator.records.terminal import Terminal
from qonto_simulator.records.transaction import Transaction
from qonto_simulator.rules.bank import Movement
from qonto_simulator.rules.recurring import occurrence
from qonto_simulator.times import today

from .bank import Teller

_METHODS = ("credit_card", "apple_pay", "paypal")
_PROVIDER = "Mollie B.V."
_FEE = Decimal("59.00")
_COLLECTED = (45, 24)
"""Working days ago."""


def getting_paid(teller: Teller) -> None:
    """A basket that was paid, a link for an open invoice, an expired one; debits; a terminal."""
    _links(teller)
    _debits(teller)
    slug, desk = teller.books.organisation.slug, teller.place.company.teams[1]
    id = teller.world.ids.stable(f"terminal/{slug}")
    teller.books.terminals.append(Terminal(id, desk, f"QT-{slug[-4:]}", "online", teller.main.id))


def _links(teller: Teller) -> None:
    books, calendar, texts = teller.books, teller.calendar, teller.place.texts
    books.payment_connection = ProviderConnection(teller.main.id)
    poster = BasketItem(
        title=texts.poster,
        quantity=2,
        unit_price=Decimal("24.50"),
        currency="EUR",
        vat_rate=Decimal(teller.place.rates.standard),
        type="good",
        description="",
        measure_unit="unit",
    )
    _link(teller, calendar.at(48, 15), "expired", poster.total, items=(poster,))
    paid = _link(teller, calendar.at(14, 11), "paid", poster.total, items=(poster,))
    came = Movement(
        poster.total, "credit", "income", _PROVIDER, f"Payout {paid.id[-8:]}", category="sales"
    )

    def then(made: Transaction, at: datetime) -> None:
        bought = calendar.at(13, 19)
        paid.payments.append(
            LinkPayment(
                id=teller.world.ids.uuid7(bought),
                amount=paid.amount,
                currency=paid.currency,
                status="paid",
                payment_method="credit_card",
                debitor_email=teller.place.person.email,
                created_at=bought,
                paid_at=bought + timedelta(seconds=40),
                transaction_id=made.id,
            )
        )
        books.payment_links.save(paid, at)

    teller.move(12, came, hour=8, then=then)
    invoice = list(books.client_invoices)[7]
    _link(
        teller,
        calendar.at(10, 9),
        "open",
        invoice.total,
        invoice_id=invoice.id,
        invoice_number=invoice.number,
        debitor_name=invoice.client.display_name,
    )


def _link(
    teller: Teller,
    at: datetime,
    status: str,
    amount: Decimal,
    *,
    items: tuple[BasketItem, ...] = (),
    invoice_id: str | None = None,
    invoice_number: str | None = None,
    debitor_name: str | None = None,
) -> PaymentLink:
    return teller.books.payment_links.add(
        PaymentLink(
            id=teller.world.ids.uuid7(at),
            status=status,
            amount=amount,
            currency="EUR",
            methods=_METHODS,
            reusable=False,
            expiration_date=at + timedelta(days=30),
            created_at=at,
            updated_at=at,
            items=items,
            invoice_id=invoice_id,
            invoice_number=invoice_number,
            debitor_name=debitor_name,
        )
    )


def _debits(teller: Teller) -> None:
    """The second client lets itself be debited; a person was asked and has not signed yet."""
    books, calendar = teller.books, teller.calendar
    clients = [one for one in books.clients if one.currency]
    asked = _mandate(teller, clients[-1], calendar.at(9, 10), 2)
    at = calendar.at(52, 10)
    signed = _mandate(teller, clients[1], at, 1)
    payer = teller.place.customers[1]
    signed.status, signed.debtor_iban = "active", payer.iban
    signed.signed_at = at + timedelta(hours=3)
    books.mandates.save(signed, signed.signed_at)
    first, last = (calendar.day(ago) for ago in _COLLECTED)
    following = occurrence(last, "monthly", 1, 1)
    plan = books.debit_subscriptions.add(
        DirectDebitSubscription(
            id=teller.world.ids.uuid7(at),
            status="active",
            client_id=signed.client_id,
            mandate_id=signed.id,
            amount=_FEE,
            currency="EUR",
            reference=teller.place.texts.support,
            schedule_type="monthly",
            initial_collection_date=first,
            next_collection_date=following,
            created_at=at,
            updated_at=at,
        )
    )
    books.debit_subscriptions.add(
        DirectDebitSubscription(
            id=teller.world.ids.uuid7(asked.created_at),
            status="pending_mandate",
            client_id=asked.client_id,
            mandate_id=asked.id,
            amount=Decimal("25.00"),
            currency="EUR",
            reference=teller.place.texts.prints,
            schedule_type="one_off",
            initial_collection_date=occurrence(today(calendar.now), "monthly", 1, 1),
            created_at=asked.created_at,
            updated_at=asked.created_at,
        )
    )
    for ago in _COLLECTED:
        _collect(teller, plan, clients[1], ago)
    ahead = _collection(teller, plan, calendar.at(_COLLECTED[-1], 6))
    ahead.collection_date = following


def _mandate(teller: Teller, client: Client, at: datetime, position: int) -> Mandate:
    slug = teller.books.organisation.slug
    return teller.books.mandates.add(
        Mandate(
            id=teller.world.ids.uuid7(at),
            status="pending_signature",
            client_id=client.id,
            client_name=client.display_name,
            unique_mandate_reference=f"{slug.rpartition('-')[2]}-{position:06d}",
            created_at=at,
            updated_at=at,
        )
    )


def _collection(
    teller: Teller, plan: DirectDebitSubscription, at: datetime
) -> DirectDebitCollection:
    return teller.books.debit_collections.add(
        DirectDebitCollection(
            id=teller.world.ids.uuid7(at),
            status="scheduled",
            subscription_id=plan.id,
            mandate_id=plan.mandate_id,
            client_id=plan.client_id,
            amount=plan.amount,
            currency=plan.currency,
            reference=plan.reference,
            collection_date=today(at),
            created_at=at,
            updated_at=at,
        )
    )


def _collect(teller: Teller, plan: DirectDebitSubscription, client: Client, ago: int) -> None:
    """The debit comes in; in Germany the first one is held back for five days."""
    books, payer = teller.books, teller.place.customers[1]
    one = _collection(teller, plan, teller.calendar.at(ago + 3, 6))
    one.collection_date = teller.calendar.day(ago)
    came = Movement(
        plan.amount,
        "credit",
        "direct_debit_collection",
        client.display_name,
        plan.reference,
        counterparty_iban=payer.iban,
        counterparty_bic=payer.bic,
        category="sales",
    )

    def then(made: Transaction, at: datetime) -> None:
        one.status, one.transaction_id = "completed", made.id
        books.debit_collections.save(one, at)

    teller.move(ago, came, hour=5, then=then)
    if books.organisation.country == "DE" and ago == _COLLECTED[0]:
        hold = Movement(plan.amount, "debit", "direct_debit_hold", "Qonto", plan.reference)
        teller.move(ago, hold, hour=6)
        release = Movement(plan.amount, "credit", "direct_debit_hold", "Qonto", plan.reference)
        teller.move(ago - 5, release, hour=6)
