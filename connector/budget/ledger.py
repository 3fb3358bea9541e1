"""What all processes behind one address took of its limits, and how much one may lease. Pure.

The ledger is kept as text in one row; moments are seconds of the database's clock. A lease is
a number of requests to be granted before its slot ends, and lapses with it. It counts in its slot.
Calls that end later are moved to where they ended, and those under way to the present, whenever
their process writes the row.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from connector.budget.late import Move
from connector.budget.window import SlidingWindow

SLOT = 0.5
"""Seconds. A lease ends with its slot, so that its calls are granted in the part they count in."""

SEEN_FOR = 10.0
"""Seconds after which a process that took no lease has no accounts to share with."""


@dataclass(frozen=True, slots=True)
class Rate:
    """At most `limit` requests in any `seconds`, counted in `parts` parts of whole slots."""

    limit: int
    seconds: float
    parts: int

    def window(self) -> SlidingWindow:
        return SlidingWindow(self.limit, self.seconds, self.parts)


@dataclass(frozen=True, slots=True)
class Demand:
    """What a process asks for, and what it has to tell the others."""

    process: str
    wanted: int
    accounts: int
    """How many of its accounts are active."""
    refused: int = 0
    """Answers 401 since it last asked."""
    moves: Sequence[Move] = ()
    """Its calls that outlasted their slots."""
    pause: float = 0.0
    """Seconds for which the target system takes nothing from this address."""


@dataclass(frozen=True, slots=True)
class BudgetLease:
    """What a process got; times are seconds from the moment it was given."""

    granted: int
    lasts: float
    """Until its slot ends."""
    wait: float
    """How long asking for more is of no use; 0 when something was granted."""
    limit: int | None
    """The limit that is the reason."""
    paused: float
    others: int
    """Active accounts at other processes."""
    processes: int
    elsewhere: tuple[int, ...]
    """What other processes took, by rate."""
    refused_elsewhere: int


class Ledger:
    """The shared row, opened."""

    def __init__(self, rates: Sequence[Rate], text: str = "") -> None:
        kept: dict[str, Any] = json.loads(text) if text else {}
        self._windows = [rate.window() for rate in rates]
        self._refusals = SlidingWindow(1, 3600.0, 60)
        counts = kept.get("windows", {})
        for window in (*self._windows, self._refusals):
            window.load(counts.get(_name(window), {}))
        self._seen: dict[str, tuple[int, float]] = {
            process: (accounts, at) for process, (accounts, at) in kept.get("seen", {}).items()
        }
        self._paused_until: float = kept.get("paused_until", 0.0)

    def lease(self, demand: Demand, now: float) -> BudgetLease:
        """Give what the limits and the process's share allow, and write it down."""
        for window in (*self._windows, self._refusals):
            window.advance(now)
        for move in demand.moves:
            to = now if move.to is None else min(move.to, now)
            for window in self._windows:
                window.move(demand.process, move.count, move.of, to)
        if demand.refused:
            self._refusals.take(demand.process, demand.refused)
        if demand.pause:
            self._paused_until = max(self._paused_until, now + demand.pause)
        self._seen = {
            process: (accounts, at)
            for process, (accounts, at) in self._seen.items()
            if abs(now - at) <= SEEN_FOR
        }
        self._seen[demand.process] = (demand.accounts, now)
        others = sum(accounts for accounts, _ in self._seen.values()) - demand.accounts
        granted, wait, limit = self._grant(demand, others, now)
        return BudgetLease(
            granted=granted,
            lasts=SLOT - now % SLOT,
            wait=wait,
            limit=limit,
            paused=max(0.0, self._paused_until - now),
            others=others,
            processes=len(self._seen),
            elsewhere=tuple(
                window.used - window.used_by(demand.process) for window in self._windows
            ),
            refused_elsewhere=self._refusals.used - self._refusals.used_by(demand.process),
        )

    def dump(self) -> str:
        windows = (*self._windows, self._refusals)
        return json.dumps(
            {
                "windows": {_name(window): window.dump() for window in windows},
                "seen": self._seen,
                "paused_until": self._paused_until,
            },
            separators=(",", ":"),
        )

    def _grant(self, demand: Demand, others: int, now: float) -> tuple[int, float, int | None]:
        """Return how many there are, or else how long there are none, and due to which limit."""
        if now < self._paused_until:
            return 0, self._paused_until - now, None
        of = demand.accounts + others
        room = [window.allowance(demand.process, demand.accounts, of) for window in self._windows]
        granted = min(demand.wanted, *room)
        if granted or not demand.wanted:
            for window in self._windows:
                window.take(demand.process, granted)
            return granted, 0.0, None
        waits = [
            ((window.next_change() or now) - now, window.limit)
            for window, left in zip(self._windows, room, strict=True)
            if not left
        ]
        return 0, *max(waits)


def _name(window: SlidingWindow) -> str:
    return f"{window.seconds:g}"
