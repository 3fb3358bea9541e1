"""What revisions do to rows that were there before."""

from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import column, insert, table, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection

from oauth.audit import entry
from oauth.callers import Callers
from oauth.permissions import ALL
from storage import migrations
from storage.base import UtcDateTime
from storage.engine import Database
from storage.sealing import KeyRing
from storage.unit_of_work import UnitOfWork

pytestmark = pytest.mark.both_databases

FIRST = "516d5185aeb8"
BEFORE_CONNECTIONS = "c31e7a90b5d4"
MOMENT = datetime(2026, 11, 20, 10, tzinfo=UTC)
API_KEY = {"tenant_id": "ten_1", "name": "first", "hint": "sk_abcd", "created_at": MOMENT}


async def put(connection: AsyncConnection, name: str, /, **values: Any) -> None:
    """Insert a row by names alone: the tables' classes know the newest columns only."""
    columns = [
        column(key, UtcDateTime()) if isinstance(value, datetime) else column(key)
        for key, value in values.items()
    ]
    await connection.execute(insert(table(name, *columns)).values(**values))


async def fill(database: Database, ring: KeyRing) -> None:
    """A tenant with a key, and an account with one, as the first version wrote them."""
    api, account = ring.digest("sk_old"), ring.digest("acc_old")
    async with database.writing() as connection:
        await put(
            connection, "tenants", id="ten_1", name="Old", key_in_redirect=False, created_at=MOMENT
        )
        await put(
            connection, "api_keys", id="key_1", digest=api.value, hash_key_id="test", **API_KEY
        )
        await put(
            connection,
            "accounts",
            id="acct_1",
            tenant_id="ten_1",
            target="qonto",
            organization_id="org",
            status="ACTIVE",
            linked_at=MOMENT,
            updated_at=MOMENT,
        )
        await put(
            connection,
            "account_keys",
            id="akey_1",
            account_id="acct_1",
            hint="acc_abcd",
            digest=account.value,
            hash_key_id="test",
            created_at=MOMENT,
        )


async def test_keys_made_before_permissions_work_on_with_all_of_them(
    database: Database, work: UnitOfWork, ring: KeyRing
) -> None:
    await migrations.downgrade(database, FIRST)
    await fill(database, ring)
    await migrations.upgrade(database)
    callers = Callers(work, ring)
    caller = await callers.identify("sk_old")
    assert (caller.key_id, caller.permissions) == ("key_1", ALL)
    assert (await callers.select(caller.tenant, "acc_old")).id == "acct_1"
    async with work.reading() as tx:
        (key,) = await tx.accounts.all_keys_of("acct_1")
    assert (key.name, key.last_used_at, key.ends_at) == ("first", None, None)


async def test_the_version_before_can_add_keys_while_both_run(
    database: Database, work: UnitOfWork, ring: KeyRing
) -> None:
    await fill(database, ring)
    assert (await Callers(work, ring).identify("sk_old")).permissions == ALL


async def test_going_down_keeps_keys_and_revokes_those_it_would_make_stronger(
    database: Database, ring: KeyRing
) -> None:
    await fill(database, ring)
    async with database.writing() as connection:
        for name, changed in (
            ("limited", {"permissions": "read"}),
            ("ending", {"ends_at": MOMENT}),
        ):
            await put(
                connection, "api_keys", id=name, digest=name, hash_key_id="x", **API_KEY, **changed
            )
    await migrations.downgrade(database, FIRST)
    async with database.reading() as connection:
        rows = await connection.execute(text("SELECT id FROM api_keys WHERE revoked_at IS NULL"))
        assert [row[0] for row in rows] == ["key_1"]
    await migrations.upgrade(database)
    await migrations.check(database)


@pytest.mark.parametrize("change", ["UPDATE audit SET actor = 'nobody'", "DELETE FROM audit"])
async def test_the_database_itself_refuses_to_change_the_audit_trail(
    database: Database, work: UnitOfWork, change: str
) -> None:
    async with work.writing() as tx:
        await tx.audit.add(entry("tenant.created", by="operator", at=MOMENT))
    with pytest.raises(DBAPIError, match="append-only"):
        async with database.writing() as connection:
            await connection.execute(text(change))
    async with work.reading() as tx:
        assert len(await tx.audit.list()) == 1


async def test_tokens_and_subscriptions_of_before_belong_to_a_connection_and_still_open(
    database: Database, work: UnitOfWork, ring: KeyRing
) -> None:
    await migrations.downgrade(database, BEFORE_CONNECTIONS)
    await fill(database, ring)
    associated_data = "tokens.access_token:acct_1"
    async with database.writing() as connection:
        await put(
            connection,
            "tokens",
            account_id="acct_1",
            access_token=ring.seal("access", associated_data=associated_data),
            expires_at=MOMENT,
            scopes="webhook",
            version=7,
            updated_at=MOMENT,
            kind="OAUTH",
        )
        await put(
            connection,
            "upstream_subscriptions",
            id="ups_1",
            account_id="acct_1",
            purpose="RESOURCES",
            code="code-1",
            secret=b"sealed",
            types="v1/client-invoices",
            state="ACTIVE",
            created_at=MOMENT,
            updated_at=MOMENT,
        )
    await migrations.upgrade(database)
    async with work.reading() as tx:
        account = await tx.accounts.get("acct_1")
        tokens = await tx.tokens.of_account("acct_1")
        upstream = await tx.upstream_subscriptions.of_account("acct_1", "RESOURCES")
        callback = await tx.upstream_subscriptions.callback("code-1")
    assert account is not None
    assert account.connection_id is not None
    assert tokens is not None
    assert (
        tokens.version,
        ring.open_text(tokens.access_token, associated_data=tokens.access_associated_data),
    ) == (
        7,
        "access",
    )
    assert upstream is not None
    assert upstream.id == "ups_1"
    assert callback is not None
    assert [one.account_id for one in callback.watching] == ["acct_1"]
    await migrations.downgrade(database, BEFORE_CONNECTIONS)
    async with database.reading() as connection:
        rows = await connection.execute(text("SELECT account_id, version FROM tokens"))
        assert [tuple(row) for row in rows] == [("acct_1", 7)]
    await migrations.upgrade(database)
    await migrations.check(database)


async def test_an_account_that_was_unlinked_before_has_no_connection(
    database: Database, work: UnitOfWork, ring: KeyRing
) -> None:
    await migrations.downgrade(database, BEFORE_CONNECTIONS)
    await fill(database, ring)
    await migrations.upgrade(database)
    async with work.reading() as tx:
        account = await tx.accounts.get("acct_1")
    assert account is not None
    assert account.connection_id is None
