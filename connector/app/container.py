"""Assembly: every object is built here, once, in reading order. No singletons, no look-ups by name.

Tests start the same app that production starts; they hand in a transport, a clock or a sender.
"""

from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from pathlib import Path

import httpx2
from prometheus_client import CollectorRegistry
from sqlalchemy.exc import ArgumentError

from connector.app.duties import Duty
from connector.app.metrics import BudgetMetrics, HttpMetrics, QueueMetrics, UpstreamMetrics
from connector.app.settings import Settings, SettingsInvalid
from connector.app.unlinking import Unlinker
from connector.app.worker import Worker
from connector.budget import Leases, RateBudget
from connector.http import provider_http
from connector.providers.qonto.provider import QontoHosts, qonto, qonto_sandbox
from connector.proxies import is_here
from connector.reading import Reading
from connector.registry import Registry
from oauth.account_keys import AccountKeys
from oauth.accounts import Status
from oauth.callers import Callers
from oauth.client import OAuthClient
from oauth.hosted import LinkPages
from oauth.key_links import KeyLinking
from oauth.key_uses import KeyUses
from oauth.link import Linking
from oauth.page_routes import StyleOf
from oauth.page_styles import PageStyles
from oauth.pages.style import PageStyle
from oauth.ports import TargetSystem
from oauth.returning import Returning
from oauth.settings import OAuthSettings
from oauth.spill import Spill
from oauth.tenant_keys import TenantKeys
from oauth.tenants import Tenancy
from oauth.unsaved import Unsaved
from oauth.vault import TokenVault
from storage.clock import Clock, system_clock
from storage.database_clock import DatabaseClock
from storage.engine import Database, StorageSettings
from storage.pooler import pooler_before
from storage.repositories.tenants import Tenant
from storage.sealing import KeyRing
from storage.unit_of_work import UnitOfWork
from webhooks.checks import CHECK_HOLDS
from webhooks.dispatch import Dispatcher
from webhooks.dispatch_settings import DispatchSettings
from webhooks.endpoints import Endpoints, EndpointSettings
from webhooks.intake import Intake
from webhooks.log import Log
from webhooks.metrics import RelayMetrics
from webhooks.reconcile import Reconciler, ReconcileSettings
from webhooks.replays import Replays
from webhooks.retention import Retention
from webhooks.rotation import Rotation
from webhooks.sender import HttpSender, Sender, SenderSettings
from webhooks.standing import Standings
from webhooks.subscriptions import Subscriptions
from webhooks.tenants import TenantWebhooks
from webhooks.trial import Trial


@dataclass(frozen=True)
class Container:
    """Everything that runs in one process."""

    settings: Settings
    clock: Clock
    ring: KeyRing
    database: Database
    work: UnitOfWork
    metrics_registry: CollectorRegistry
    http_metrics: HttpMetrics
    queue_metrics: QueueMetrics
    provider_http: httpx2.AsyncClient
    budgets: tuple[RateBudget, ...]
    registry: Registry
    tenants: Tenancy
    tenant_keys: TenantKeys
    account_keys: AccountKeys
    page_styles: PageStyles
    key_uses: KeyUses
    callers: Callers
    links: Linking
    returning: Returning
    key_links: KeyLinking
    pages: LinkPages
    page_style: StyleOf
    vault: TokenVault
    reading: Reading
    sender: Sender
    dispatcher: Dispatcher
    endpoints: Endpoints
    intake: Intake
    reconciler: Reconciler
    subscriptions: Subscriptions
    standings: Standings
    rotation: Rotation
    log: Log
    replays: Replays
    trial: Trial
    retention: Retention
    tenant_webhooks: TenantWebhooks
    unlinker: Unlinker
    worker: Worker

    async def close(self) -> None:
        """Finish what is under way and let go of every connection.

        Raises TokensLost when refreshed tokens could be stored nowhere.
        """
        await self.intake.drain()
        await self.returning.close()
        try:
            await self.vault.close()
        finally:
            await self._close_rest()

    async def _close_rest(self) -> None:
        await self.key_uses.close()
        await self.unlinker.farewell.close()
        if isinstance(self.sender, HttpSender):
            await self.sender.close()
        for budget in self.budgets:
            await budget.close()
        await self.provider_http.aclose()
        await self.database.close()


def open_database(settings: Settings) -> Database:
    """Open the database that the settings name. Raises SettingsInvalid when that can't be."""
    try:
        database = Database(
            StorageSettings(
                url=settings.database.url.get_secret_value(),
                pool_size=settings.database.pool_size,
                transaction_pooling=settings.database.transaction_pooling,
            )
        )
    except (ValueError, ArgumentError) as error:
        raise SettingsInvalid(f"CONNECTOR_DATABASE__URL: {error}") from None
    if database.path is not None and not database.path.absolute().parent.is_dir():
        folder = database.path.absolute().parent
        raise SettingsInvalid(
            f"CONNECTOR_DATABASE__URL: there is no folder {folder}; make it first"
        )
    return database


def spill_of(settings: Settings, database: Database, ring: KeyRing) -> Spill | None:
    """Find the folder for tokens that aren't saved yet; None where there is to be none."""
    given = settings.state_directory
    if given == "none" or (not given and database.path is None):
        return None
    if given:
        return Spill(Path(given) / "unsaved-tokens", ring)
    path = database.path
    assert path is not None
    return Spill(path.with_name(f"{path.name}-unsaved-tokens"), ring)


POOLER_UNTOLD = (
    "a pooler in transaction mode is before PostgreSQL: set "
    "CONNECTOR_DATABASE__TRANSACTION_POOLING=true, or go around it."
)


async def require_fitting_pooler(database: Database) -> None:
    """Raise SettingsInvalid where a pooler would lose what is prepared, and nobody said so."""
    settings = database.settings
    if database.is_sqlite or settings.transaction_pooling:
        return
    if await pooler_before(settings) == "transaction":
        raise SettingsInvalid(POOLER_UNTOLD)


def rate_budgets(
    settings: Settings, work: UnitOfWork, metrics: BudgetMetrics
) -> dict[str, RateBudget]:
    """Make a budget for each of Qonto's hosts, shared through PostgreSQL; none when it's off."""
    rates = settings.rate.rates()
    shared = not work.database.is_sqlite  # which one process has to itself
    return {
        target: RateBudget(
            "Qonto",
            rates,
            leases=Leases(work, f"{settings.rate.address}/{target}", rates) if shared else None,
            observe=partial(metrics.observe, target),
        )
        for target in ("qonto", "qonto-sandbox")
        if rates
    }


def assemble(
    settings: Settings,
    *,
    transport: httpx2.AsyncBaseTransport | None = None,
    sender: Sender | None = None,
    clock: Clock = system_clock,
) -> Container:
    """Build everything; call it with an event loop running.

    `transport` replaces the network towards providers, `sender` the one towards vendors. Raises
    SettingsInvalid when a needed key is missing.
    """
    public_url = settings.require_public_url()
    ring = settings.key_ring()
    database = open_database(settings)
    work = UnitOfWork(database)

    metrics_registry = CollectorRegistry()
    http_metrics = HttpMetrics(metrics_registry)
    upstream_metrics = UpstreamMetrics(metrics_registry)
    relay_metrics = RelayMetrics(metrics_registry)
    queue_metrics = QueueMetrics(metrics_registry)

    qonto_at = (
        *(settings.qonto.api_url, settings.qonto.oauth_url),
        *(settings.qonto.sandbox_api_url, settings.qonto.sandbox_oauth_url),
    )
    http = provider_http(transport, direct=all(is_here(url) for url in qonto_at))
    budgets = rate_budgets(settings, work, BudgetMetrics(metrics_registry))
    systems = [
        qonto(
            http,
            hosts=QontoHosts(settings.qonto.api_url, settings.qonto.oauth_url),
            identify_callback_url=f"{public_url}/events/callback/identify",
            budget=budgets.get("qonto"),
            observe=upstream_metrics.observe,
            clock=clock,
            let_through=settings.qonto.pass_through,
        ),
        qonto_sandbox(
            http,
            hosts=QontoHosts(settings.qonto.sandbox_api_url, settings.qonto.sandbox_oauth_url),
            identify_callback_url=f"{public_url}/events/callback/identify",
            budget=budgets.get("qonto-sandbox"),
            observe=upstream_metrics.observe,
            clock=clock,
            let_through=settings.qonto.pass_through,
        ),
    ]
    targets: dict[str, TargetSystem] = {system.target: system for system in systems}

    policy = settings.egress.policy()
    oauth_settings = OAuthSettings(
        public_url=public_url,
        allow_loopback_callbacks=settings.link.allow_loopback_callbacks,
        egress=policy,
        scopes=dict.fromkeys(targets, settings.link.scopes) if settings.link.scopes else {},
    )
    oauth_client = OAuthClient(http, timeout=oauth_settings.token_timeout_seconds)

    def refresh_ended(outcome: str) -> None:
        upstream_metrics.refreshes.labels(outcome).inc()

    unsaved = Unsaved(work, spill_of(settings, database, ring), refresh_ended)
    vault = TokenVault(
        work,
        ring,
        targets,
        oauth_client,
        oauth_settings,
        clock=clock,
        observe=refresh_ended,
        unsaved=unsaved,
    )
    registry = Registry(system.provider(vault) for system in systems)
    farewell = TokenVault(
        work,
        ring,
        targets,
        oauth_client,
        oauth_settings,
        clock=clock,
        unsaved=unsaved,
        serving=Status.DISABLED,
    )

    sender = sender or HttpSender(
        policy,
        SenderSettings(
            deadline=settings.delivery.deadline_seconds,
            connections=settings.delivery.at_once,
            proxy=settings.egress.proxy.get_secret_value() or None,
        ),
        clock,
    )
    # Leases of several processes on PostgreSQL are by its clock; a test's own clock stands.
    shared_clock = clock if clock is not system_clock else DatabaseClock(database)
    endpoints = Endpoints(
        work,
        ring,
        shared_clock,
        EndpointSettings(
            pause_after=timedelta(days=settings.delivery.pause_after_days),
            least_tries=settings.delivery.pause_after_tries,
        ),
        wake=lambda: dispatcher.wake(),
    )
    dispatcher = Dispatcher(
        work,
        ring,
        sender,
        shared_clock,
        relay_metrics,
        DispatchSettings(
            deadline=timedelta(seconds=settings.delivery.deadline_seconds + 2),
            at_once=settings.delivery.at_once,
            per_endpoint=settings.delivery.per_endpoint,
            retry_delays=settings.delivery.delays(),
        ),
        endpoints=endpoints,
    )

    def consent_ended(account_id: str) -> None:
        """Stop calling for the account in this process, and send the news now."""
        vault.forget(account_id)
        dispatcher.wake()

    async def missed(account_id: str) -> None:
        """See whether Qonto still posts to us."""
        await subscriptions.upstream.look_after(account_id)

    reconciler = Reconciler(
        work,
        registry,
        clock,
        relay_metrics,
        ReconcileSettings(settings.polling.polled(), settings.polling.announced()),
        lease=dispatcher.lease,
        hand_over=dispatcher.hand_over,
        missed=missed,
    )
    intake = Intake(
        work,
        ring,
        registry,
        shared_clock,
        relay_metrics,
        lease=dispatcher.lease,
        hand_over=dispatcher.hand_over,
        ended=consent_ended,
        hurried=reconciler.wake,
    )

    def lapse() -> float:
        """Answer the seconds after which nobody starts a try for what has ended.

        The process that does all the sending knows at once.
        """
        return 0.0 if database.is_sqlite and dispatcher.is_running else CHECK_HOLDS + 0.25

    subscriptions = Subscriptions(
        work,
        ring,
        registry,
        policy,
        clock,
        public_url=public_url,
        forget=intake.forget,
        ended=dispatcher.ended,
        hurried=reconciler.wake,
        lapse=lapse,
    )

    unlinker = Unlinker(
        work,
        clock,
        subscriptions.upstream,
        Registry(system.provider(farewell) for system in systems),
        farewell,
        forget=vault.forget,
        ended=dispatcher.ended,
    )

    async def linked(account_id: str) -> None:
        """Use the new access and send the notice now, rather than a few seconds later."""
        vault.forget(account_id)
        dispatcher.wake()

    links = Linking(work, ring, targets, oauth_settings, clock)
    returning = Returning(
        work,
        ring,
        targets,
        oauth_client,
        oauth_settings,
        clock,
        on_linked=(linked, subscriptions.upstream.watch, reconciler.hurry),
    )

    keep = timedelta(days=settings.retention.event_days)
    replays = Replays(work, shared_clock, dispatcher.wake, keep)
    retention = Retention(work, shared_clock, keep)

    key_uses = KeyUses(work, ring, clock)
    page_styles = PageStyles(work, clock)

    async def page_style(tenant: Tenant) -> PageStyle:
        """Dress the pages as the tenant wishes."""
        chosen = await page_styles.get(tenant)
        logo = chosen.logo_svg or chosen.logo_png
        return PageStyle(chosen.name or tenant.name, logo, chosen.colors)

    duties = (
        Duty("settle_subscriptions", 10, subscriptions.settle),
        Duty("watch_consents", 60, subscriptions.upstream.watch_all),
        Duty("settle_endpoints", 5, endpoints.settle),
        Duty("tend_polls", 60, reconciler.tend),
        Duty("check_subscriptions", 60, subscriptions.upstream.check),
        Duty("replay", 1, replays.advance),
        Duty("retention", 3600, retention.run),
        Duty("unlink", 10, unlinker.resume),
        Duty("keep_alive", 3600, vault.keep_alive),
        Duty("clean_up", 3600, links.clean_up),
    )

    return Container(
        settings=settings,
        clock=clock,
        ring=ring,
        database=database,
        work=work,
        metrics_registry=metrics_registry,
        http_metrics=http_metrics,
        queue_metrics=queue_metrics,
        provider_http=http,
        budgets=tuple(budgets.values()),
        registry=registry,
        tenants=Tenancy(work, ring, targets, oauth_settings, clock),
        tenant_keys=TenantKeys(work, ring, clock),
        account_keys=AccountKeys(work, ring, clock),
        page_styles=page_styles,
        key_uses=key_uses,
        callers=Callers(work, ring, clock, key_uses),
        links=links,
        returning=returning,
        key_links=KeyLinking(
            work, ring, targets, oauth_settings, clock, on_linked=(linked, reconciler.hurry)
        ),
        pages=LinkPages(work, ring, targets, oauth_settings, clock),
        page_style=page_style,
        vault=vault,
        reading=Reading(registry, zone=settings.zone()),
        sender=sender,
        dispatcher=dispatcher,
        endpoints=endpoints,
        intake=intake,
        reconciler=reconciler,
        subscriptions=subscriptions,
        standings=Standings(work, clock),
        rotation=Rotation(work, ring, shared_clock),
        log=Log(work),
        replays=replays,
        trial=Trial(work, shared_clock, dispatcher.wake),
        retention=retention,
        tenant_webhooks=TenantWebhooks(work, policy, clock, ended=dispatcher.ended, lapse=lapse),
        unlinker=unlinker,
        worker=Worker(dispatcher, reconciler, work, shared_clock, duties),
    )
