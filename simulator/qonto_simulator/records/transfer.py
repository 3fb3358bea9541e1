"""SEPA transfers: single ones, those of a bulk, and those that recur; and internal transfers."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal

from qonto_simulator.errors import Problem

STATUSES = ("pending", "processing", "settled", "declined", "canceled")


@dataclass(slots=True)
class Transfer:
    """Money on its way to a beneficiary; ``transaction_id`` is there once it is held back."""

    id: str
    status: str
    initiator_id: str
    bank_account_id: str
    beneficiary_id: str
    amount: Decimal
    currency: str
    reference: str
    scheduled_date: date
    created_at: datetime
    updated_at: datetime
    note: str | None = None
    declined_reason: str | None = None
    processed_at: datetime | None = None
    completed_at: datetime | None = None
    transaction_id: str | None = None
    recurring_transfer_id: str | None = None
    attachment_ids: list[str] = field(default_factory=list[str])
    is_instant: bool | None = None
    """Not shown: ``None`` until it is processed."""


@dataclass(frozen=True, slots=True)
class BulkLine:
    """One transfer of a bulk; ``completed`` means that it was made, not that it is paid."""

    client_transfer_id: str
    status: str
    transfer_id: str | None = None
    problems: tuple[Problem, ...] = ()


@dataclass(slots=True)
class BulkTransfer:
    """Up to 400 transfers that were sent together."""

    id: str
    initiator_id: str
    lines: tuple[BulkLine, ...]
    created_at: datetime
    updated_at: datetime
    status: str = "completed"
    """Not shown: ``pending`` while a line is."""

    def count(self, status: str) -> int:
        return sum(line.status == status for line in self.lines)


@dataclass(slots=True)
class RecurringTransfer:
    """A standing order."""

    id: str
    status: str
    initiator_id: str
    bank_account_id: str
    beneficiary_id: str
    amount: Decimal
    currency: str
    reference: str
    frequency: str
    first_execution_date: date
    next_execution_date: date | None
    created_at: datetime
    updated_at: datetime
    last_execution_date: date | None = None
    note: str | None = None
    attachment_ids: tuple[str, ...] = ()
    executions: int = 0
    """Not shown: how many transfers it made."""


@dataclass(slots=True)
class InternalTransfer:
    """Money between two accounts of one organisation: a debit here, a credit there."""

    id: str
    slug: str
    status: str
    amount: Decimal
    currency: str
    reference: str
    debit_id: str
    credit_id: str
    created_at: datetime
    updated_at: datetime
