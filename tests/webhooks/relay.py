"""A relay on a real database, between a provider and receivers that hold facts."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any, cast

import pytest
from prometheus_client import CollectorRegistry

from connector import ports
from connector.errors import MissingScope
from connector.ports import Feed, RecordState, UpstreamEvent, Verdict
from connector.registry import Provider, Registry
from storage.egress import EgressPolicy
from storage.errors import Invalid, NotFound, StorageUnavailable
from storage.ids import new_id
from storage.repositories.accounts import Account
from storage.repositories.deliveries import Attempt, Delivery
from storage.repositories.notices import Notice
from storage.repositories.subscriptions import Subscription
from storage.repositories.tenants import Tenant
from storage.repositories.upstream_subscriptions import UpstreamSubscription
from storage.sealing import KeyRing
from storage.unit_of_work import DatabaseTransaction, UnitOfWork
from tests.support.accounts import add_account
from webhooks.dispatch import Dispatcher
from webhooks.dispatch_settings import DispatchSettings
from webhooks.endpoints import Endpoints as Uses
from webhooks.endpoints import EndpointSettings
from webhooks.intake import Intake
from webhooks.known_callbacks import KnownCallbacks
from webhooks.metrics import RelayMetrics
from webhooks.planning import FirstLease
from webhooks.reconcile import Reconciler, ReconcileSettings
from webhooks.schedule import Answered, Outcome
from webhooks.sender import OutgoingRequest, Sender
from webhooks.subscriptions import Subscriptions
from webhooks.upstream import RESOURCES, Upstream

START = datetime(2026, 11, 20, 10, 0, tzinfo=UTC)
TARGET = "qonto"
SECRET = bytes(range(32))
TENANT_SECRET = bytes(range(32, 64))
UPSTREAM_SECRET = "u" * 64

SETTINGS = DispatchSettings(poll=timedelta(milliseconds=5), lease=timedelta(seconds=60))


on_sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
"""For what has nothing to do with the database, in a file that is about one."""


async def until(fact: Callable[[], object] | Callable[[], Awaitable[object]]) -> None:
    """Wait until something is so; give it up after a minute."""
    async with asyncio.timeout(60):
        while True:
            found = fact()
            if isinstance(found, Awaitable):
                found = await found
            if found:
                return
            await asyncio.sleep(0.002)


@dataclass
class Clock:
    """Stands still until it is moved."""

    now: datetime = START

    def __call__(self) -> datetime:
        return self.now

    def advance(self, **by: float) -> None:
        self.now += timedelta(**by)


@dataclass
class Endpoints:
    """A Sender: remembers what arrived, and answers each URL as told; 200 when not told."""

    answers: dict[str, Callable[[OutgoingRequest], Outcome | Awaitable[Outcome]]] = field(
        default_factory=dict
    )
    arrived: list[OutgoingRequest] = field(default_factory=list)
    hanging: list[asyncio.Event] = field(default_factory=list)
    most_under_way: dict[str, int] = field(default_factory=dict)
    _now: dict[str, int] = field(default_factory=dict)

    async def send(self, request: OutgoingRequest) -> Outcome:
        url = request.url
        self.arrived.append(request)
        self._now[url] = self._now.get(url, 0) + 1
        self.most_under_way[url] = max(self._now[url], self.most_under_way.get(url, 0))
        try:
            answer = self.answers.get(url)
            outcome = Answered(200) if answer is None else answer(request)
            return outcome if not isinstance(outcome, Awaitable) else await outcome
        finally:
            self._now[url] -= 1

    def always(self, url: str, outcome: Outcome) -> None:
        self.answers[url] = lambda _: outcome

    def in_turn(self, url: str, *outcomes: Outcome) -> None:
        left = list(outcomes)
        self.answers[url] = lambda _: left.pop(0) if left else Answered(200)

    def hang(self, url: str) -> asyncio.Event:
        """Let a URL hang until the event is set; then it answers 200."""
        released = asyncio.Event()
        self.hanging.append(released)

        async def wait(_: OutgoingRequest) -> Outcome:
            await released.wait()
            return Answered(200)

        self.answers[url] = wait
        return released

    def ids(self, url: str | None = None) -> list[str]:
        """List the message ids that arrived, in order."""
        return [
            request.headers["webhook-id"]
            for request in self.arrived
            if url is None or request.url == url
        ]


def event_body(event_id: str = "up-1", resource_id: str = "inv-1", **more: object) -> bytes:
    return json.dumps(
        {"id": event_id, "resource": "INVOICE", "resource_id": resource_id, **more}
    ).encode()


SIGNED = {"signature": UPSTREAM_SECRET}


class ProviderWebhooks:
    """A WebhookAdapter whose provider is a dictionary of standing subscriptions.

    `before` and `after` are called around each step at the provider, with its name and account;
    what they raise is what the caller sees, before or after the step took effect.
    """

    topics: Mapping[str, tuple[str, ...]] = {"INVOICE": ("v1/client-invoices",)}
    revocation_types = ("v1/consent-revocations",)

    def __init__(self) -> None:
        self.standing: dict[str, tuple[str, ports.ProviderSubscription]] = {}
        """Subscription id -> (account id, subscription)."""
        self.calls: list[str] = []
        self.scopes: Sequence[str] | None = None
        """The types that consents cover; None is all of them."""
        self.before: Callable[[str, str], Awaitable[None] | None] = lambda _call, _account: None
        self.after: Callable[[str, str], Awaitable[None] | None] = lambda _call, _account: None
        self._made = 0

    async def _step(self, hook: Callable[[str, str], Any], call: str, account_id: str) -> None:
        waiting = hook(call, account_id)
        if waiting is not None:
            await waiting

    async def subscribe(
        self, account_id: str, callback_url: str, secret: str, types: Sequence[str]
    ) -> ports.ProviderSubscription:
        self.calls.append("subscribe")
        await self._step(self.before, "subscribe", account_id)
        self._made += 1
        made = ports.ProviderSubscription(
            f"q-{self._made}", callback_url, tuple(types), secret=secret
        )
        self.standing[made.id] = (account_id, made)
        await self._step(self.after, "subscribe", account_id)
        return made

    async def allowed(self, account_id: str) -> frozenset[str]:
        if self.scopes is not None:
            return frozenset(self.scopes)
        return frozenset(kind for kinds in self.topics.values() for kind in kinds)

    async def update(
        self,
        account_id: str,
        subscription_id: str,
        callback_url: str,
        secret: str,
        types: Sequence[str],
    ) -> ports.ProviderSubscription:
        self.calls.append("update")
        await self._step(self.before, "update", account_id)
        if subscription_id not in self.standing:
            raise NotFound("gone")
        made = ports.ProviderSubscription(
            subscription_id, callback_url, tuple(types), secret=secret
        )
        self.standing[subscription_id] = (account_id, made)
        await self._step(self.after, "update", account_id)
        return made

    async def unsubscribe(self, account_id: str, subscription_id: str) -> None:
        self.calls.append("unsubscribe")
        await self._step(self.before, "unsubscribe", account_id)
        self.standing.pop(subscription_id, None)
        await self._step(self.after, "unsubscribe", account_id)

    async def list(self, account_id: str) -> tuple[ports.ProviderSubscription, ...]:
        self.calls.append("list")
        await self._step(self.before, "list", account_id)
        found = tuple(
            replace(item, secret=None)
            for owner, item in self.standing.values()
            if owner == account_id
        )
        await self._step(self.after, "list", account_id)
        return found

    def is_signed(self, headers: Mapping[str, str]) -> bool:
        return "signature" in headers

    def verify(
        self, headers: Mapping[str, str], raw_body: bytes, secrets: Sequence[str], now: datetime
    ) -> Verdict:
        signature = headers.get("signature")
        if signature is None:
            return Verdict.MISSING
        if signature not in secrets:
            return Verdict.FORGED
        return Verdict.STALE if "stale" in headers else Verdict.VALID

    def read_event(self, raw_body: bytes) -> UpstreamEvent:
        try:
            told = json.loads(raw_body)
        except ValueError:
            raise Invalid("not an event") from None
        made, at = told.get("resource_created_at"), told.get("created_at")
        return UpstreamEvent(
            id=told["id"],
            type=told.get("type", "v1/client-invoices"),
            created_at=None if at is None else datetime.fromisoformat(at),
            resource=told["resource"],
            resource_id=told["resource_id"],
            event=told.get("event"),
            version=told.get("version"),
            also=tuple(told.get("also", ())),
            resource_created_at=None if made is None else datetime.fromisoformat(made),
            organization_id=None,
        )


class Books:
    """A ChangeFeed over records that are kept here; `before` is called for each page read."""

    resources: Mapping[str, Feed] = {
        "INVOICE": Feed(),
        "BILL": Feed(),
        "OFFER": Feed(from_start=True),
        "PAYMENT": Feed(from_start=True, follows=("INVOICE", "BILL")),
    }

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.records: dict[tuple[str, str], dict[str, RecordState]] = {}
        self.asked: list[tuple[str, datetime | None]] = []
        self.per_page = 2
        self.before: Callable[[str, str], Awaitable[None] | None] = lambda _account, _resource: None
        self.unreadable: set[str] = set()

    def change(
        self, account: Account, record_id: str, resource: str = "INVOICE", *, at: Any = None
    ) -> datetime:
        """Make or change a dated record now, or at a moment."""
        at = at or self._clock()
        kept = self.records.setdefault((account.id, resource), {})
        made = kept[record_id].created_at if record_id in kept else at
        kept[record_id] = RecordState(record_id, at.isoformat(), made, at, is_dated=True)
        return at

    def put(self, account: Account, resource: str, state: RecordState) -> None:
        self.records.setdefault((account.id, resource), {})[state.id] = state

    async def check(self, account_id: str, resource: str) -> None:
        if resource in self.unreadable:
            raise MissingScope(f"{resource.lower()}.read")

    async def read(
        self, account_id: str, resource: str, since: datetime | None
    ) -> AsyncIterator[Sequence[RecordState]]:
        self.asked.append((resource, since))
        kept = self.records.get((account_id, resource), {})
        chosen = sorted(kept, key=lambda one: (kept[one].changed_at or START, one))
        for first in range(0, max(len(chosen), 1), self.per_page):
            waiting = self.before(account_id, resource)
            if waiting is not None:
                await waiting
            ids = chosen[first : first + self.per_page]
            states = [kept[one] for one in ids]
            if not self.resources[resource].from_start:
                states = [
                    state
                    for state in states
                    if since is None or state.changed_at >= since  # type: ignore[operator]
                ]
            yield states


class Interruptible(UnitOfWork):
    """A database that can be away: for all, or for writes only."""

    away = False
    read_only = False

    @asynccontextmanager
    async def writing(self) -> AsyncIterator[DatabaseTransaction]:  # type: ignore[override]
        if self.away or self.read_only:
            raise StorageUnavailable("the database can't be used right now; try again")
        async with super().writing() as tx:
            yield tx

    @asynccontextmanager
    async def hot(self, *, single: bool = False) -> AsyncIterator[DatabaseTransaction]:  # type: ignore[override]
        if self.away or self.read_only:
            raise StorageUnavailable("the database can't be used right now; try again")
        async with super().hot(single=single) as tx:
            yield tx

    @asynccontextmanager
    async def hot_reading(self) -> AsyncIterator[DatabaseTransaction]:  # type: ignore[override]
        if self.away:
            raise StorageUnavailable("the database can't be used right now; try again")
        async with super().hot_reading() as tx:
            yield tx

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[DatabaseTransaction]:  # type: ignore[override]
        if self.away:
            raise StorageUnavailable("the database can't be used right now; try again")
        async with super().reading() as tx:
            yield tx


class Relay:
    """Everything the relay consists of, and shortcuts to what is stored."""

    def __init__(self, work: UnitOfWork, ring: KeyRing) -> None:
        self.work = Interruptible(work.database)
        self.ring = ring
        self.clock = Clock()
        self.endpoints = Endpoints()
        self.sender: Sender = self.endpoints
        self.provider = ProviderWebhooks()
        self.books = Books(self.clock)
        self.registry = Registry(
            [Provider(TARGET, cast(Any, None), cast(Any, None), self.provider)]
        )
        self.metrics_registry = CollectorRegistry()
        self.metrics = RelayMetrics(self.metrics_registry)
        three_days = EndpointSettings(pause_after=timedelta(days=3))
        self.uses = Uses(self.work, self.ring, self.clock, three_days, wake=self.wake)
        self.dispatchers: list[tuple[Dispatcher, asyncio.Task[None]]] = []
        self._numbers = iter(range(1, 10**6))

    # -- parts ----------------------------------------------------------------------------------

    def dispatcher(self, **settings: Any) -> Dispatcher:
        """Make a worker that isn't running yet."""
        return Dispatcher(
            self.work,
            self.ring,
            self.sender,
            self.clock,
            RelayMetrics(CollectorRegistry()),
            replace(SETTINGS, **settings),
            endpoints=self.uses,
            jitter=lambda: 0.0,
        )

    def wake(self) -> None:
        """Wake every worker, as a release of held deliveries does."""
        for dispatcher, _ in self.dispatchers:
            dispatcher.wake()

    async def start(self, **settings: Any) -> Dispatcher:
        """Make a worker and let it run."""
        dispatcher = self.dispatcher(**settings)
        task = asyncio.create_task(dispatcher.run())
        self.dispatchers.append((dispatcher, task))
        await until(lambda: dispatcher.lease() is not None)
        return dispatcher

    def stall(self, dispatcher: Dispatcher) -> None:
        """Stop a worker's claims; its attempts under way go on."""
        for known, task in self.dispatchers:
            if known is dispatcher:
                task.cancel()

    def crash(self, dispatcher: Dispatcher) -> None:
        """Drop a worker as a killed process would: nothing is given back or written down."""
        for index, (known, task) in enumerate(self.dispatchers):
            if known is dispatcher:
                del self.dispatchers[index]
                for under_way in [task, *dispatcher._under_way]:
                    under_way.cancel()
                return

    async def stop(self) -> None:
        self.work.away = self.work.read_only = False
        for released in self.endpoints.hanging:
            released.set()
        for dispatcher, task in self.dispatchers:
            async with asyncio.timeout(30):  # a test that failed may have left attempts that hang
                await dispatcher.stop()
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    def callbacks(self) -> KnownCallbacks:
        """Make what knows the addresses that are posted to."""
        return KnownCallbacks(self.work, self.ring, self.registry, self.metrics)

    def intake(
        self, dispatcher: Dispatcher | None = None, callbacks: KnownCallbacks | None = None
    ) -> Intake:
        """Make an intake; with a worker it hands its deliveries over, else any worker claims."""

        def no_lease() -> FirstLease | None:
            return None

        return Intake(
            self.work,
            self.ring,
            self.registry,
            self.clock,
            self.metrics,
            callbacks=callbacks or self.callbacks(),
            lease=dispatcher.lease if dispatcher else no_lease,
            hand_over=dispatcher.hand_over if dispatcher else lambda *_: None,
        )

    def subscriptions(
        self,
        *,
        forget: Callable[[str], None] = lambda _: None,
        deleted: Callable[[str], None] = lambda _: None,
    ) -> Subscriptions:
        return Subscriptions(
            self.work,
            self.ring,
            self.registry,
            EgressPolicy(),
            self.clock,
            Upstream(
                *(self.work, self.ring, self.registry, self.clock),
                public_url="https://connector.example/base/",
                forget=forget,
            ),
            deleted=deleted,
        )

    def let_be_polled(self) -> Books:
        """Let the provider be asked for changes too; return its books."""
        provider = Provider(
            TARGET, cast(Any, None), cast(Any, None), self.provider, changes=self.books
        )
        self.registry = Registry([provider])
        return self.books

    def reconciler(
        self,
        dispatcher: Dispatcher | None = None,
        *,
        missed: Callable[[str], Awaitable[None]] | None = None,
        **settings: Any,
    ) -> Reconciler:
        """Make a worker that polls; with a dispatcher it hands its deliveries over."""

        async def fine(_account_id: str) -> None:
            pass

        return Reconciler(
            self.work,
            self.registry,
            self.clock,
            self.metrics,
            ReconcileSettings(**settings),
            lease=dispatcher.lease if dispatcher else lambda: None,
            hand_over=dispatcher.hand_over if dispatcher else lambda *_: None,
            missed=missed or fine,
            jitter=lambda: 0.0,
        )

    def counted(self, outcome: str) -> float:
        """Return how many incoming events had this outcome."""
        name = "qonto_connector_events_total"
        return self.metrics_registry.get_sample_value(name, {"outcome": outcome}) or 0.0

    # -- records --------------------------------------------------------------------------------

    async def tenant(self) -> Tenant:
        tenant_id = new_id("ten", self.clock())
        associated_data = f"tenants.signing_secret:{tenant_id}"
        tenant = Tenant(
            id=tenant_id,
            name="Vendor",
            created_at=self.clock(),
            signing_secret=self.ring.seal(TENANT_SECRET, associated_data=associated_data),
        )
        async with self.work.writing() as tx:
            await tx.tenants.add(tenant)
        return tenant

    async def account(
        self, tenant: Tenant | None = None, *, reference: str | None = None, target: str = TARGET
    ) -> Account:
        tenant = tenant or await self.tenant()
        account = Account(
            id=new_id("acct", self.clock()),
            tenant_id=tenant.id,
            target=target,
            organization_id=f"org-{next(self._numbers)}",
            organization_name=None,
            membership_id=None,
            status="ACTIVE",
            reference=reference,
            linked_at=self.clock(),
            updated_at=self.clock(),
        )
        async with self.work.writing() as tx:
            return await add_account(tx, account)

    async def upstream(self, account: Account, **changed: Any) -> UpstreamSubscription:
        """Store a confirmed upstream subscription; its code takes in the account's events."""
        upstream_id = new_id("ups", self.clock())
        associated_data = f"upstream_subscriptions.secret:{upstream_id}"
        upstream = UpstreamSubscription(
            id=upstream_id,
            connection_id=account.id,
            purpose=RESOURCES,
            code=f"code-{next(self._numbers)}",
            secret=self.ring.seal(UPSTREAM_SECRET, associated_data=associated_data),
            types="v1/client-invoices",
            state="ACTIVE",
            upstream_id="q-0",
            created_at=self.clock(),
            updated_at=self.clock(),
        )
        upstream = replace(upstream, **changed)
        async with self.work.writing() as tx:
            await tx.upstream_subscriptions.add(upstream)
        return upstream

    async def subscription(
        self,
        account: Account,
        url: str = "https://app.example/1",
        resource: str = "INVOICE",
        *,
        deletions: bool = False,
    ) -> Subscription:
        subscription_id = new_id("whk", self.clock())
        subscription = Subscription(
            id=subscription_id,
            tenant_id=account.tenant_id,
            account_id=account.id,
            resource=resource,
            callback_url=url,
            secret=self.ring.seal(
                SECRET, associated_data=f"subscriptions.secret:{subscription_id}"
            ),
            created_at=self.clock(),
            updated_at=self.clock(),
            deletions=deletions,
        )
        async with self.work.writing() as tx:
            await tx.subscriptions.add(subscription)
        return subscription

    async def notice(
        self, account: Account, url: str = "https://app.example/notices", body: bytes = b'{"a":1}'
    ) -> Notice:
        notice_id = new_id("ntc", self.clock())
        notice = Notice(
            id=notice_id,
            tenant_id=account.tenant_id,
            account_id=account.id,
            kind="ACCOUNT_LINKED",
            callback_url=url,
            body=self.ring.seal(body, associated_data=f"notices.body:{notice_id}"),
            created_at=self.clock(),
        )
        async with self.work.writing() as tx:
            await tx.notices.add(notice)
        return notice

    async def of(self, subscription: Subscription) -> list[Delivery]:
        async with self.work.reading() as tx:
            return await tx.deliveries.of_subscription(subscription.id)

    async def one(self, subscription: Subscription) -> Delivery:
        (delivery,) = await self.of(subscription)
        return delivery

    async def statuses(self, subscription: Subscription) -> list[str]:
        return [delivery.status for delivery in await self.of(subscription)]

    async def attempts(self, delivery: Delivery) -> list[Attempt]:
        async with self.work.reading() as tx:
            return await tx.deliveries.attempts_of(delivery.id)

    async def standing(self, account: Account) -> UpstreamSubscription | None:
        async with self.work.reading() as tx:
            return await tx.upstream_subscriptions.of_account(account.id, RESOURCES)
