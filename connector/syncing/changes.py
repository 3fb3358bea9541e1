"""What of a poll's answer is news: the records it read against what vendors know. Pure.

A state counts as emitted when it's the one that is known, or when an event about the record was
made no earlier than the state came to be: whoever fetches the record because of that event sees it.
Providers often date a state by the second. So one that is younger than `SETTLED` when it's read is
left to the next poll, since it may change again under the same date; and of two changes within one
second the second is lost if an event emitted the first and its own event never came.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from connector.ports import RecordState
from storage.clock import iso_millis

OVERLAP = timedelta(minutes=5)
"""How far before the last poll the next one begins: clocks differ, and lists may lag behind."""

SETTLED = timedelta(seconds=2)
"""How old a state must be before it's emitted."""


@dataclass(frozen=True, slots=True)
class Known:
    """The state of a record that was emitted last, and up to when its changes were emitted."""

    version: str
    emitted_until: datetime


@dataclass(frozen=True, slots=True)
class ObservedChange:
    """A state to be remembered as emitted; `kind` is CREATED, UPDATED, DELETED or None.

    None when no vendor is told: it's from before the subscription.
    """

    id: str
    version: str
    occurred_at: datetime
    kind: str | None
    key: str
    """Names this change among all of the record's, the same in whichever process observes it."""


def is_settled(state: RecordState, read_at: datetime) -> bool:
    """Say whether a state that was read at a moment won't change under the same date."""
    return state.changed_at is None or state.changed_at + SETTLED <= read_at


def judge(
    state: RecordState,
    known: Known | None,
    *,
    since: datetime,
    read_at: datetime,
    is_first: bool,
) -> ObservedChange | None:
    """Return the change that a settled state is; None when it was emitted before, or is no news.

    `since` is the moment of subscribing and nothing older is emitted. `is_first` says that the list
    was never read before: then what bears no date is taken as it is, to be compared with later.
    """
    version = state.version or ""
    occurred_at = state.changed_at or read_at
    begin = since.replace(microsecond=0)
    if known is not None and is_emitted(state, known):
        return None
    key = _key(state, known)
    if state.version is None:
        was_there = known is not None or _was_there(state, begin)
        return ObservedChange(state.id, "", occurred_at, "DELETED", key) if was_there else None
    if known is not None:
        kind = "UPDATED" if known.version else "CREATED"
        return ObservedChange(state.id, version, occurred_at, kind, key)
    if is_first if state.changed_at is None else state.changed_at < begin:
        # A record that tells neither when it was made nor its age by its version is remembered.
        speaks = state.is_dated and state.created_at is not None
        return None if speaks else ObservedChange(state.id, version, occurred_at, None, key)
    is_new = not is_first if state.created_at is None else state.created_at >= begin
    return ObservedChange(state.id, version, occurred_at, "CREATED" if is_new else "UPDATED", key)


def _was_there(state: RecordState, begin: datetime) -> bool:
    """Say whether what went after a moment may have been seen before it did.

    Nobody was told of it, but whoever read the list meanwhile knows it.
    """
    made, went = state.created_at, state.changed_at
    return made is not None and went is not None and made < went and begin <= went


def is_emitted(state: RecordState, known: Known) -> bool:
    """Say whether a state was emitted."""
    if known.version == (state.version or ""):
        return True
    dated = state.changed_at if state.is_dated else None
    return dated is not None and known.emitted_until >= dated


def newest(states: Iterable[RecordState]) -> dict[str, RecordState]:
    """Return each record's last state; a list that moves while it's read may show one twice."""
    found: dict[str, RecordState] = {}
    for state in states:
        other = found.get(state.id)
        if other is None or _moment(other) <= _moment(state):
            found[state.id] = state
    return found


def _moment(state: RecordState) -> float:
    return 0.0 if state.changed_at is None else state.changed_at.timestamp()


def _key(state: RecordState, known: Known | None) -> str:
    """A record may return to an earlier state, which is one more change: the moment sets it apart,
    or what was known before."""
    if state.changed_at is not None:
        moment = iso_millis(state.changed_at)
        return moment if state.is_dated else f"{moment}:{state.version}"
    before = "" if known is None else known.emitted_until.isoformat()
    return f"{state.version}:{before}"
