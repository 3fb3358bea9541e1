"""The status of one subscription, and its options."""

from dataclasses import dataclass

from storage.clock import Clock
from storage.repositories.accounts import Account
from storage.repositories.subscriptions import Subscription
from storage.unit_of_work import UnitOfWork
from webhooks import ownership


@dataclass(frozen=True, slots=True)
class SubscriptionStatus:
    """A subscription with what waits for its next attempt, and what is held while it is paused."""

    subscription: Subscription
    waiting: int
    held: int


@dataclass(frozen=True)
class SubscriptionStatuses:
    work: UnitOfWork
    clock: Clock

    async def get(self, account: Account, subscription_id: str) -> SubscriptionStatus:
        """Return a subscription's status. Raises NotFound."""
        async with self.work.reading() as tx:
            found = await ownership.live_subscription(tx, account, subscription_id)
            waiting, held = await tx.delivery_log.counts(subscription_id)
        return SubscriptionStatus(found, waiting, held)

    async def change(
        self,
        account: Account,
        subscription_id: str,
        *,
        ordered: bool | None = None,
        coalesce_seconds: int | None = None,
        deletions: bool | None = None,
    ) -> SubscriptionStatus:
        """Change options; None leaves one as it is. They count from the next event on.

        Raises NotFound.
        """
        async with self.work.writing() as tx:
            found = await ownership.live_subscription(tx, account, subscription_id)
            await tx.subscriptions.set_options(
                subscription_id,
                ordered=found.ordered if ordered is None else ordered,
                coalesce_seconds=(
                    found.coalesce_seconds if coalesce_seconds is None else coalesce_seconds
                ),
                deletions=found.deletions if deletions is None else deletions,
                at=self.clock(),
            )
        return await self.get(account, subscription_id)
