"""Accounts' live subscriptions, remembered between one batch of events and the next.

Nothing is believed unchecked. On PostgreSQL the statement that stores deliveries compares each
subscription's mark; on SQLite, where a batch is the only one that writes, the file itself says
whether anybody else has written since.
"""

from collections.abc import Sequence

from storage.repositories.subscriptions import Live, Subscription
from storage.unit_of_work import HotRepositories

MOST = 10_000
"""Accounts that are remembered."""


class LiveSubscriptions:
    """One for each process."""

    def __init__(self) -> None:
        self._known: dict[str, list[tuple[Subscription, str]]] = {}
        self._state: object = None

    async def of(self, tx: HotRepositories, account_ids: Sequence[str]) -> Live:
        """Return the live subscriptions of these accounts, in a hot transaction or a single
        statement."""
        state = tx.state
        if state != self._state or len(self._known) > MOST:
            self._known.clear()
            self._state = state
        unknown = [one for one in account_ids if one not in self._known]
        if unknown:
            found: dict[str, list[tuple[Subscription, str]]] = {one: [] for one in unknown}
            for subscription, mark in await tx.subscriptions.marked(unknown):
                found[subscription.account_id].append((subscription, mark))
            self._known |= found
        marked = [pair for one in account_ids for pair in self._known[one]]
        return Live(
            account_ids,
            [subscription for subscription, _ in marked],
            [(subscription.id, mark) for subscription, mark in marked],
        )

    def forget(self, account_ids: Sequence[str]) -> None:
        """Read these anew the next time."""
        for one in account_ids:
            self._known.pop(one, None)
