"""A page on which customers pay by card or otherwise."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

STATUSES = ("open", "processing", "paid", "expired", "canceled")


@dataclass(frozen=True, slots=True)
class BasketItem:
    title: str
    quantity: int
    unit_price: Decimal
    currency: str
    vat_rate: Decimal
    type: str
    description: str
    measure_unit: str

    @property
    def total(self) -> Decimal:
        return (self.unit_price * self.quantity * (1 + self.vat_rate)).quantize(Decimal("0.01"))


@dataclass(frozen=True, slots=True)
class LinkPayment:
    """A payment that somebody made; ``transaction_id`` is where its money came in."""

    id: str
    amount: Decimal
    currency: str
    status: str
    payment_method: str
    debitor_email: str
    created_at: datetime
    paid_at: datetime | None
    transaction_id: str | None = None


@dataclass(slots=True)
class PaymentLink:
    """For a basket of ``items``, or for an invoice."""

    id: str
    status: str
    amount: Decimal
    currency: str
    methods: tuple[str, ...]
    reusable: bool
    expiration_date: datetime
    created_at: datetime
    updated_at: datetime
    items: tuple[BasketItem, ...] = ()
    invoice_id: str | None = None
    invoice_number: str | None = None
    debitor_name: str | None = None
    payments: list[LinkPayment] = field(default_factory=list[LinkPayment])


@dataclass(frozen=True, slots=True)
class ProviderConnection:
    """The account that the provider of payment links pays to."""

    bank_account_id: str
    status: str = "enabled"
