"""Connector and simulators on loopback, with an account linked for each target system.

What people try things out with, and run in their own CI. Every secret is made for the occasion.
"""

import os
import tempfile
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx2
from pydantic import SecretStr
from qonto_simulator import RefusedInProduction, Simulator, give_consent
from qonto_simulator import serving as serving_simulator

from connector.app import logs
from connector.app.container import Container, assemble
from connector.app.factory import create_app
from connector.app.landing import PATH, Landing
from connector.app.one_company import OwnAccount
from connector.app.opening import open_database
from connector.app.own_account import TARGET, OwnCompany
from connector.app.processes import roles
from connector.app.serving import address_of, bind, serving, shutdown_signal
from connector.app.settings import (
    BackOfficeGroup,
    DatabaseGroup,
    DeliveryGroup,
    EgressGroup,
    LinkGroup,
    LogGroup,
    PollingGroup,
    QontoGroup,
    SealingGroup,
    Settings,
    SettingsInvalid,
    SyncGroup,
)
from oauth.payment_policies import PolicyChange
from storage import migrations
from storage.sealing import MasterKey

TARGETS = ("qonto", "qonto-sandbox")
CALLBACK = "http://127.0.0.1/linked"
"""Where links end when nobody says otherwise; nothing listens there, and nothing needs to."""


@dataclass(frozen=True)
class Sandbox:
    """What runs, and how to use it. The keys are secrets of this run alone."""

    api: str
    simulators: Mapping[str, Simulator]
    """By target system."""
    container: Container
    api_key: str = field(repr=False)

    async def link(self, target: str, *, callback_url: str = CALLBACK) -> str:
        """Link the test user's organisation through the real flow; return the account key."""
        async with self.client() as vendor:
            url = (
                await ok(vendor.get(f"/auth/{target}", params={"callbackUrl": callback_url}))
            ).text
            landed = await walk(url)
            code = httpx2.URL(landed).params["code"]
            answer = await ok(vendor.post("/auth/exchange", json={"code": code}))
            return str(answer.json()["data"]["accountKey"])

    def client(self, account_key: str | None = None) -> httpx2.AsyncClient:
        """Open the vendor's HTTP client, with its key and, if given, an account's."""
        headers = {"X-API-KEY": self.api_key}
        if account_key is not None:
            headers["X-ACCOUNT-KEY"] = account_key
        return httpx2.AsyncClient(base_url=self.api, headers=headers, timeout=30, trust_env=False)


async def walk(authorization_url: str, *, allow: bool = True) -> str:
    """Consent (or refuse) as the test user; return the vendor's address the browser is sent to."""
    async with httpx2.AsyncClient(timeout=30, trust_env=False) as browser:
        back = await give_consent(browser, authorization_url, allow=allow)
        response = await browser.get(back)
        if not response.has_redirect_location:
            raise RuntimeError(f"the link ended with {response.status_code}: {response.text}")
        return str(response.headers["Location"])


async def ok(request: Any) -> httpx2.Response:
    """Await a request and answer its response. Raises RuntimeError with the error's words."""
    response: httpx2.Response = await request
    if not response.is_success:
        raise RuntimeError(
            f"{response.request.url.path} answered {response.status_code}: {response.text}"
        )
    return response


@asynccontextmanager
async def sandbox(
    *,
    port: int = 0,
    simulator_port: int = 0,
    database: str | None = None,
    log: LogGroup | None = None,
    delivery: DeliveryGroup | None = None,
    polling: PollingGroup | None = None,
    sync: SyncGroup | None = None,
    scopes: str = "full",
    back_office: BackOfficeGroup | None = None,
) -> AsyncGenerator[Sandbox]:
    """Bring everything up while the block runs; a tenant exists, no account is linked yet.

    Port 0 is any free one; without a database a temporary file is used. Links ask for all that can
    be read unless `scopes` says otherwise. With `back_office` the first organisation has one, as in
    an installation for it alone. Raises OSError when a port is taken.
    """
    async with AsyncExitStack() as stack:
        if database is None:
            folder = Path(
                stack.enter_context(tempfile.TemporaryDirectory(prefix="qonto-connector-"))
            )
            database = f"sqlite:///{folder / 'sandbox.db'}"
        simulators = {target: _simulated(target) for target in TARGETS}
        bound = bind("127.0.0.1", port)
        stack.callback(bound.close)
        api = address_of(bound)
        addresses: dict[str, str] = {}
        for target, simulator in simulators.items():
            simulator.register_redirect_uri(f"{api}/auth/callback/{target}")
            at = simulator_port if target == "qonto-sandbox" else 0
            addresses[target] = await stack.enter_async_context(serving_simulator(simulator, at))
        settings = Settings(
            environment="development",
            public_url=api,
            database=DatabaseGroup(url=SecretStr(database)),
            sealing=SealingGroup(keys=SecretStr(_sealing_key())),
            link=LinkGroup(allow_loopback_callbacks=True, scopes=scopes),
            egress=EgressGroup(allowed_networks="127.0.0.0/8", allow_http=True),
            qonto=QontoGroup(
                api_url=addresses["qonto"],
                oauth_url=addresses["qonto"],
                sandbox_api_url=addresses["qonto-sandbox"],
                sandbox_oauth_url=addresses["qonto-sandbox"],
            ),
            delivery=delivery or DeliveryGroup(),
            polling=polling or PollingGroup(),
            sync=sync or SyncGroup(),
            back_office=back_office or BackOfficeGroup(),
            log=log or LogGroup(level="warning", format="text", access=False),
        )
        logs.configure(settings.log)
        await _migrate(settings)
        container = assemble(settings)
        stack.push_async_callback(container.close)
        stack.enter_context(roles(container.storage.database, "server", "worker"))
        api_key = await _tenant(container, simulators)
        company = None
        if back_office is not None:
            simulator = simulators[TARGET]
            company = OwnCompany(container, OwnAccount(simulator.login, simulator.secret))
            await company.start()
        await stack.enter_async_context(serving(create_app(container, company=company), bound))
        yield Sandbox(api, simulators, container, api_key)


async def run_sandbox(
    *,
    port: int,
    simulator_port: int,
    database: str | None,
    copy_to: str | None = None,
    documents_to: str | None = None,
    announce: Callable[[dict[str, Any]], None],
) -> None:
    """Serve a sandbox with linked accounts until SIGTERM or Ctrl-C."""
    copies = SyncGroup(to=SecretStr(copy_to or ""), documents=SecretStr(documents_to or ""))
    with shutdown_signal() as shutdown:
        async with (
            sandbox(
                port=port,
                simulator_port=simulator_port,
                database=database,
                sync=copies,
                scopes="payments",
                back_office=BackOfficeGroup(open_on_loopback=True, create_credit_notes=True),
            ) as running,
            _landing(running) as linked,
        ):
            await _let_pay(running.container)
            account_keys = {target: await running.link(target) for target in TARGETS}
            addresses = {target: one.base_url for target, one in running.simulators.items()}
            announce(
                {
                    "api": running.api,
                    "simulator": addresses["qonto-sandbox"],
                    "simulators": addresses,
                    "apiKey": running.api_key,
                    "accountKey": account_keys["qonto-sandbox"],
                    "accountKeys": account_keys,
                    "linked": linked,
                    "openapi": f"{running.api}/openapi.json",
                    "docs": f"{running.api}/docs",
                    "backOffice": f"{running.api}/api/qonto",
                }
            )
            await shutdown.wait()


async def _let_pay(container: Container) -> None:
    """Let the vendors pay: no money moves here."""
    for tenant in await container.oauth.tenants.all():
        await container.oauth.payment_policies.change(tenant.id, PolicyChange(enabled=True))


@asynccontextmanager
async def _landing(running: Sandbox) -> AsyncGenerator[str]:
    """Serve the page that links end at unless they name another; return its address."""
    page = Landing(running.api, running.api_key)
    async with serving(page.app, bind("127.0.0.1", 0)) as vendor:
        async with running.client() as client:
            body = {"callbackUrl": f"{vendor}{PATH}"}
            await ok(client.post("/tenants/add-callback-urls", json=body))
        yield f"{vendor}{PATH}"


def _simulated(target: str) -> Simulator:
    """Make a simulator. Raises SettingsInvalid where the environment says production."""
    try:
        return Simulator(seed=1, sandbox=target != "qonto")
    except RefusedInProduction as error:
        raise SettingsInvalid(str(error)) from None


def _sealing_key() -> str:
    """A key from the environment lets a sandbox with a lasting database be started again."""
    return os.environ.get("CONNECTOR_SEALING__KEYS") or MasterKey.generate("sandbox").reveal()


async def _migrate(settings: Settings) -> None:
    opened = open_database(settings)
    try:
        await migrations.upgrade(opened)
    finally:
        await opened.close()


async def _tenant(container: Container, simulators: Mapping[str, Simulator]) -> str:
    """Make the vendor whose customers are linked here; return its API key."""
    made = await container.oauth.tenants.create("Sandbox")
    await container.oauth.tenants.add_callback_urls(made.tenant, CALLBACK)
    for target, simulator in simulators.items():
        await container.oauth.tenants.register_system(
            made.tenant,
            target,
            simulator.client_id,
            simulator.client_secret,
            {"stagingToken": simulator.staging_token} if target == "qonto-sandbox" else {},
        )
    return made.api_key
