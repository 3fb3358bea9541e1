"""How much a worker sends at once, and how long it may take."""

from dataclasses import dataclass
from datetime import timedelta

from webhooks.schedule import RETRY_DELAYS


@dataclass(frozen=True)
class DispatchSettings:
    """`lease` must outlast a whole attempt."""

    lease: timedelta = timedelta(seconds=60)
    deadline: timedelta = timedelta(seconds=12)
    """What is left of a lease when an attempt starts: the sender's deadline and some air."""
    at_once: int = 256
    """Attempts under way in this process."""
    per_endpoint: int = 64
    """Of those, attempts at one subscription's URL."""
    on_probation: int = 8
    """Of those, attempts at an endpoint on probation: one that doesn't answer, or hasn't yet."""
    not_healthy: float = 0.5
    """The part of `at_once` that all endpoints that aren't healthy have together."""
    slow_after: float = 0.25
    """Seconds without an answer after which an endpoint that is called is on probation."""
    breaker_after: int = 5
    """Failures in a row, from which on a host that can't be reached, or a subscription whose
    attempts fail, gets one attempt at a time."""
    waiting: int = 10_000
    """Deliveries held in memory. Fresh ones fill half of it, so that a claim always finds room."""
    waiting_per_endpoint: int = 1_000
    """Of those, how many of one endpoint before claims pass it over."""
    poll: timedelta = timedelta(seconds=1)
    retry_delays: tuple[timedelta, ...] = RETRY_DELAYS
