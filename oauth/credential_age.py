"""How old a credential is, and when it is to be renewed. Pure."""

from dataclasses import dataclass
from datetime import datetime, timedelta

RENEW_AFTER = timedelta(days=180)
"""How old keys and credentials may get before they are to be renewed."""


@dataclass(frozen=True, slots=True)
class CredentialAge:
    """Since when a credential is in use, and how long that has been."""

    since: datetime
    at: datetime

    @property
    def days(self) -> int:
        """Return whole days; never negative, though clocks may disagree."""
        return max(0, (self.at - self.since).days)

    @property
    def is_due(self) -> bool:
        """Say whether it is to be renewed."""
        return self.at - self.since >= RENEW_AFTER
