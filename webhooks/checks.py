"""Whether a delivery is still wanted, right before it is sent.

A check holds for CHECK_HOLDS seconds. A process that ends a subscription waits as long before it
answers, so that no other process still sends; in its own process `end` takes effect at once.
"""

import time
from collections.abc import Callable, Sequence, Set
from typing import NamedTuple

from storage.group_commit import GroupCommit
from storage.repositories.due_deliveries import DueDelivery, DueEvent
from storage.repositories.endpoints import ACTIVE
from storage.unit_of_work import UnitOfWork

CHECK_HOLDS = 0.5
"""Seconds between asking whether a delivery is still wanted and starting its attempt, at most."""


class Check(NamedTuple):
    """A delivery that is still wanted, or None, and when that was asked, in monotonic seconds."""

    due: DueDelivery | None
    read_at: float


class Checks:
    """Knows what was read of deliveries, and asks about the others, many at a time."""

    def __init__(
        self, work: UnitOfWork, owner: str, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._work = work
        self._owner = owner
        self._clock = clock
        self._known: dict[str, Check] = {}
        self._deleted: dict[str, float] = {}
        """When subscriptions and tenants' webhooks ended, in that order."""
        self._read: GroupCommit[str, Check] = GroupCommit(self._read_due)

    def know(self, due: DueDelivery, read_at: float) -> None:
        """Remember what was read of a delivery anyhow, until it is asked for."""
        self._known[due.delivery.id] = Check(due, read_at)

    def doubt(self, subscription_ids: Set[str]) -> None:
        """Rely no more on what was read of these subscriptions' deliveries."""
        if subscription_ids:
            self._known = {
                delivery_id: check
                for delivery_id, check in self._known.items()
                if check.due is not None and check.due.receiver_id not in subscription_ids
            }

    def end(self, deleted_id: str) -> None:
        """Want nothing more for a subscription or a tenant's webhook whose end is committed.

        It is remembered as long as what was read before that may count.
        """
        now = self._clock()
        while self._deleted and now - next(iter(self._deleted.values())) > CHECK_HOLDS:
            del self._deleted[next(iter(self._deleted))]
        self._deleted[deleted_id] = now

    async def wanted(self, delivery_id: str) -> DueDelivery | None:
        """Return a delivery with all that sending it takes; None when it isn't wanted any more."""
        check = self._known.pop(delivery_id, None) or await self._read.submit(delivery_id)
        while check.due is not None and self._clock() - check.read_at >= CHECK_HOLDS:
            check = await self._read.submit(delivery_id)
        due = check.due
        return None if due is None or due.receiver_id in self._deleted else due

    async def _read_due(self, delivery_ids: Sequence[str]) -> list[Check]:
        read_at = self._clock()
        async with self._work.reading() as tx:
            found = await tx.due_deliveries.read(delivery_ids, self._owner)
        return [Check(found.get(delivery_id), read_at) for delivery_id in delivery_ids]


def returned_as(due: DueDelivery, *, is_probe: bool) -> str | None:
    """Return the status with which a delivery goes back unsent; None when it is to be sent.

    A probe shows whether a paused subscription's receiver is back, so it goes out all the same.
    """
    if is_probe:
        return None
    if isinstance(due.message, DueEvent) and due.message.subscription.state != ACTIVE:
        return "HELD"
    return "PENDING" if due.must_wait else None
