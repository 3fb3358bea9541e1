"""A movement on a bank account."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal


@dataclass(slots=True)
class Transaction:
    """``amount`` is positive; ``side`` says whether it came (``credit``) or went (``debit``)."""

    id: str
    slug: str
    bank_account_id: str
    amount: Decimal
    currency: str
    side: str
    operation_type: str
    label: str
    status: str
    emitted_at: datetime
    created_at: datetime
    updated_at: datetime
    settled_at: datetime | None = None
    settled_balance: Decimal | None = None
    local_amount: Decimal | None = None
    local_currency: str | None = None
    counterparty: str = ""
    counterparty_iban: str | None = None
    counterparty_bic: str | None = None
    reference: str | None = None
    note: str | None = None
    vat_amount: Decimal | None = None
    vat_rate: Decimal | None = None
    category: str = "other_income"
    initiator_id: str | None = None
    label_ids: list[str] = field(default_factory=list[str])
    attachment_ids: list[str] = field(default_factory=list[str])
    attachment_required: bool = False
    card_last_digits: str | None = None
    details: dict[str, object] = field(default_factory=dict[str, object])
    """What only some operations have: a check's number, an instalment's, ..."""

    @property
    def signed(self) -> Decimal:
        return self.amount if self.side == "credit" else -self.amount
