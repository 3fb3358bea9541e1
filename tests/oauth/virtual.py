"""An event loop in which time passes only when nothing is left to do, and then at once."""

import asyncio
import selectors
from collections.abc import Callable, Coroutine
from typing import Any


class _Selector(selectors.SelectSelector):
    """Waits for nothing: it lets the loop's time pass instead."""

    def __init__(self, passing: Callable[[float], None]) -> None:
        super().__init__()
        self._passing = passing

    def select(self, timeout: float | None = None) -> list[Any]:
        if timeout is None:
            raise RuntimeError("everything waits for something that never happens")
        self._passing(timeout)
        return []


class VirtualLoop(asyncio.SelectorEventLoop):
    """Counts its own seconds, from 1,000 on."""

    def __init__(self) -> None:
        self.moment = 1000.0
        super().__init__(_Selector(self._pass))

    def time(self) -> float:
        return self.moment

    def _pass(self, seconds: float) -> None:
        # a hair more, since a timer must not be due a rounding error later
        self.moment += seconds + 1e-6 if seconds else 0.0


def run(work: Callable[[VirtualLoop], Coroutine[Any, Any, None]]) -> None:
    """Run to the end, and drop whatever still waits then."""
    loop = VirtualLoop()
    try:
        loop.run_until_complete(work(loop))
        for task in asyncio.all_tasks(loop):
            task.cancel()
        loop.run_until_complete(asyncio.sleep(0))
        loop.run_until_complete(asyncio.sleep(0))
    finally:
        loop.close()
