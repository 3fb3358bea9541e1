"""Who may have a connection, and for how long; one per listening address.

A connection that is sending nothing, or a request that never ends, costs whoever holds it nothing;
so each phase of it has a deadline, and when all places are taken whoever has waited the longest
without a whole request makes room. Deadlines are looked at together a few times a second: a timer
for each request would cost more than all of this.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from connector.app.addresses import TrustedProxies, owner_of


@dataclass(frozen=True, slots=True)
class ConnectionLimits:
    """What one connection may take, and how many there may be."""

    connections: int = 4096
    per_address: int = 1024
    """Qonto posts all its events from a few addresses, at times a thousand at once."""
    header_bytes: int = 64 * 1024
    """Of a request's first line and its headers together."""
    header_lines: int = 200
    pipelined: int = 16
    """Requests that may wait for the answer to the one before them."""
    header_seconds: float = 10.0
    body_seconds: float = 60.0
    write_seconds: float = 30.0
    """How long an answer may wait for its reader to take any of it."""
    keep_alive_seconds: int = 150


class Guarded(Protocol):
    """A connection, as much of it as the doorman needs."""

    host: str

    def overdue(self, now: float) -> str | None:
        """Name the deadline that has passed, if one has."""
        ...

    def end(self, reason: str) -> None:
        """Close the connection, saying why if that can still be said."""
        ...


def ignore(_reason: str) -> None:
    """Observe nothing."""


class Doorman:
    """Counts connections, and ends those that take too long.

    `observe` is told, by the connections, why one was refused or ended.
    """

    def __init__(
        self,
        limits: ConnectionLimits | None = None,
        proxies: TrustedProxies | None = None,
        observe: Callable[[str], None] = ignore,
    ) -> None:
        self.limits = limits or ConnectionLimits()
        self.observe = observe
        self._proxies = proxies or TrustedProxies()
        self._inside: set[Guarded] = set()
        self._waiting: dict[Guarded, None] = {}  # without a whole request; oldest first
        self._by_owner: dict[str, int] = {}
        self._round: asyncio.TimerHandle | None = None
        deadlines = self.limits.header_seconds, self.limits.body_seconds, self.limits.write_seconds
        self._every = min(0.5, *(deadline / 4 for deadline in deadlines))

    def admit(self, one: Guarded) -> str | None:
        """Let a connection in, or name the reason why not."""
        limits = self.limits
        owner = owner_of(one.host)
        if self._by_owner.get(owner, 0) >= limits.per_address and one.host not in self._proxies:
            return "address"
        if len(self._inside) >= limits.connections:
            if not self._waiting:
                return "full"
            longest = next(iter(self._waiting))
            self.left(longest)
            longest.end("crowded_out")
        self._inside.add(one)
        self._waiting[one] = None
        self._by_owner[owner] = self._by_owner.get(owner, 0) + 1
        if self._round is None:
            self._round = asyncio.get_running_loop().call_later(self._every, self._look_round)
        return None

    def left(self, one: Guarded) -> None:
        """Note that a connection is gone."""
        if one not in self._inside:
            return
        self._inside.discard(one)
        self._waiting.pop(one, None)
        owner = owner_of(one.host)
        self._by_owner[owner] -= 1
        if not self._by_owner[owner]:
            del self._by_owner[owner]

    def busy(self, one: Guarded) -> None:
        """Note that a connection's request has come in whole."""
        self._waiting.pop(one, None)

    def idle(self, one: Guarded) -> None:
        """Note that a connection's next request may begin."""
        if one in self._inside:
            self._waiting.pop(one, None)
            self._waiting[one] = None

    def _look_round(self) -> None:
        self._round = None
        loop = asyncio.get_running_loop()
        now = loop.time()
        for one in list(self._inside):
            reason = one.overdue(now)
            if reason is not None:
                one.end(reason)
        if self._inside:
            self._round = loop.call_later(self._every, self._look_round)
