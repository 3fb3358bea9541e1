"""Hosts that can't be reached get one try at a time, until one succeeds. In memory, per process.

The key is the origin of a callback URL: subscriptions of one vendor often share a host, and it's
hosts that hang. The cap on tries under way is by subscription, and so are pausing and the schedule,
since behind one host there may be receivers that fare differently.
"""

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
"""What a try ends with when the host is at fault rather than the receiver's software."""

MOST = 10_000
"""Origins whose failures are remembered."""


def origin_of(url: str) -> str:
    """Answer scheme, host and port of a URL."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}".lower()


class Breakers:
    """One breaker per origin; it opens after `after` failures in a row."""

    def __init__(self, after: int) -> None:
        self._after = after
        self._failures: dict[str, int] = {}
        self._under_way: dict[str, int] = {}

    def is_open(self, origin: str) -> bool:
        return self._failures.get(origin, 0) >= self._after

    def admits(self, origin: str) -> bool:
        """Say whether a try may start: always when closed, and when open, if none is under way."""
        return not self.is_open(origin) or origin not in self._under_way

    def started(self, origin: str) -> None:
        """Count a try that starts; each is followed by `ended`."""
        self._under_way[origin] = self._under_way.get(origin, 0) + 1

    def ended(self, origin: str, *, reached: bool | None) -> bool:
        """Take in how a try ended; `reached` is None when that says nothing about the host.

        Answers True when the breaker opened with it.
        """
        left = self._under_way.pop(origin) - 1
        if left:
            self._under_way[origin] = left
        if reached:
            self._failures.pop(origin, None)
        elif reached is not None:
            failures = self._failures[origin] = self._failures.pop(origin, 0) + 1
            if len(self._failures) > MOST:
                del self._failures[next(iter(self._failures))]
            return failures == self._after
        return False
