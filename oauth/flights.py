"""Single flight: one piece of work per key at a time, its outcome for everyone who asked."""

import asyncio
from collections.abc import Callable, Coroutine, Hashable
from typing import Any, Generic, TypeVar

Key = TypeVar("Key", bound=Hashable)
Outcome = TypeVar("Outcome")


class Flights(Generic[Key, Outcome]):
    """Work that isn't started twice, and isn't stopped when someone who waits for it leaves."""

    def __init__(self) -> None:
        self._flying: dict[Key, asyncio.Task[Outcome]] = {}

    async def join(self, key: Key, work: Callable[[], Coroutine[Any, Any, Outcome]]) -> Outcome:
        """Return the outcome of the work under way for this key, or begin it. Raises what it does.

        A caller that is cancelled stops waiting; the work goes on for the others.
        """
        task = self._flying.get(key)
        if task is None:
            task = asyncio.create_task(work())
            self._flying[key] = task
            task.add_done_callback(lambda done: self._land(key, done))
        return await asyncio.shield(task)

    async def settle(self) -> None:
        """Wait until nothing is under way."""
        while self._flying:
            await asyncio.wait(list(self._flying.values()))

    def _land(self, key: Key, done: "asyncio.Task[Outcome]") -> None:
        del self._flying[key]
        if not done.cancelled():
            done.exception()  # seen, even if everyone who waited has left
