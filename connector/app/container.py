"""Assembly: the floors are put together here, once, from the ground up. No singletons.

Tests start the same app that production starts; they hand in a transport, a clock or a sender.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

import httpx2
from prometheus_client import CollectorRegistry

import oauth.assembly
import storage.assembly
import webhooks.assembly
from connector.app import targets
from connector.app.metrics import BudgetMetrics, HttpMetrics, QueueMetrics, UpstreamMetrics
from connector.app.opening import open_database, spill_of
from connector.app.periodic_tasks import PeriodicTask
from connector.app.settings import Settings
from connector.app.targets import Outward
from connector.app.unlinking import Unlinker
from connector.app.worker import Worker
from connector.copying.copier import Copier
from connector.copying.copies import Copies
from connector.copying.places import OPENERS, Openers
from connector.dispatching.assembly import DispatchingParts, dispatching_parts
from connector.issuing.customers import FindingCustomers
from connector.issuing.files import check_file
from connector.issuing.issuing import KIND, Issuing, IssuingJob
from connector.jobs.jobs import Jobs
from connector.paying.closing import CLOSE_JOB, CloseJob, Closing
from connector.paying.paying import DEFAULT_ZONE, Paying
from connector.paying.switch import PaymentSwitch
from connector.paying.trusting import TRUST_JOB, Trusting, TrustJob
from connector.payouts.assembly import payouts_and_runs
from connector.payouts.payouts import Payouts
from connector.payouts.running import PayoutRuns
from connector.reading import Reading
from connector.registry import Registry
from connector.writing.upload_jobs import upload_jobs
from connector.writing.writing import Writing, Wrote
from oauth.assembly import OAuthFloor, Vaults
from oauth.settings import OAuthSettings
from storage.assembly import Storage
from storage.clock import Clock, system_clock
from webhooks.assembly import Relay, RelaySettings
from webhooks.dispatch_settings import DispatchSettings
from webhooks.endpoints import EndpointSettings
from webhooks.metrics import RelayMetrics
from webhooks.reconcile import ReconcileSettings
from webhooks.sender import HttpSender, Sender, SenderSettings


@dataclass(frozen=True)
class Metrics:
    """All that is counted."""

    registry: CollectorRegistry
    http: HttpMetrics
    upstream: UpstreamMetrics
    budget: BudgetMetrics
    relay: RelayMetrics
    queue: QueueMetrics

    @classmethod
    def new(cls) -> "Metrics":
        """Begin to count."""
        one = CollectorRegistry()
        return cls(
            one,
            HttpMetrics(one),
            UpstreamMetrics(one),
            BudgetMetrics(one),
            RelayMetrics(one),
            QueueMetrics(one),
        )


@dataclass(frozen=True)
class Container:
    """Everything that runs in one process, floor by floor."""

    settings: Settings
    metrics: Metrics
    storage: Storage
    outward: Outward
    oauth: OAuthFloor
    registry: Registry
    reading: Reading
    writing: Writing
    issuing: Issuing
    jobs: Jobs
    paying: Paying
    trusting: Trusting
    closing: Closing
    payouts: Payouts
    payout_runs: PayoutRuns
    copies: Copies
    dispatch: DispatchingParts
    relay: Relay
    unlinker: Unlinker
    worker: Worker

    async def close(self) -> None:
        """Finish what is under way and let go of every connection.

        Raises TokensLost when refreshed tokens could be stored nowhere.
        """
        await self.relay.intake.drain()
        await self.oauth.returning.close()
        try:
            await self.oauth.vault.close()
        finally:
            await self._close_rest()

    async def _close_rest(self) -> None:
        await self.oauth.key_uses.close()
        await self.oauth.disabled_vault.close()
        if isinstance(self.relay.sender, HttpSender):
            await self.relay.sender.close()
        await self.outward.close()
        await self.storage.database.close()


def assemble(
    settings: Settings,
    *,
    transport: httpx2.AsyncBaseTransport | None = None,
    sender: Sender | None = None,
    clock: Clock = system_clock,
    openers: Openers = OPENERS,
) -> Container:
    """Build everything; call it with an event loop running.

    `transport` replaces the network towards providers, `sender` the one towards vendors, `openers`
    what opens the places that records are copied to. Raises
    SettingsInvalid when a needed key is missing.
    """
    settings.require_public_url()
    ring = settings.key_ring()
    ground = storage.assembly.assemble(open_database(settings), ring, clock)
    metrics = Metrics.new()
    outward = targets.assemble(settings, ground, metrics.upstream, metrics.budget, transport)
    known = oauth.assembly.targets(
        {system.target: system for system in outward.systems}, outward.http, _oauth(settings)
    )
    access = oauth.assembly.open_access(
        ground, known, spill_of(settings, ground.database, ring), metrics.upstream.refresh_ended
    )
    registry = Registry(system.provider(access.vault) for system in outward.systems)
    relay = webhooks.assembly.assemble(
        ground,
        registry,
        sender or _sender(settings, clock),
        metrics.relay,
        _relay(settings),
        forget=access.vault.forget,
    )

    async def linked(account_id: str) -> None:
        """Use the new access and send the notice now, rather than a few seconds later."""
        access.vault.forget(account_id)
        relay.dispatcher.wake()

    links = oauth.assembly.assemble(
        ground,
        known,
        access,
        on_linked=(linked, relay.subscriptions.upstream.watch, relay.reconciler.poll_now),
        on_linked_by_key=(linked, relay.reconciler.poll_now),
    )
    unlinker = _unlinker(ground, relay, outward, access)
    books = _use_cases(settings, ground, registry, relay.reconciler.wrote, clock)
    copies = _copies(settings, ground, registry, openers)
    periodic_tasks = _periodic_tasks(links, relay, unlinker, books, copies)
    return Container(
        settings=settings,
        metrics=metrics,
        storage=ground,
        outward=outward,
        oauth=links,
        registry=registry,
        reading=books.reading,
        issuing=books.issuing,
        writing=books.writing,
        jobs=books.jobs,
        paying=books.paying,
        trusting=books.trusting,
        closing=books.closing,
        payouts=books.payouts,
        payout_runs=books.payout_runs,
        copies=copies,
        dispatch=dispatching_parts(
            ground, links.key_links, unlinker.unlink, books.issuing, books.writing, books.today
        ),
        relay=relay,
        unlinker=unlinker,
        worker=Worker(
            relay.dispatcher, relay.reconciler, ground.work, ground.shared_clock, periodic_tasks
        ),
    )


@dataclass(frozen=True)
class _UseCases:
    """What is done with the books of linked accounts."""

    reading: Reading
    writing: Writing
    issuing: Issuing
    jobs: Jobs
    paying: Paying
    trusting: Trusting
    closing: Closing
    payouts: Payouts
    payout_runs: PayoutRuns
    today: Callable[[], str]


def _use_cases(
    settings: Settings, ground: Storage, registry: Registry, wrote: Wrote, clock: Clock
) -> _UseCases:
    work, ring, shared = ground.work, ground.ring, ground.shared_clock
    zone = settings.zone()
    writing = Writing(registry, work, ring, shared, wrote=wrote, guard=PaymentSwitch(work).guard)
    reading = Reading(registry, zone=zone)
    customers = FindingCustomers(reading, writing)
    issuing_job = IssuingJob(registry, writing, customers, check_file)
    switch = PaymentSwitch(work)
    kinds = {
        KIND: issuing_job,
        **upload_jobs(writing),
        TRUST_JOB: TrustJob(registry, switch, shared),
        CLOSE_JOB: CloseJob(registry, shared, wrote),
    }
    jobs = Jobs(work, ring, shared, kinds)
    paying = Paying(registry, work, ring, shared, zone or DEFAULT_ZONE, wrote=wrote)
    payouts, payout_runs = payouts_and_runs(ground, reading, writing, paying)
    return _UseCases(
        reading=reading,
        writing=writing,
        issuing=Issuing(registry, jobs, writing, customers, clock, zone),
        jobs=jobs,
        trusting=Trusting(registry, jobs, switch),
        closing=Closing(registry, jobs, writing.confirmations),
        paying=paying,
        payouts=payouts,
        payout_runs=payout_runs,
        today=lambda: clock().astimezone(zone).date().isoformat(),
    )


def _unlinker(ground: Storage, relay: Relay, outward: Outward, access: Vaults) -> Unlinker:
    return Unlinker(
        ground.work,
        ground.clock,
        relay.subscriptions.upstream,
        Registry(system.provider(access.disabled_vault) for system in outward.systems),
        access.disabled_vault,
        forget=access.vault.forget,
        deleted=relay.dispatcher.subscription_deleted,
    )


def _copies(settings: Settings, ground: Storage, registry: Registry, openers: Openers) -> Copies:
    clock = ground.shared_clock
    return Copies(
        ground.work,
        registry,
        Copier(ground.work, registry, clock, ground.ring, zone=settings.zone()),
        clock,
        openers,
        settings.sync.copies(settings.retention.event_days),
    )


def _oauth(settings: Settings) -> OAuthSettings:
    scopes = settings.link.scopes
    return OAuthSettings(
        public_url=settings.require_public_url(),
        allow_loopback_callbacks=settings.link.allow_loopback_callbacks,
        egress=settings.egress.policy(),
        scopes=dict.fromkeys(targets.NAMES, scopes) if scopes else {},
    )


def _sender(settings: Settings, clock: Clock) -> HttpSender:
    return HttpSender(
        settings.egress.policy(),
        SenderSettings(
            deadline=settings.delivery.deadline_seconds,
            connections=settings.delivery.at_once,
            proxy=settings.egress.proxy.get_secret_value() or None,
        ),
        clock,
    )


def _relay(settings: Settings) -> RelaySettings:
    delivery = settings.delivery
    return RelaySettings(
        public_url=settings.require_public_url(),
        policy=settings.egress.policy(),
        dispatch=DispatchSettings(
            deadline=timedelta(seconds=delivery.deadline_seconds + 2),
            at_once=delivery.at_once,
            per_endpoint=delivery.per_endpoint,
            retry_delays=delivery.delays(),
        ),
        endpoints=EndpointSettings(
            pause_after=timedelta(days=delivery.pause_after_days),
            least_attempts=delivery.pause_after_attempts,
        ),
        reconcile=ReconcileSettings(settings.polling.polled(), settings.polling.announced()),
        keep=timedelta(days=settings.retention.event_days),
    )


def _periodic_tasks(
    links: OAuthFloor, relay: Relay, unlinker: Unlinker, books: _UseCases, copies: Copies
) -> tuple[PeriodicTask, ...]:
    upstream = relay.subscriptions.upstream
    return (
        PeriodicTask("settle_subscriptions", 10, relay.subscriptions.settle),
        PeriodicTask("watch_consents", 60, upstream.watch_all),
        PeriodicTask("settle_endpoints", 5, relay.endpoints.settle),
        PeriodicTask("tend_polls", 60, relay.reconciler.tend),
        PeriodicTask("check_subscriptions", 60, upstream.check),
        PeriodicTask("replay", 1, relay.replays.advance),
        PeriodicTask("retention", 3600, relay.retention.run),
        PeriodicTask("settle_writes", 10, books.writing.resume),
        PeriodicTask("run_jobs", 1, books.jobs.run_due),
        PeriodicTask("run_payouts", 1, books.payout_runs.run_due),
        PeriodicTask("forget_payouts", 3600, books.payouts.forget_drafts),
        PeriodicTask("advance_payments", 1, books.paying.run_due),
        PeriodicTask("unlink", 10, unlinker.resume),
        PeriodicTask("keep_alive", 3600, links.vault.keep_alive),
        PeriodicTask("clean_up", 3600, links.links.clean_up),
        PeriodicTask("forget_assistants", 3600, links.assistants.clean_up),
        PeriodicTask("copy_records", 5, copies.run_due),
        PeriodicTask("copy_documents", 5, copies.fetch_documents),
        PeriodicTask("forget_copy_runs", 3600, copies.clean_up),
    )
