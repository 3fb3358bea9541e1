"""A payment card, of plastic or a number alone."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

LEVELS = ("standard", "plus", "metal", "virtual", "flash", "advertising")
STATUSES = (
    *("pending", "live", "paused", "stolen", "lost", "pin_blocked", "discarded", "expired"),
    *("shipped_lost", "only_online", "abusive", "onhold"),
)


@dataclass(frozen=True, slots=True)
class CardLimits:
    """Whole euros; ``lifespan`` is the budget of a flash card."""

    payment_monthly: int
    payment_daily: int
    payment_transaction: int
    atm_monthly: int = 0
    atm_daily: int = 0
    lifespan: int | None = None


@dataclass(slots=True)
class Card:
    """What a card spent is told by the transactions that carry its last digits."""

    id: str
    status: str
    level: str
    nickname: str
    embossed_name: str
    last_digits: str
    expires: tuple[int, int]
    """Month and year."""
    limits: CardLimits
    holder_id: str
    initiator_id: str
    bank_account_id: str
    created_at: datetime
    updated_at: datetime
    design: str
    shipped_at: datetime | None = None
    last_activity_at: datetime | None = None
    pre_expires_at: datetime | None = None
    discard_on: date | None = None
    active_days: tuple[int, ...] = (1, 2, 3, 4, 5, 6, 7)
    categories: tuple[str, ...] = ()

    @property
    def is_physical(self) -> bool:
        return self.level in ("standard", "plus", "metal")
