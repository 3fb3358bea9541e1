"""Payments that people are asked to approve at the target system."""

from datetime import date, datetime
from decimal import Decimal

from pydantic import BaseModel, ConfigDict


class ProposedTransfer(BaseModel):
    __doc__ = "One payment of a proposal, in EUR."

    model_config = ConfigDict(frozen=True)

    name: str
    iban: str
    amount: Decimal
    reference: str
    attachment_ids: tuple[str, ...] = ()


class ProposalRequest(BaseModel):
    """Payments that are proposed together; `note` tells this proposal from every other.

    `begun_at` is when they were to leave first: the same each time that they're asked for.
    """

    model_config = ConfigDict(frozen=True)

    note: str
    begun_at: datetime
    transfers: tuple[ProposedTransfer, ...]
    debit_iban: str | None = None
    day: date | None = None
