"""Hosts that can't be reached get hardly any attempts until one succeeds. In memory, per process.

The key is the origin of a callback URL: subscriptions of one vendor often share a host, and it's
hosts that hang. The cap on attempts under way is by subscription, and so are pausing and the
schedule, since behind one host there may be receivers that fare differently.
"""

from typing import NamedTuple
from urllib.parse import urlsplit

UNREACHABLE = frozenset(
    {
        "CERTIFICATE_INVALID",
        "CONNECTION_FAILED",
        "CONNECTION_LOST",
        "NAME_NOT_RESOLVED",
        "PROXY_REFUSED",
        "PROXY_UNREACHABLE",
        "TIMEOUT",
        "TLS_FAILED",
    }
)
"""What an attempt ends with when the host is at fault rather than the receiver's software."""

MOST = 10_000
"""Origins whose failures are remembered."""


def origin_of(url: str) -> str:
    """Return scheme, host and port of a URL."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}".lower()


class Started(NamedTuple):
    """An attempt under way."""

    origin: str
    unhealthy: bool
    number: int


class Breakers:
    """One breaker per origin; it opens after `after` failures in a row.

    A failure counts only when nothing has succeeded since that attempt began: a hundred that time
    out at once say nothing of a host that answers others meanwhile. Open, it lets through one
    attempt at a time of receivers that are unhealthy, and one of others, which show soonest whether
    the host is back.
    """

    def __init__(self, after: int) -> None:
        self._after = after
        self._failures: dict[str, int] = {}
        self._under_way: dict[tuple[str, bool], int] = {}
        self._number = 0
        """Of the latest start or success."""
        self._succeeded: dict[str, int] = {}
        """The number of the latest success, where attempts are under way."""

    def is_open(self, origin: str) -> bool:
        return self._failures.get(origin, 0) >= self._after

    def admits(self, origin: str, *, unhealthy: bool = False) -> bool:
        """Say whether an attempt may start: always when closed, and when open, if none is under
        way.

        `unhealthy` says that the last attempt to the same receiver wasn't answered.
        """
        return not self.is_open(origin) or (origin, unhealthy) not in self._under_way

    def started(self, origin: str, *, unhealthy: bool = False) -> Started:
        """Count an attempt that starts; each is followed by `finished`."""
        key = origin, unhealthy
        self._under_way[key] = self._under_way.get(key, 0) + 1
        self._number += 1
        return Started(origin, unhealthy, self._number)

    def finished(self, one: Started, *, reached: bool | None) -> bool:
        """Take in how an attempt ended; `reached` is None when that says nothing about the host.

        Returns True when the breaker opened with it.
        """
        origin = one.origin
        key = origin, one.unhealthy
        left = self._under_way.pop(key) - 1
        if left:
            self._under_way[key] = left
        is_last = not left and (origin, not one.unhealthy) not in self._under_way
        succeeded = self._succeeded.pop(origin, 0) if is_last else self._succeeded.get(origin, 0)
        if reached:
            self._failures.pop(origin, None)
            if not is_last:
                self._number += 1
                self._succeeded[origin] = self._number
        elif reached is not None and succeeded < one.number:
            failures = self._failures[origin] = self._failures.pop(origin, 0) + 1
            if len(self._failures) > MOST:
                del self._failures[next(iter(self._failures))]
            return failures == self._after
        return False
