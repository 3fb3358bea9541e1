"""Accounts linked with a simulator, put into the database without walking through its pages."""

from datetime import datetime

from qonto_simulator import Simulator
from qonto_simulator.oauth.grants import Family

from connector.providers.qonto.provider import QontoHosts, QontoSystem, qonto
from connector.transport.client import ProviderHttp
from oauth.client import OAuthClient
from oauth.sealed_tokens import seal_tokens
from oauth.settings import OAuthSettings
from oauth.tenants import Tenancy
from oauth.tokens import TokenSet
from oauth.unsaved import Unsaved
from oauth.vault import TokenVault
from storage.clock import system_clock
from storage.ids import new_id
from storage.repositories.accounts import Account
from storage.sealing import KeyRing
from storage.unit_of_work import UnitOfWork
from tests.support.accounts import add_account

SCOPES = ("offline_access", "webhook", "client_invoices.read", "organization.read")


def system_at(http: ProviderHttp, address: str) -> QontoSystem:
    """The target system `qonto`, at a simulator's address."""
    return qonto(http, hosts=QontoHosts(address, address))


def vault_at(
    work: UnitOfWork,
    ring: KeyRing,
    http: ProviderHttp,
    address: str,
    *,
    client: OAuthClient | None = None,
    unsaved: Unsaved | None = None,
) -> TokenVault:
    """A process' vault as it ships, against a simulator."""
    settings = OAuthSettings()
    client = client or OAuthClient(http, settings.token_timeout_seconds)
    targets = {"qonto": system_at(http, address)}
    return TokenVault(work, ring, targets, client, settings, unsaved=unsaved)


async def link_accounts(
    work: UnitOfWork, ring: KeyRing, simulator: Simulator, count: int, *, expires_at: datetime
) -> list[tuple[Account, Family]]:
    """Store accounts, each with a consent of its own, whose access ends at a moment."""
    async with ProviderHttp() as http:
        target = system_at(http, simulator.base_url)
        tenants = Tenancy(work, ring, {"qonto": target}, OAuthSettings())
        made = await tenants.create("Vendor")
        await tenants.register_system(
            made.tenant, "qonto", simulator.client_id, simulator.client_secret, {}
        )
    organisation = simulator.world.first.organisation
    at = system_clock()
    linked: list[tuple[Account, Family]] = []
    async with work.writing() as tx:
        for number in range(count):
            family = Family(
                id=f"family-{made.tenant.id}-{number}",
                client_id=simulator.client_id,
                organisation_id=organisation.id,
                membership_id=organisation.owner.id,
                scopes=SCOPES,
            )
            issued = simulator.grants.issue(family, simulator.world.now())
            account = Account(
                id=new_id("acct", at),
                tenant_id=made.tenant.id,
                target="qonto",
                organization_id=f"org-{number}",
                organization_name=None,
                membership_id=None,
                status="ACTIVE",
                reference=None,
                linked_at=at,
                updated_at=at,
            )
            tokens = TokenSet(
                issued.access_token, issued.refresh_token, expires_at, frozenset(SCOPES)
            )
            await add_account(tx, account)
            await tx.tokens.put(seal_tokens(ring, account.id, tokens, at))
            linked.append((account, family))
    return linked
