"""Pausing and resuming a subscription."""

from dataclasses import dataclass

from storage.clock import Clock
from storage.errors import Conflict
from storage.repositories.accounts import Account
from storage.repositories.subscriptions import Subscription
from storage.unit_of_work import UnitOfWork
from webhooks import owned


@dataclass(frozen=True)
class Endpoints:
    """The use cases around a subscription's state."""

    work: UnitOfWork
    clock: Clock

    async def pause(self, account: Account, subscription_id: str) -> Subscription:
        """Keep what comes instead of sending it. Raises NotFound, Conflict when it is DISABLED."""
        async with self.work.writing() as tx:
            found = await owned.live_subscription(tx, account, subscription_id)
            if found.state == "DISABLED":
                raise Conflict("Its receiver said that it is gone; resume it first.")
            if found.state == "ACTIVE":
                await tx.subscriptions.set_state(
                    found.id, state="PAUSED", reason="VENDOR", at=self.clock()
                )
            return await owned.live_subscription(tx, account, subscription_id)

    async def resume(self, account: Account, subscription_id: str) -> Subscription:
        """Send again, beginning with what was kept. Raises NotFound."""
        async with self.work.writing() as tx:
            found = await owned.live_subscription(tx, account, subscription_id)
            if found.state != "ACTIVE":
                await tx.subscriptions.set_state(
                    found.id, state="ACTIVE", reason=None, at=self.clock()
                )
            return await owned.live_subscription(tx, account, subscription_id)
