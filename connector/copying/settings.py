"""Where copies go, and how often they are made."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta

EVERY: Mapping[str, timedelta] = {
    "invoices": timedelta(hours=1),
    "bills": timedelta(days=1),
    "transactions": timedelta(minutes=15),
}
"""How often each kind of record is copied, where nobody says otherwise."""


@dataclass(frozen=True, slots=True)
class CopySettings:
    """`to` is where records go and `documents` where their documents do; None is nowhere."""

    to: str | None = field(default=None, repr=False)
    documents: str | None = field(default=None, repr=False)
    every: Mapping[str, timedelta] = field(default_factory=lambda: EVERY)
    keep_runs: timedelta = timedelta(days=30)
