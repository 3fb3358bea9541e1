"""A webhook subscription and the deliveries it causes."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime


@dataclass(slots=True)
class Subscription:
    """Belongs to one membership, one OAuth client and one organisation."""

    id: str
    organisation_id: str
    membership_id: str
    client_id: str
    callback_url: str
    types: tuple[str, ...]
    secret: str
    created_at: datetime
    updated_at: datetime
    description: str | None = None


@dataclass(frozen=True, slots=True)
class Attempt:
    """One POST to a callback; without an answer ``status`` is ``None`` and ``error`` says why."""

    at: datetime
    status: int | None
    error: str | None
    seconds: float


@dataclass(slots=True)
class Delivery:
    """One event on its way to one subscription; keeps its own copy of address and secret."""

    event_id: str
    subscription_id: str
    organisation_id: str
    type: str
    callback_url: str
    secret: str
    body: bytes
    created_at: datetime
    due: datetime
    attempts: list[Attempt] = field(default_factory=list[Attempt])
    state: str = "pending"
    """``pending``, ``held``, ``delivered`` or ``dropped``."""
    duplicate: bool = False
