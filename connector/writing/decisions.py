"""What follows from an answer, or from looking for what may have come of a write. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Generic, TypeVar

from connector.errors import (
    CallsSuspended,
    DocumentNotFound,
    DownstreamRefused,
    NotReached,
    RateLimited,
    RecordChanged,
    RecordNotReady,
)
from connector.ports import WriteDone
from oauth.errors import AccountInactive, NotSupported, ReauthRequired, SandboxTokenMissing
from storage.errors import Invalid, ServiceError
from storage.repositories.writes import Alike

T = TypeVar("T")

SETTLED_AFTER = timedelta(seconds=60)
"""After so long a request that left is either seen at the target system, or had no effect."""

CLOCK_MARGIN = timedelta(seconds=120)
"""How far the target system's clock may be behind ours."""

CLOCK_USUAL = timedelta(seconds=2)
"""How far it usually is at most: what was made before that may be somebody else's."""

_CERTAIN = (
    CallsSuspended,
    DocumentNotFound,
    DownstreamRefused,
    NotReached,
    RateLimited,
    RecordChanged,
    RecordNotReady,
    AccountInactive,
    NotSupported,
    ReauthRequired,
    SandboxTokenMissing,
    Invalid,
)


def had_no_effect(error: ServiceError) -> bool:
    """Say whether a failed call certainly changed nothing: it was refused, or never left."""
    return isinstance(error, _CERTAIN)


@dataclass(frozen=True, slots=True)
class Adopt(Generic[T]):
    """The write was done, and this came of it."""

    done: WriteDone[T]


@dataclass(frozen=True, slots=True)
class Absent:
    """Nothing of it is to be seen; `is_final` says that nothing will come any more."""

    is_final: bool


@dataclass(frozen=True, slots=True)
class Unseen:
    """Nobody could look just now: what there is isn't known."""


@dataclass(frozen=True, slots=True)
class Undecided:
    """More was found than was asked for, or nothing can be seen; `ids` are the candidates."""

    ids: tuple[str, ...]


SeenVerdict = Adopt[T] | Absent | Undecided
WriteVerdict = Adopt[T] | Absent | Undecided | Unseen


def decide(
    candidates: Sequence[WriteDone[T]] | None,
    taken: frozenset[str],
    alike: Alike,
    *,
    sent_at: datetime,
    now: datetime,
) -> SeenVerdict[T]:
    """Decide what became of a write by the records that are like what it asked for.

    `candidates` are those that came since it left, None where that can't be seen. `taken` are the
    ids of those that are known to be other writes'. `alike` are the open writes that ask for the
    same. When there are as many free candidates as those, or fewer, each belongs to one of them;
    only one whose own answer may still come has to be waited for. With more, or when all there is
    was made a little before the write left, somebody else may have made one, and nobody can tell.
    """
    if candidates is None:
        return Undecided(())
    free = [one for one in candidates if one.made_id is None or one.made_id not in taken]
    sure = [one for one in free if one.made_at is None or one.made_at >= sent_at - CLOCK_USUAL]
    if len(free) > alike.all or (free and not sure):
        return Undecided(tuple(one.made_id or "" for one in free))
    if free and (not alike.on_their_way or len(free) == alike.all):
        return Adopt(sure[0])
    return Absent(not free and now >= sent_at + SETTLED_AFTER)
