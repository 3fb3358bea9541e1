"""What somebody asks the owner or an admin for: money to be sent, or a card."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

TYPES = ("flash_card", "virtual_card", "transfer", "multi_transfer")
STATUSES = ("pending", "approved", "declined", "canceled")


@dataclass(frozen=True, slots=True)
class RequestedTransfer:
    """A line of a request: who is to get how much."""

    id: str
    amount: Decimal
    currency: str
    credit_iban: str
    credit_account_name: str
    reference: str
    attachment_ids: tuple[str, ...] = ()


@dataclass(slots=True)
class Request:
    """``approved``, ``declined`` and ``canceled`` are final; ``processed_at`` tells when."""

    id: str
    request_type: str
    status: str
    initiator_id: str
    created_at: datetime
    updated_at: datetime
    note: str = ""
    declined_note: str | None = None
    approver_id: str | None = None
    processed_at: datetime | None = None
    scheduled_date: date | None = None
    transfers: tuple[RequestedTransfer, ...] = ()
    """One for a transfer, up to 400 for a multi-transfer."""
    recurrence: str = "once"
    last_recurrence_date: date | None = None
    debit_iban: str | None = None
    """Not shown: the account that was proposed."""
    limit: int | None = None
    """The budget of the card: of its life for a flash card, of a month for a virtual one."""
    pre_expires_at: datetime | None = None
    card_design: str = "virtual.default.2023"
    made_ids: tuple[str, ...] = ()
    """Not shown: what its approval made, transfers, a standing order or a card."""

    @property
    def total(self) -> Decimal:
        return sum((one.amount for one in self.transfers), Decimal("0.00"))
