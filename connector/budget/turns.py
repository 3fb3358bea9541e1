"""Calls that wait for their turn: a queue for each account, and the accounts one after another."""

import asyncio
from collections import deque
from collections.abc import Collection, Iterator
from dataclasses import dataclass

from connector.budget.permits import Permit


@dataclass(eq=False, slots=True)
class Waiter:
    """One call that waits; `deadline` in seconds of the monotonic clock."""

    account_id: str
    deadline: float
    granted: asyncio.Future[Permit]


class Turns:
    """Who waits, in the order of their turns."""

    def __init__(self) -> None:
        self._queues: dict[str, deque[Waiter]] = {}

    def __len__(self) -> int:
        """Count the calls."""
        return sum(len(queue) for queue in self._queues.values())

    def __bool__(self) -> bool:
        return bool(self._queues)

    def __iter__(self) -> Iterator[Waiter]:
        for queue in self._queues.values():
            yield from queue

    @property
    def accounts(self) -> Collection[str]:
        """The accounts, the next one first."""
        return self._queues.keys()

    def add(self, waiter: Waiter) -> None:
        self._queues.setdefault(waiter.account_id, deque()).append(waiter)

    def remove(self, waiter: Waiter) -> None:
        """Take one out, if it's there; the account keeps its turn for its other calls."""
        queue = self._queues.get(waiter.account_id)
        if queue is None or waiter not in queue:
            return
        queue.remove(waiter)
        if not queue:
            del self._queues[waiter.account_id]

    def pop(self) -> Waiter:
        """Take out the first call of the account whose turn it is, which goes behind all others."""
        account_id = next(iter(self._queues))
        queue = self._queues.pop(account_id)
        waiter = queue.popleft()
        if queue:
            self._queues[account_id] = queue
        return waiter

    def put_back(self, waiter: Waiter) -> None:
        """Make a call that was taken out its account's first one again."""
        queue = self._queues.setdefault(waiter.account_id, deque())
        queue.appendleft(waiter)

    def ahead_of_last(self, account_id: str) -> int:
        """Count the calls whose turn comes before the account's last one, at least."""
        own = len(self._queues.get(account_id, ()))
        return max(0, sum(min(own, len(queue)) for queue in self._queues.values()) - 1)
