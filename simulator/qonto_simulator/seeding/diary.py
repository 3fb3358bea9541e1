"""What happened in the past of an organisation, told in any order and done in the order of time."""

from __future__ import annotations

import heapq
from collections.abc import Callable
from datetime import datetime

Step = Callable[[datetime], object]


class Diary:
    """Collects steps, so that balances and matches come about as they would have."""

    def __init__(self) -> None:
        self._steps: list[tuple[datetime, int, Step]] = []
        self._count = 0

    def note(self, at: datetime, step: Step) -> None:
        """Something to be done as of ``at``; the step is told its time, and may note more."""
        self._count += 1
        heapq.heappush(self._steps, (at, self._count, step))

    def live(self) -> None:
        """Does everything, the oldest first."""
        while self._steps:
            at, _, step = heapq.heappop(self._steps)
            step(at)
