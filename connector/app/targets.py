"""The target systems and the way to them, from settings: one connection pool, a budget each."""

from dataclasses import dataclass
from functools import partial

import httpx2

from connector.app.metrics import BudgetMetrics, UpstreamMetrics
from connector.app.settings import Settings
from connector.budget import Leases, RateBudget
from connector.http import provider_http
from connector.providers.qonto.provider import QontoHosts, QontoSystem, qonto, qonto_sandbox
from connector.proxies import is_here
from storage.assembly import Storage
from storage.unit_of_work import UnitOfWork

NAMES = ("qonto", "qonto-sandbox")


@dataclass(frozen=True, slots=True)
class Outward:
    """What calls to target systems go through."""

    http: httpx2.AsyncClient
    budgets: tuple[RateBudget, ...]
    systems: tuple[QontoSystem, ...]

    async def close(self) -> None:
        """Let go of every connection."""
        for budget in self.budgets:
            await budget.close()
        await self.http.aclose()


def assemble(
    settings: Settings,
    storage: Storage,
    upstream: UpstreamMetrics,
    budget: BudgetMetrics,
    transport: httpx2.AsyncBaseTransport | None = None,
) -> Outward:
    """Put together `qonto` and `qonto-sandbox`. `transport` replaces the network."""
    at = settings.qonto
    hosts = {
        "qonto": QontoHosts(at.api_url, at.oauth_url),
        "qonto-sandbox": QontoHosts(at.sandbox_api_url, at.sandbox_oauth_url),
    }
    here = all(is_here(url) for host in hosts.values() for url in (host.api, host.oauth))
    http = provider_http(transport, direct=here)
    budgets = rate_budgets(settings, storage.work, budget)
    systems = tuple(
        make(
            http,
            hosts=hosts[target],
            identify_callback_url=f"{settings.require_public_url()}/events/callback/identify",
            budget=budgets.get(target),
            observe=upstream.observe,
            clock=storage.clock,
            pass_through_mode=at.pass_through,
        )
        for target, make in zip(NAMES, (qonto, qonto_sandbox), strict=True)
    )
    return Outward(http, tuple(budgets.values()), systems)


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
        for target in NAMES
        if rates
    }
