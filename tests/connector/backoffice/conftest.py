"""The back office in this process, with callers from wherever a test says."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from typing import Any

import httpx2
import pytest_asyncio
from qonto_simulator import Simulator
from starlette.applications import Starlette
from starlette.types import Receive, Scope, Send

from connector.app.container import Container
from connector.app.factory import create_app
from connector.app.one_company import OwnAccount
from connector.app.own_account import TENANT_ID, OwnCompany
from connector.app.settings import BackOfficeGroup
from tests.support.described import in_process

OWN_MACHINE = "127.0.0.1"


@dataclass(frozen=True)
class Office:
    """An installation for one company, and a key of it."""

    container: Container
    simulator: Simulator
    company: OwnCompany
    key: str

    def client(self, peer: str | None = OWN_MACHINE, *, opened: bool = True) -> httpx2.AsyncClient:
        """Open a client at that address."""
        app = self.app(opened=opened)

        async def called(scope: Scope, receive: Receive, send: Send) -> None:
            await app({**scope, "client": peer and (peer, 40000)}, receive, send)

        return httpx2.AsyncClient(
            transport=httpx2.ASGITransport(called), base_url="http://localhost"
        )

    def app(self, *, opened: bool = True) -> Starlette:
        """Return the service; `opened` is what its settings say of loopback."""
        changed = self.container.settings.model_copy(
            update={"back_office": BackOfficeGroup(open_on_loopback=opened)}
        )
        container = replace(self.container, settings=changed)
        return create_app(container, worker=False, company=self.company)

    @property
    def with_key(self) -> dict[str, str]:
        return {"X-API-KEY": self.key}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def office(tmp_path_factory: Any) -> AsyncIterator[Office]:
    folder = tmp_path_factory.mktemp("office")
    async with in_process(folder) as up:
        # its clock stands still: no second of the documented rates would ever be over
        up.simulator.control.set_quirks(rate_limits=False, pdf_delay=0, file_delay=0)
        own = OwnAccount(up.simulator.login, up.simulator.secret)
        company = OwnCompany(up.container, own)
        await company.start()
        key = (await make_key(up.container)).secret
        yield Office(up.container, up.simulator, company, key)


async def make_key(container: Container, *permissions: Any) -> Any:
    """Make an API key of the company's tenant, with every permission unless some are named."""
    async with container.storage.work.reading() as tx:
        tenant = await tx.tenants.get(TENANT_ID)
    assert tenant is not None
    return await container.oauth.tenant_keys.create(tenant, "books", *permissions)
