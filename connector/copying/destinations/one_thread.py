"""A thread of its own for work that blocks, one piece after the other."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

T = TypeVar("T")


class OneThread:
    """Runs calls in one thread. A caller that gives up leaves its call running to its end."""

    def __init__(self, name: str) -> None:
        self._executor = ThreadPoolExecutor(1, thread_name_prefix=name)

    async def run(self, call: Callable[[], T]) -> T:
        """Run a call after those before it; return what it does."""
        return await asyncio.get_running_loop().run_in_executor(self._executor, call)

    async def end(self, last: Callable[[], None]) -> None:
        """Run a last call, and end the thread."""
        try:
            await self.run(last)
        finally:
            self._executor.shutdown(wait=False)
