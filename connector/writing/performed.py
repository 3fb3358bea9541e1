"""What came of a write, and how long one is waited for."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Generic, TypeVar

from connector.ports import Found

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class WriteSettings:
    """How long a write is waited for.

    `looks` are the seconds before each look for a lost one, `turns` those before each try to be
    the only one that writes about a record.
    """

    lease: timedelta = timedelta(seconds=60)
    looks: tuple[float, ...] = (0.0, 0.5, 1.5, 3.0)
    turns: tuple[float, ...] = (0.1, 0.3, 0.6, 1.0, 2.0, 3.0)
    keep: timedelta = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class Performed(Generic[T]):
    """What came of a write. `is_replayed` says that it was done by an earlier request."""

    found: Found[T] | None
    record_id: str | None
    warnings: tuple[str, ...] = ()
    is_replayed: bool = False
