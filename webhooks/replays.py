"""Sending again what was sent before: the same event, the same bytes, a new delivery.

One delivery is planned at once. More is a job that a worker does in chunks: each plans its
deliveries and notes how far it is in one transaction, so that a job that was cut short goes on
where it was, and no delivery is planned twice or left out.
"""

import json
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from storage.clock import Clock
from storage.ids import first_id, new_id
from storage.log import logger
from storage.repositories.accounts import Account
from storage.repositories.delivery_log import LoggedDelivery
from storage.repositories.replays import Fitting, Replay
from storage.repositories.subscriptions import Subscription
from storage.unit_of_work import UnitOfWork
from webhooks import ownership
from webhooks.errors import NotReplayable
from webhooks.replay_planning import REPLAY, plan_again

CHUNK = 200
WINDOW = 5_000
"""Deliveries of the log that are looked at for one chunk."""

MOST_WAITING = 1_000
"""A job rests while so many of its subscription wait, so that fresh events needn't queue long."""

LEASE = timedelta(seconds=60)

_BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)
_WAITING = frozenset({"PENDING", "HELD"})


@dataclass(frozen=True, slots=True)
class Criteria:
    """Which deliveries; `since` is included, `until` is not, None is no bound."""

    only_failed: bool
    since: datetime | None = None
    until: datetime | None = None
    resource_id: str | None = None

    def written(self) -> str:
        """Write it down as JSON."""
        return json.dumps(
            {
                "onlyFailed": self.only_failed,
                "since": None if self.since is None else self.since.isoformat(),
                "until": None if self.until is None else self.until.isoformat(),
                "resourceId": self.resource_id,
            }
        )

    @classmethod
    def read(cls, text: str) -> "Criteria":
        """Read what `written` wrote."""
        told = json.loads(text)
        since, until = (
            None if told[name] is None else datetime.fromisoformat(told[name])
            for name in ("since", "until")
        )
        return cls(told["onlyFailed"], since, until, told["resourceId"])


@dataclass(frozen=True, slots=True)
class ReplayProgress:
    """A job and what became of the deliveries that it planned.

    `removed` is how many fitted when it began and had been deleted, as old ones are, before their
    turn came; it is known when the job is DONE.
    """

    replay: Replay
    criteria: Criteria
    waiting: int
    delivered: int
    failed: int
    canceled: int
    merged: int
    removed: int


@dataclass(frozen=True)
class Replays:
    """The use cases, and the periodic task that does the jobs. `keep` is how long events are
    kept."""

    work: UnitOfWork
    clock: Clock
    wake: Callable[[], None]
    keep: timedelta
    owner: str = field(default_factory=lambda: f"replays_{secrets.token_hex(8)}")

    async def one(self, account: Account, delivery_id: str) -> LoggedDelivery:
        """Plan a finished delivery's event again; return the new delivery.

        Raises NotFound, and NotReplayable for notices, for what still waits, and when the
        subscription has ended or is DISABLED.
        """
        now = self.clock()
        async with self.work.writing() as tx:
            found = await ownership.delivery(tx, account, delivery_id)
            if found.event_id is None or found.subscription_id is None:
                raise NotReplayable("Notices are not sent again: they may carry an account key.")
            if found.status in _WAITING:
                raise NotReplayable("It hasn't been sent yet; it still waits.")
            subscription = await ownership.any_subscription(
                tx, account, found.subscription_id, hold=True
            )
            _check(subscription)
            assert found.resource and found.resource_id
            planned = plan_again(
                subscription,
                event_id=found.event_id,
                resource=found.resource,
                resource_id=found.resource_id,
                origin=REPLAY,
                now=now,
                made_by=(await tx.replays.joined([delivery_id])).get(delivery_id),
            )
            await tx.replays.plan(planned)
            again = await ownership.delivery(tx, account, planned[0].id)
        self.wake()
        return again

    async def begin(
        self, account: Account, subscription_id: str, criteria: Criteria
    ) -> tuple[ReplayProgress, tuple[str, ...]]:
        """Begin a job; return it, with a warning if what it asks for reaches beyond what is kept.

        Raises NotFound, NotReplayable when the subscription is DISABLED.
        """
        now = self.clock()
        async with self.work.reading() as tx:
            subscription = await ownership.live_subscription(tx, account, subscription_id)
            _check(subscription)
            total = await tx.replays.count(_fitting(subscription.id, criteria, now))
        replay = Replay(
            id=new_id("rpl", now),
            account_id=account.id,
            subscription_id=subscription.id,
            criteria=criteria.written(),
            state="RUNNING",
            total=total,
            planned=0,
            cursor=None,
            created_at=now,
            updated_at=now,
        )
        async with self.work.writing() as tx:
            await tx.replays.add(replay)
        logger.info("replay.begun", replay_id=replay.id, account_id=account.id, count=total)
        warnings: tuple[str, ...] = ()
        kept_since = now - self.keep
        if (criteria.since or subscription.created_at) < kept_since:
            warnings = (
                f"Deliveries are kept for {self.keep.days} days; what was finished before "
                f"{kept_since:%Y-%m-%dT%H:%MZ} can't be sent again.",
            )
        return ReplayProgress(replay, criteria, 0, 0, 0, 0, 0, 0), warnings

    async def get(self, account: Account, subscription_id: str, replay_id: str) -> ReplayProgress:
        """Return a job with its counts. Raises NotFound."""
        async with self.work.reading() as tx:
            replay = await ownership.replay(tx, account, subscription_id, replay_id)
            return _progress(replay, await tx.replays.outcome(replay))

    async def list(
        self, account: Account, subscription_id: str, *, before: str | None = None, most: int = 50
    ) -> tuple[list[ReplayProgress], str | None]:
        """List a subscription's jobs, newest first, and the id before which to go on, if any."""
        async with self.work.reading() as tx:
            await ownership.any_subscription(tx, account, subscription_id)
            found = await tx.replays.of_subscription(subscription_id, before=before, most=most + 1)
            listed = [_progress(one, await tx.replays.outcome(one)) for one in found[:most]]
        return listed, found[most - 1].id if len(found) > most else None

    async def cancel(
        self, account: Account, subscription_id: str, replay_id: str
    ) -> ReplayProgress:
        """Plan nothing more for a job, and end what it planned and wasn't sent. Raises NotFound."""
        now = self.clock()
        async with self.work.writing() as tx:
            await ownership.replay(tx, account, subscription_id, replay_id, lock=True)
            await tx.replays.cancel(replay_id, now)
            replay = await ownership.replay(tx, account, subscription_id, replay_id)
        canceled = CHUNK
        while canceled == CHUNK:
            async with self.work.writing() as tx:
                canceled = await tx.replays.cancel_deliveries(replay, now, most=CHUNK)
        return await self.get(account, subscription_id, replay_id)

    async def advance(self) -> int:
        """Do the jobs that nobody does, a chunk each in turn; return how many were planned.

        Returns when there is none left, or all wait for their receivers.
        """
        planned = 0
        resting: set[str] = set()
        while True:
            now = self.clock()
            async with self.work.writing() as tx:
                replay = await tx.replays.claim(
                    self.owner, now=now, until=now + LEASE, passing_over=resting
                )
            if replay is None:
                return planned
            number = await self._step(replay)
            if number is None:
                resting.add(replay.id)
            else:
                planned += number

    async def _step(self, replay: Replay) -> int | None:
        """Plan the next chunk of a job; None when it has to wait."""
        now = self.clock()
        wanted = _fitting(replay.subscription_id, Criteria.read(replay.criteria), replay.created_at)
        async with self.work.reading() as tx:
            waiting = await tx.replays.waiting(replay.subscription_id, most=MOST_WAITING)
            if waiting < MOST_WAITING:
                found, last = await tx.replays.fitting(
                    wanted, replay.cursor, most=CHUNK, window=WINDOW
                )
            else:
                found, last = [], replay.cursor
        async with self.work.writing() as tx:
            subscription = await tx.subscriptions.get(replay.subscription_id, hold=True)
            assert subscription is not None
            if subscription.deleted_at is not None or subscription.state == "DISABLED":
                await tx.replays.cancel(replay.id, now)
                return 0
            is_waiting = waiting >= MOST_WAITING
            is_done = not is_waiting and last is None
            mine = await tx.replays.advance(
                replay,
                planned=replay.planned + len(found),
                cursor=last or replay.cursor,
                state="DONE" if is_done else "RUNNING",
                until=None,
                at=now,
            )
            if not mine:
                return 0  # canceled meanwhile, or done by somebody else
            # in the order of the ones before, which the log and ordered subscriptions keep
            made_by = await tx.replays.joined([one.id for one in found])
            ids = sorted(new_id("dlv", now) for _ in found)
            await tx.replays.plan(
                [
                    planned
                    for one, delivery_id in zip(found, ids, strict=True)
                    for planned in plan_again(
                        subscription,
                        event_id=one.event_id,
                        resource=one.resource,
                        resource_id=one.resource_id,
                        origin=REPLAY,
                        now=now,
                        replay_id=replay.id,
                        delivery_id=delivery_id,
                        made_by=made_by.get(one.id),
                    )
                ]
            )
        if found:
            self.wake()
        if is_done:
            logger.info("replay.done", replay_id=replay.id, count=replay.planned + len(found))
        return None if is_waiting else len(found)


def _check(subscription: Subscription) -> None:
    if subscription.deleted_at is not None:
        raise NotReplayable("The subscription has ended; nothing is sent for it any more.")
    if subscription.state == "DISABLED":
        raise NotReplayable("The subscription is disabled; resume it first.")


def _fitting(subscription_id: str, criteria: Criteria, began: datetime) -> Fitting:
    until = began + timedelta(milliseconds=1)
    return Fitting(
        subscription_id=subscription_id,
        only_failed=criteria.only_failed,
        first_id=first_id("dlv", criteria.since or _BEGINNING),
        before_id=first_id("dlv", min(criteria.until or until, until)),
        finished_by=began,
        resource_id=criteria.resource_id,
    )


def _progress(replay: Replay, outcome: "dict[str, int]") -> ReplayProgress:
    return ReplayProgress(
        replay=replay,
        criteria=Criteria.read(replay.criteria),
        waiting=sum(outcome.get(status, 0) for status in _WAITING),
        delivered=outcome.get("DELIVERED", 0),
        failed=outcome.get("GIVEN_UP", 0),
        canceled=outcome.get("CANCELED", 0),
        merged=outcome.get("MERGED", 0),
        removed=replay.total - replay.planned if replay.state == "DONE" else 0,
    )
