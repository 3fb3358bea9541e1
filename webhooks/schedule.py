"""When to try again, and when to stop. Pure."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TypeAlias

RETRY_DELAYS: tuple[timedelta, ...] = (
    timedelta(seconds=5),
    timedelta(minutes=1),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=6),
    timedelta(hours=12),
    timedelta(hours=24),
)
"""The wait after the first failed attempt, the second, and so on: nine attempts over two days."""

JITTER = 0.2
"""A wait is lengthened by up to this share, so that what failed together isn't tried together."""

LONGEST_RETRY_AFTER = timedelta(hours=24)
GONE = 410


@dataclass(frozen=True, slots=True)
class Answered:
    """The receiver answered; `retry_after` is in seconds, when it sent one."""

    status: int
    retry_after: float | None = None
    headers: tuple[tuple[str, str], ...] = field(default=(), compare=False, repr=False)
    body: bytes = field(default=b"", compare=False, repr=False)
    """The beginning of it."""

    @property
    def error(self) -> str | None:
        return None if 200 <= self.status < 300 else f"HTTP_{self.status}"


@dataclass(frozen=True, slots=True)
class Failed:
    """No answer; `error` is an upper-snake name such as TIMEOUT or CONNECTION_REFUSED."""

    error: str
    retryable: bool = True


Outcome: TypeAlias = Answered | Failed


@dataclass(frozen=True, slots=True)
class Done:
    """It arrived."""


@dataclass(frozen=True, slots=True)
class RetryAt:
    moment: datetime


@dataclass(frozen=True, slots=True)
class GiveUp:
    """No further attempt is made; the delivery stays in the log and can be replayed."""


Decision: TypeAlias = Done | RetryAt | GiveUp


def decide(
    attempt: int,
    outcome: Outcome,
    *,
    now: datetime,
    jitter: float,
    delays: tuple[timedelta, ...] = RETRY_DELAYS,
) -> Decision:
    """Say what follows attempt number `attempt` (from 1). `jitter` is a random number from 0 to 1.

    2xx is done; 410 and callbacks that may not be called are given up; everything else is tried
    again, later if the receiver's Retry-After says so, but never later than a day.
    """
    match outcome:
        case Answered(status=status) if 200 <= status < 300:
            return Done()
        case Answered(status=status) if status == GONE:
            return GiveUp()
        case Failed(retryable=False):
            return GiveUp()
        case _:
            pass
    if attempt > len(delays):
        return GiveUp()
    wait = delays[attempt - 1] * (1 + JITTER * jitter)
    if isinstance(outcome, Answered) and outcome.retry_after is not None:
        # bounded before it becomes a timedelta, which can't hold what a receiver may write
        asked = min(max(0.0, outcome.retry_after), LONGEST_RETRY_AFTER.total_seconds())
        wait = max(wait, timedelta(seconds=asked))
    return RetryAt(now + wait)
