"""What a verification of payees leaves behind."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(slots=True)
class Proof:
    """A token for transfers to exactly these accounts.

    ``verified`` is false where the check was skipped, ``followed`` true once a transfer was made.
    """

    token: str
    ibans: frozenset[str]
    expires_at: datetime
    verified: bool
    followed: bool = False
