"""The identity floor on a real database, with a provider that never leaves the process."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from urllib.parse import parse_qsl, urlencode, urlsplit

import httpx2
import pytest

from oauth.account_keys import AccountKeys
from oauth.callers import Callers
from oauth.client import OAuthClient
from oauth.grants import read_consent
from oauth.hosted import LinkPages
from oauth.key_links import KeyLinking
from oauth.key_uses import KeyUses
from oauth.link import Linking
from oauth.requests import LinkRequest
from oauth.returning import Redirect, Returning
from oauth.settings import OAuthSettings
from oauth.tenant_keys import TenantKeys
from oauth.tenants import Tenancy
from oauth.vault import TokenVault
from storage.repositories.accounts import Account
from storage.repositories.tenants import Tenant
from storage.sealing import KeyRing
from storage.unit_of_work import UnitOfWork
from tests.oauth.provider import FakeClock, FakeTarget, Provider

CALLBACK = "https://app.example/qonto/done"
CANCEL = "https://app.example/qonto/canceled"


@dataclass
class Floor:
    """Every use case of the floor, and what it runs on."""

    work: UnitOfWork
    ring: KeyRing
    clock: FakeClock
    provider: Provider
    targets: dict[str, FakeTarget]
    client: OAuthClient
    settings: OAuthSettings
    tenants: Tenancy
    tenant_keys: TenantKeys
    account_keys: AccountKeys
    uses: KeyUses
    callers: Callers
    links: Linking
    returning: Returning
    key_links: KeyLinking
    pages: LinkPages
    vault: TokenVault
    told: list[str]
    refreshes: list[str]

    def another_vault(self) -> TokenVault:
        """A second process' vault, on the same database."""
        return TokenVault(
            self.work,
            self.ring,
            self.targets,
            self.client,
            self.settings,
            clock=self.clock,
            jitter=lambda: 0.0,
        )

    async def tenant(
        self, name: str = "Vendor", *, signs: bool = False, **options: bool
    ) -> tuple[Tenant, str]:
        """A tenant with a registered system and callbacks, and its API key."""
        made = await self.tenants.create(name, **options)
        await self.tenants.register_system(
            made.tenant, "acme", f"client-of-{name}", "app-secret-canary", {}
        )
        await self.tenants.register_system(
            made.tenant,
            "acme-sandbox",
            f"sandbox-client-of-{name}",
            "app-secret-canary",
            {"stagingToken": "staging-canary"},
        )
        await self.tenants.add_callback_urls(made.tenant, CALLBACK, CANCEL)
        if signs:
            await self.tenants.create_signing_secret(made.tenant)
        return await self.tenants.get(made.tenant.id), made.api_key

    async def link(
        self,
        tenant: Tenant,
        wish: LinkRequest | None = None,
        *,
        target: str = "acme",
        account: Account | None = None,
    ) -> Redirect:
        """Walk the whole flow, the customer saying yes."""
        wish = wish or LinkRequest(callback_url=CALLBACK)
        started = await self.links.start(tenant, target, wish, account)
        back = self.provider.consent(started.url)
        return await self.returning.finish(target, read_consent(urlencode(back)))

    async def account(self, tenant: Tenant) -> Account:
        """A linked account of this tenant."""
        redirect = await self.link(tenant)
        exchanged = await self.links.exchange(tenant, query_of(redirect.url)["code"])
        return await self.callers.select(tenant, exchanged.account_key)

    async def status_of(self, account_id: str) -> str:
        async with self.work.reading() as tx:
            account = await tx.accounts.get(account_id)
        assert account is not None
        return account.status


def query_of(url: str) -> dict[str, str]:
    return dict(parse_qsl(urlsplit(url).query, keep_blank_values=True))


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def provider(clock: FakeClock) -> Provider:
    return Provider(clock)


@pytest.fixture
async def http(provider: Provider) -> AsyncIterator[httpx2.AsyncClient]:
    async with provider.client() as client:
        yield client


@asynccontextmanager
async def make_floor(
    work: UnitOfWork, ring: KeyRing, clock: FakeClock, provider: Provider, http: httpx2.AsyncClient
) -> AsyncIterator[Floor]:
    """Put the floor together."""
    settings = OAuthSettings(public_url="https://connect.example/api")
    targets = {
        "acme": FakeTarget("acme", provider),
        "acme-sandbox": FakeTarget("acme-sandbox", provider, ("stagingToken",)),
    }
    client = OAuthClient(http, settings.token_timeout_seconds)
    told: list[str] = []
    refreshes: list[str] = []

    async def tell(account_id: str) -> None:
        told.append(account_id)

    uses = KeyUses(work, ring, clock)
    made = Floor(
        work=work,
        ring=ring,
        clock=clock,
        provider=provider,
        targets=targets,
        client=client,
        settings=settings,
        tenants=Tenancy(work, ring, targets, settings, clock),
        tenant_keys=TenantKeys(work, ring, clock),
        account_keys=AccountKeys(work, ring, clock),
        uses=uses,
        callers=Callers(work, ring, clock, uses),
        links=Linking(work, ring, targets, settings, clock),
        returning=Returning(work, ring, targets, client, settings, clock, (tell,)),
        key_links=KeyLinking(work, ring, targets, settings, clock, (tell,)),
        pages=LinkPages(work, ring, targets, settings, clock),
        vault=TokenVault(
            work,
            ring,
            targets,
            client,
            settings,
            clock=clock,
            observe=refreshes.append,
            jitter=lambda: 0.0,
        ),
        told=told,
        refreshes=refreshes,
    )
    yield made
    await made.uses.close()
    await made.vault.close()


@pytest.fixture
async def floor(
    work: UnitOfWork, ring: KeyRing, clock: FakeClock, provider: Provider, http: httpx2.AsyncClient
) -> AsyncIterator[Floor]:
    async with make_floor(work, ring, clock, provider, http) as made:
        yield made
