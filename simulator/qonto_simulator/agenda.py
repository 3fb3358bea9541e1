"""What is going to happen by itself: a PDF gets ready, a scan is read."""

from __future__ import annotations

import heapq
from collections.abc import Callable
from datetime import datetime

Action = Callable[[datetime], None]


class Agenda:
    """Actions with a due time; each runs once, in order, and is told its own due time.

    A record therefore carries the moment at which the thing was due, however late the clock was
    read: the same run gives the same documents.
    """

    def __init__(self) -> None:
        self._entries: list[tuple[datetime, int, Action]] = []
        self._count = 0

    def at(self, due: datetime, action: Action) -> None:
        self._count += 1
        heapq.heappush(self._entries, (due, self._count, action))

    def run_due(self, now: datetime) -> None:
        """Runs everything that was due up to ``now``, oldest first."""
        while self._entries and self._entries[0][0] <= now:
            due, _, action = heapq.heappop(self._entries)
            action(due)

    @property
    def next_due(self) -> datetime | None:
        return self._entries[0][0] if self._entries else None

    def clear(self) -> None:
        self._entries.clear()
