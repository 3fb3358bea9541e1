"""Two vendors with customers, as linking and the first subscription would have left them."""

import secrets
import uuid
from dataclasses import dataclass, field
from datetime import timedelta

import httpx2
from sqlalchemy import insert

from connector.providers.qonto.provider import qonto
from oauth.account_keys import AccountKeys
from oauth.sealed_tokens import seal_tokens
from oauth.settings import OAuthSettings
from oauth.tenants import Tenancy
from oauth.tokens import TokenSet
from storage.clock import system_clock
from storage.engine import Database, StorageSettings
from storage.ids import new_id
from storage.repositories.accounts import Account
from storage.sealing import KeyRing
from storage.tables import UpstreamSubscriptionRow
from storage.unit_of_work import DatabaseTransaction, UnitOfWork
from storage.values import table_of
from tests.chaos.processes import KEY
from tests.support.accounts import add_account

TYPES = {"RESOURCES": "v1/client-invoices", "CONSENT": "v1/consent-revocations"}


@dataclass(frozen=True, slots=True)
class Customer:
    """One linked account: how its vendor calls for it, and where and how Qonto posts for it."""

    account_id: str
    api_key: str = field(repr=False)
    account_key: str = field(repr=False)
    code: str
    upstream_secret: str = field(repr=False)

    @property
    def headers(self) -> dict[str, str]:
        return {"X-API-KEY": self.api_key, "X-ACCOUNT-KEY": self.account_key}


async def populate(database_url: str, count: int = 3) -> list[Customer]:
    """Store customers, in turn of one vendor and of another."""
    ring = KeyRing([KEY])
    database = Database(StorageSettings(url=database_url))
    work = UnitOfWork(database)
    async with httpx2.AsyncClient() as http:
        tenancy = Tenancy(work, ring, {"qonto": qonto(http)}, OAuthSettings())
        vendors = [await tenancy.create(name) for name in ("First", "Second")]
        for vendor in vendors:
            await tenancy.register_system(vendor.tenant, "qonto", "client", "secret", {})
    customers: list[Customer] = []
    for number in range(count):
        vendor = vendors[number % 2]
        async with work.writing() as tx:
            account_id = await _link(tx, ring, vendor.tenant.id)
            code, secret = await _subscribe_upstream(tx, ring, account_id)
        key = (await AccountKeys(work, ring).create(account_id)).secret
        customers.append(Customer(account_id, vendor.api_key, key, code, secret))
    await database.close()
    return customers


async def _link(tx: DatabaseTransaction, ring: KeyRing, tenant_id: str) -> str:
    at = system_clock() - timedelta(minutes=1)
    account_id = new_id("acct", at)
    await add_account(
        tx,
        Account(
            id=account_id,
            tenant_id=tenant_id,
            target="qonto",
            organization_id=str(uuid.uuid4()),
            organization_name=None,
            membership_id=None,
            status="ACTIVE",
            reference=None,
            linked_at=at,
            updated_at=at,
        ),
    )
    scopes = frozenset(("offline_access", "webhook", "client_invoices.read"))
    tokens = TokenSet("access", "refresh", at + timedelta(days=2), scopes)
    await tx.tokens.put(seal_tokens(ring, account_id, tokens, at))
    return account_id


async def _subscribe_upstream(
    tx: DatabaseTransaction, ring: KeyRing, account_id: str
) -> tuple[str, str]:
    """Return the code and the secret with which events of the account's resources are posted."""
    at = system_clock() - timedelta(minutes=1)
    code, secret = "", ""
    for purpose, types in TYPES.items():
        upstream_id, code_, secret_ = new_id("ups", at), secrets.token_hex(8), secrets.token_hex(32)
        if purpose == "RESOURCES":
            code, secret = code_, secret_
        await tx.connection.execute(
            insert(table_of(UpstreamSubscriptionRow)).values(
                id=upstream_id,
                connection_id=account_id,
                purpose=purpose,
                code=code_,
                secret=ring.seal(
                    secret_, associated_data=f"upstream_subscriptions.secret:{upstream_id}"
                ),
                types=types,
                state="ACTIVE",
                upstream_id=str(uuid.uuid4()),
                created_at=at,
                updated_at=at,
            )
        )
    return code, secret
