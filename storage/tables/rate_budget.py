"""How much of an address's rate limits was taken, by all processes behind it."""

from datetime import datetime

from sqlmodel import Field

from storage.base import BaseRow, UtcDateTime


class RateBudgetRow(BaseRow, table=True):
    __tablename__ = "rate_budgets"

    name: str = Field(primary_key=True)
    """The address's name and the target system, such as default/qonto."""
    ledger: str
    """A JSON object; its owner is connector/budget/ledger.py."""
    updated_at: datetime = Field(sa_type=UtcDateTime)
