"""A test event: made here, sent on the way that all events take."""

from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256

from storage.clock import Clock
from storage.ids import new_id
from storage.repositories.accounts import Account
from storage.repositories.delivery_log import LoggedDelivery
from storage.repositories.replays import TestEvent
from storage.unit_of_work import UnitOfWork
from webhooks import ownership
from webhooks.envelope import event_body
from webhooks.errors import NotReplayable
from webhooks.replay_planning import TEST, plan_again

UPDATED = "UPDATED"


@dataclass(frozen=True)
class SubscriptionTester:
    """`wake` is called when there is something to send."""

    work: UnitOfWork
    clock: Clock
    wake: Callable[[], None]

    async def send(self, account: Account, subscription_id: str) -> LoggedDelivery:
        """Plan a test event for a subscription; return its delivery.

        Its resource is the subscription's and its type UPDATED, which every receiver knows and
        which claims neither a new record nor the end of a consent. Its record, `test_...`, doesn't
        exist. Raises NotFound, NotReplayable when the subscription is DISABLED.
        """
        now = self.clock()
        event_id, resource_id = new_id("evt", now), new_id("test", now)
        async with self.work.writing() as tx:
            subscription = await ownership.live_subscription(
                tx, account, subscription_id, hold=True
            )
            if subscription.state == "DISABLED":
                raise NotReplayable("The subscription is disabled; resume it first.")
            body = event_body(
                event_type=UPDATED, resource=subscription.resource, resource_id=resource_id
            )
            await tx.replays.add_test_event(
                TestEvent(
                    id=event_id,
                    account_id=account.id,
                    upstream_event_id=event_id,
                    resource=subscription.resource,
                    resource_id=resource_id,
                    event_type=UPDATED,
                    occurred_at=now,
                    received_at=now,
                    body_sha256=sha256(body).hexdigest(),
                )
            )
            planned = plan_again(
                subscription,
                event_id=event_id,
                resource=subscription.resource,
                resource_id=resource_id,
                origin=TEST,
                now=now,
            )
            await tx.replays.plan(planned)
            found = await ownership.delivery(tx, account, planned[0].id)
        self.wake()
        return found
