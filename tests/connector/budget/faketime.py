"""A clock with timers that moves when a test says so."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any


@dataclass(eq=False)
class Handle:
    at: float
    callback: Callable[[], None]
    timers: "list[Handle]" = field(repr=False)

    def cancel(self) -> None:
        if self in self.timers:
            self.timers.remove(self)


class FakeTime:
    """`now` and `call_later` for a budget."""

    def __init__(self) -> None:
        self.moment = 1000.0
        self.timers: list[Handle] = []
        self.rang = 0

    def now(self) -> float:
        return self.moment

    def call_later(self, delay: float, callback: Callable[[], None]) -> Any:
        handle = Handle(self.moment + delay, callback, self.timers)
        self.timers.append(handle)
        return handle

    async def sleep(self, seconds: float) -> None:
        """Let time pass, ringing what is due on the way."""
        end = self.moment + seconds
        await settle()
        while due := [timer for timer in self.timers if timer.at <= end]:
            first = min(due, key=lambda timer: timer.at)
            self.timers.remove(first)
            self.moment = max(self.moment, first.at)
            self.rang += 1
            first.callback()
            await settle()
        self.moment = end
        await settle()


async def settle() -> None:
    """Let every task run until it waits."""
    for _ in range(10):
        await asyncio.sleep(0)
