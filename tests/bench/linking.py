"""Linked accounts for reading, stored without walking through consent."""

import uuid
from datetime import timedelta

from connector.transport.client import ProviderHttp
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
from storage.unit_of_work import UnitOfWork
from tests.support.accounts import add_account
from tests.support.linked import system_at

SCOPES = frozenset({"offline_access", "client_invoices.read", "organization.read"})

Headers = dict[str, str]


async def link(
    url: str,
    ring: KeyRing,
    count: int,
    *,
    access: str = "access",
    scopes: frozenset[str] = SCOPES,
) -> list[Headers]:
    """Store accounts as linking would have; return what a caller sends for each."""
    database = Database(StorageSettings(url=url))
    work = UnitOfWork(database)
    async with ProviderHttp() as http:
        systems = {"qonto": system_at(http, "http://127.0.0.1")}
        tenants = Tenancy(work, ring, systems, OAuthSettings())
        made = await tenants.create("Bench")
        await tenants.register_system(made.tenant, "qonto", "client", "secret", {})
    at = system_clock()
    accounts = [
        Account(
            id=new_id("acct", at),
            tenant_id=made.tenant.id,
            target="qonto",
            organization_id=str(uuid.uuid4()),
            organization_name=None,
            membership_id=None,
            status="ACTIVE",
            reference=None,
            linked_at=at,
            updated_at=at,
        )
        for _ in range(count)
    ]
    async with work.writing() as tx:
        for account in accounts:
            await add_account(tx, account)
            tokens = TokenSet(access, "refresh", at + timedelta(hours=1), scopes)
            await tx.tokens.put(seal_tokens(ring, account.id, tokens, at))
    keys = AccountKeys(work, ring)
    issued = [await keys.create(account.id) for account in accounts]
    await database.close()
    return [{"X-API-KEY": made.api_key, "X-ACCOUNT-KEY": one.secret} for one in issued]
