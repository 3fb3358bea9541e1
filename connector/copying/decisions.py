"""What is read by a run, what of it is news, and when the next one is due. Pure."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from connector.errors import (
    DocumentGone,
    DocumentNotFound,
    DocumentTooLarge,
    DocumentUnreadable,
)
from connector.syncing.changes import OVERLAP
from connector.syncing.pace import spread
from storage.repositories.copied_documents import CopiedDocument
from storage.repositories.copied_records import CopiedState
from storage.repositories.copies import CopyState

COMPARED_EVERY = timedelta(hours=24)
"""How often all there is gets read, to notice what is gone."""

MADE_IN = timedelta(seconds=10)
"""How long a target system takes to make the file of a record."""

IN_DOUBT = ("", "")
"""Version and hash of a record that the destination may have in any state, or not at all."""

RETRIES = (10.0, 30.0, 60.0, 300.0, 900.0, 3600.0)
"""Seconds until a document is looked for again; the last of them from then on."""

LOOKED_FOR = timedelta(days=3)
"""A document that isn't there for so long isn't looked for any more."""

_SOONEST_AGAIN = timedelta(minutes=1)
_FINAL = (DocumentGone, DocumentTooLarge)
_DOUBTFUL = (DocumentNotFound, DocumentUnreadable)


@dataclass(frozen=True, slots=True)
class CopyBounds:
    """What a run reads: what changed last between two moments, from the beginning for None.

    `is_full` says that it's all the copy is to hold; `first_from` is where that begins.
    """

    since: datetime | None
    until: datetime
    is_full: bool
    first_from: datetime | None


def bounds(state: CopyState, asked: datetime | None, now: datetime) -> CopyBounds:
    """Return what a run reads that is begun now; `asked` is where whoever began it wants it to.

    Where the copy is to hold more than before, all of it is read. A clock that goes wrong mustn't
    hide changes: the next run begins before the newest change that was read, which the target
    system's clock told, and never later than the last run ended by ours.
    """
    first = state.first_from
    if asked is not None and (state.changed_until is None or first is not None):
        first = asked if first is None else min(first, asked)
    is_new = state.changed_until is None or first != state.first_from
    if is_new or _is_to_compare(state, now):
        return CopyBounds(first, now, True, first)
    assert state.changed_until is not None
    reached = min(state.changed_until, state.newest_at or state.changed_until, now)
    since = reached - OVERLAP
    if asked is not None:
        since = min(since, asked)
    if first is not None:
        since = max(since, first)
    return CopyBounds(since, now, False, first)


def _is_to_compare(state: CopyState, now: datetime) -> bool:
    compared = state.compared_at
    return compared is None or not timedelta(0) <= now - compared < COMPARED_EVERY


def is_news(version: str, content_hash: str, known: CopiedState | None) -> bool:
    """Say whether a record isn't in the copy as it is now."""
    return known is None or (known.version, known.content_hash) != (version, content_hash)


def next_run(now: datetime, interval: timedelta, failures: int, jitter: float) -> datetime:
    """Return when a copy is due again; soon after a failure, and more rarely after several."""
    wait = interval
    if failures:
        wait = min(interval, _SOONEST_AGAIN * 2 ** min(failures - 1, 20))
    return now + spread(wait, jitter)


def is_final(error: Exception, document: CopiedDocument, now: datetime) -> bool:
    """Say whether a document won't be there later either."""
    if isinstance(error, _FINAL):
        return True
    return isinstance(error, _DOUBTFUL) and now - document.queued_at > LOOKED_FOR


def next_look(document: CopiedDocument, now: datetime) -> datetime:
    """Return when to look again for a document that wasn't there."""
    return now + timedelta(seconds=RETRIES[min(document.attempts, len(RETRIES) - 1)])
