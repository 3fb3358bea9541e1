"""The shipped app and a simulated Qonto in one process, without a socket."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx2
from pydantic import SecretStr
from qonto_simulator import Simulator, give_consent
from starlette.applications import Starlette

from connector.app.container import Container, assemble
from connector.app.factory import create_app
from connector.app.opening import open_database
from connector.app.settings import (
    DatabaseGroup,
    LinkGroup,
    LogGroup,
    McpGroup,
    QontoGroup,
    RateGroup,
    SealingGroup,
    ServerGroup,
    Settings,
    SyncGroup,
)
from oauth.payment_policies import PolicyChange
from storage import migrations
from storage.sealing import MasterKey
from webhooks.pauses import Pauses
from webhooks.schedule import Answered
from webhooks.sender import OutgoingRequest

API = "https://connect.example.com"
QONTO = "https://qonto.example.com"
CALLBACK = "https://app.example.com/qonto"
NOW = datetime(2026, 11, 20, 9, 30, tzinfo=UTC)
TARGET = "qonto"


@dataclass
class Moments:
    """A clock that moves when told to, so that every run sees the same times."""

    now: datetime = NOW

    def __call__(self) -> datetime:
        return self.now

    def tick(self) -> None:
        self.now += timedelta(seconds=1)


@dataclass
class Receivers:
    """A Sender for vendors that take everything."""

    bodies: list[bytes] = field(default_factory=list)

    async def send(self, request: OutgoingRequest) -> Answered:
        self.bodies.append(request.body)
        return Answered(200)


@dataclass(frozen=True)
class InProcess:
    """The app as it ships, a vendor of it, and the simulator behind it."""

    app: Starlette
    container: Container
    simulator: Simulator
    clock: Moments
    receivers: Receivers
    tenant_id: str
    api_key: str = field(repr=False)

    def client(self, account_key: str | None = None) -> httpx2.AsyncClient:
        """Open the vendor's client, with an account's key if given."""
        headers = {"X-API-KEY": self.api_key}
        if account_key is not None:
            headers["X-ACCOUNT-KEY"] = account_key
        transport = httpx2.ASGITransport(self.app)
        return httpx2.AsyncClient(transport=transport, base_url=API, headers=headers)

    async def register(self) -> None:
        """Register the vendor's app at the simulated Qonto, and where its links end."""
        async with self.client() as vendor:
            for path, body in registration(self.simulator):
                assert (await vendor.post(path, json=body)).status_code == 201

    async def code(self, url: str) -> str:
        """Consent at the address that a link begins with; return the one-time code."""
        async with httpx2.AsyncClient(
            mounts={
                API: httpx2.ASGITransport(self.app),
                QONTO: httpx2.ASGITransport(self.simulator.app),
            }
        ) as browser:
            back = await give_consent(browser, url)
            landed = await browser.get(back)
        return httpx2.URL(landed.headers["Location"]).params["code"]

    async def link(self) -> str:
        """Link the test user's first organisation; return the account key."""
        async with self.client() as vendor:
            url = (await vendor.get(f"/auth/{TARGET}")).text
            answer = await vendor.post("/auth/exchange", json={"code": await self.code(url)})
            return str(answer.json()["data"]["accountKey"])


def registration(simulator: Simulator) -> list[tuple[str, dict[str, Any]]]:
    """List the calls that a vendor begins with."""
    credentials = {"clientId": simulator.client_id, "clientSecret": simulator.client_secret}
    return [
        ("/tenants/register-system", {"targetSystem": TARGET, **credentials}),
        ("/tenants/add-callback-urls", {"callbackUrl": CALLBACK}),
    ]


async def _at_once(_seconds: float) -> None:
    """Wait for nobody: there is no other process."""


@asynccontextmanager
async def in_process(
    folder: Path,
    url: str | None = None,
    *,
    mcp: McpGroup | None = None,
) -> AsyncGenerator[InProcess]:
    """Assemble app and simulator while the block runs; a vendor exists, nothing is linked yet.

    The database is a new SQLite file in the folder, or the one that `url` names. Nobody limits
    rates: the clock stands still, so that a limit, once reached, would never end.
    """
    url = url or f"sqlite:///{folder / 'described.db'}"
    clock = Moments()
    simulator = Simulator(seed=1, clock=clock, base_url=QONTO)
    simulator.control.set_quirks(rate_limits=False)
    simulator.register_redirect_uri(f"{API}/auth/callback/{TARGET}")
    settings = Settings(
        environment="development",
        public_url=API,
        database=DatabaseGroup(url=SecretStr(url)),
        sealing=SealingGroup(keys=SecretStr(MasterKey.generate("test").reveal())),
        link=LinkGroup(scopes="payments"),
        server=ServerGroup(bad_keys_per_minute=0),
        rate=RateGroup(ten_seconds=0, ten_minutes=0),
        mcp=mcp or McpGroup(),
        log=LogGroup(access=False),
        qonto=QontoGroup(
            api_url=QONTO, oauth_url=QONTO, sandbox_api_url=QONTO, sandbox_oauth_url=QONTO
        ),
        sync=SyncGroup(to=SecretStr("jsonl:copies")),
    )
    opened = open_database(settings)
    await migrations.upgrade(opened)
    await opened.close()
    receivers = Receivers()
    container = assemble(
        settings,
        transport=httpx2.ASGITransport(simulator.app),
        sender=receivers,
        clock=clock,
    )
    unlinker = replace(container.unlinker, pause=_at_once)
    configurations = replace(container.dispatch.configurations, unlink=unlinker.unlink)
    dispatch = replace(container.dispatch, configurations=configurations)
    container = replace(container, unlinker=unlinker, dispatch=dispatch)
    try:
        made = await container.oauth.tenants.create("Acme Books")
        await container.oauth.payment_policies.change(made.tenant.id, PolicyChange(enabled=True))
        app = create_app(container, worker=False, pauses=Pauses(seconds=0))
        yield InProcess(app, container, simulator, clock, receivers, made.tenant.id, made.api_key)
    finally:
        await container.close()
