"""The delivery log as a vendor reads it: what was sent, every attempt at it, and what came back."""

from dataclasses import dataclass
from datetime import datetime

from storage.ids import first_id
from storage.repositories.accounts import Account
from storage.repositories.delivery_log import LogFilter, LoggedAttempt, LoggedDelivery, LogPage
from storage.unit_of_work import UnitOfWork
from webhooks import ownership
from webhooks.envelope import event_body


@dataclass(frozen=True, slots=True)
class DeliveryQuery:
    """Which deliveries of a subscription; None is all. `since` is included, `until` is not."""

    status: str | None = None
    event_type: str | None = None
    event_id: str | None = None
    resource_id: str | None = None
    origin: str | None = None
    since: datetime | None = None
    until: datetime | None = None

    def filter(self) -> LogFilter:
        """Write moments as bounds of ids, which carry the millisecond they were made in."""
        return LogFilter(
            status=self.status,
            event_type=self.event_type,
            event_id=self.event_id,
            resource_id=self.resource_id,
            origin=self.origin,
            first_id=None if self.since is None else first_id("dlv", self.since),
            before_id=None if self.until is None else first_id("dlv", self.until),
        )


@dataclass(frozen=True, slots=True)
class Detail:
    """A delivery with its attempts, and the body as it was sent each time.

    `sent_body` is None for notices: they may have carried an account key.
    """

    delivery: LoggedDelivery
    attempts: tuple[LoggedAttempt, ...]
    sent_body: str | None


@dataclass(frozen=True)
class Log:
    """Reads the log; nothing of it can be changed."""

    work: UnitOfWork

    async def page(
        self,
        account: Account,
        subscription_id: str,
        asked: DeliveryQuery,
        *,
        before: str | None = None,
        most: int = 50,
    ) -> LogPage:
        """List a subscription's deliveries, newest first, also of one that ended.

        Raises NotFound.
        """
        async with self.work.reading() as tx:
            await ownership.any_subscription(tx, account, subscription_id)
            return await tx.delivery_log.page(
                subscription_id, asked.filter(), before=before, most=most
            )

    async def detail(self, account: Account, delivery_id: str) -> Detail:
        """Return one delivery with all that is known of it. Raises NotFound."""
        async with self.work.reading() as tx:
            found = await ownership.delivery(tx, account, delivery_id)
            attempts = await tx.delivery_log.attempts(delivery_id)
        return Detail(found, attempts, _body(found))


def _body(delivery: LoggedDelivery) -> str | None:
    """Write the body again: the same event always gives the same bytes."""
    if delivery.notice_id is not None:
        return None
    assert delivery.event_type and delivery.resource and delivery.resource_id
    return event_body(
        event_type=delivery.event_type,
        resource=delivery.resource,
        resource_id=delivery.resource_id,
    ).decode()
