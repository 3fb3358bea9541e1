"""This floor put together: events in, deliveries out, and what is asked for where nothing comes."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from connector.registry import Registry
from storage.assembly import Storage
from storage.egress import EgressPolicy
from webhooks.bell import Bell
from webhooks.checks import CHECK_HOLDS
from webhooks.dispatch import Dispatcher
from webhooks.dispatch_settings import DispatchSettings
from webhooks.endpoints import Endpoints, EndpointSettings
from webhooks.intake import Intake
from webhooks.known_callbacks import KnownCallbacks
from webhooks.log import Log
from webhooks.metrics import RelayMetrics
from webhooks.reconcile import Reconciler, ReconcileSettings
from webhooks.replays import Replays
from webhooks.retention import Retention
from webhooks.rotation import Rotation
from webhooks.sender import Sender
from webhooks.subscription_status import SubscriptionStatuses
from webhooks.subscriptions import Subscriptions
from webhooks.tenants import TenantWebhooks
from webhooks.test_event import SubscriptionTester
from webhooks.upstream import Upstream


@dataclass(frozen=True, slots=True)
class RelaySettings:
    """How the relay behaves; `keep` is how long events and deliveries are kept."""

    public_url: str
    policy: EgressPolicy
    dispatch: DispatchSettings
    endpoints: EndpointSettings
    reconcile: ReconcileSettings
    keep: timedelta


@dataclass(frozen=True, slots=True)
class Relay:
    """All that takes in, plans, sends and tells of it."""

    sender: Sender
    dispatcher: Dispatcher
    endpoints: Endpoints
    intake: Intake
    reconciler: Reconciler
    subscriptions: Subscriptions
    statuses: SubscriptionStatuses
    rotation: Rotation
    log: Log
    replays: Replays
    tester: SubscriptionTester
    retention: Retention
    tenant_webhooks: TenantWebhooks


def assemble(
    storage: Storage,
    registry: Registry,
    sender: Sender,
    metrics: RelayMetrics,
    settings: RelaySettings,
    *,
    forget: Callable[[str], None],
) -> Relay:
    """Put the floor together; `forget` is told the id of each account whose access ended."""
    work, ring, clock, shared = storage.work, storage.ring, storage.clock, storage.shared_clock
    sending, polling = Bell(), Bell()
    endpoints = Endpoints(work, ring, shared, settings.endpoints, wake=sending.ring)
    dispatcher = Dispatcher(
        *(work, ring, sender, shared, metrics, settings.dispatch),
        endpoints=endpoints,
        bell=sending,
    )
    callbacks = KnownCallbacks(work, ring, registry, metrics)
    upstream = Upstream(
        *(work, ring, registry, clock),
        public_url=settings.public_url,
        forget=callbacks.forget,
    )
    reconciler = Reconciler(
        *(work, registry, clock, metrics, settings.reconcile),
        lease=dispatcher.lease,
        hand_over=dispatcher.hand_over,
        missed=upstream.look_after,
        bell=polling,
    )

    def revoked(account_id: str) -> None:
        """Stop calling for the account in this process, and send the news now."""
        forget(account_id)
        sending.ring()

    def grace_period() -> float:
        """Return the seconds after which nobody starts an attempt for what has ended.

        The process that does all the sending knows at once.
        """
        alone = storage.database.is_sqlite and dispatcher.is_running
        return 0.0 if alone else CHECK_HOLDS + 0.25

    intake = Intake(
        *(work, ring, registry, shared, metrics),
        callbacks=callbacks,
        lease=dispatcher.lease,
        hand_over=dispatcher.hand_over,
        revoked=revoked,
        poll_now=polling.ring,
    )
    subscriptions = Subscriptions(
        *(work, ring, registry, settings.policy, clock, upstream),
        deleted=dispatcher.subscription_deleted,
        poll_now=polling.ring,
        grace_period=grace_period,
    )
    return Relay(
        sender=sender,
        dispatcher=dispatcher,
        endpoints=endpoints,
        intake=intake,
        reconciler=reconciler,
        subscriptions=subscriptions,
        statuses=SubscriptionStatuses(work, clock),
        rotation=Rotation(work, ring, shared),
        log=Log(work),
        replays=Replays(work, shared, sending.ring, settings.keep),
        tester=SubscriptionTester(work, shared, sending.ring),
        retention=Retention(work, shared, settings.keep),
        tenant_webhooks=TenantWebhooks(
            work,
            settings.policy,
            clock,
            deleted=dispatcher.subscription_deleted,
            grace_period=grace_period,
        ),
    )
