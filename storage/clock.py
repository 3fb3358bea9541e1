"""Time is an argument: whoever needs it takes a `Clock`."""

from collections.abc import Callable
from datetime import UTC, datetime

Clock = Callable[[], datetime]
"""Returns the present moment, aware and in UTC."""


def system_clock() -> datetime:
    """Return the machine's present moment in UTC."""
    return datetime.now(UTC)


def iso_millis(moment: datetime) -> str:
    """Write a moment as the wire has it: UTC, milliseconds, `Z` (2026-01-22T16:44:37.252Z)."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def maybe_iso_millis(moment: datetime | None) -> str | None:
    """Write a moment that may be missing."""
    return None if moment is None else iso_millis(moment)
