"""Behind PgBouncer in transaction mode, where each transaction may have another connection."""

import asyncio
import os
import shutil
import subprocess
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from pydantic import SecretStr
from sqlalchemy.engine import URL

from connector.app.doctor import examine
from connector.app.opening import require_fitting_pooler
from connector.app.settings import DatabaseGroup, Settings, SettingsInvalid
from storage import migrations
from storage.clock import system_clock
from storage.engine import Database, StorageSettings
from storage.repositories.tenants import Tenant
from storage.unit_of_work import UnitOfWork
from tests.support import databases

BOUNCER = shutil.which("pgbouncer") or shutil.which("pgbouncer", path="/usr/sbin")
AT_ONCE = 24

pytestmark = [
    pytest.mark.loopback,
    pytest.mark.skipif(BOUNCER is None, reason="pgbouncer is not installed"),
]


@pytest.fixture(params=["transaction", "session"])
def mode(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture
async def bounced(postgres_server: str, mode: str) -> AsyncIterator[str]:
    """Return the URL of an empty database through a PgBouncer with few connections."""
    url = await databases.new_postgres(postgres_server, None)
    behind = databases.async_url(url)
    with tempfile.TemporaryDirectory(prefix="bouncer-") as folder, bouncing(behind, mode, folder):
        async with asyncio.timeout(30):
            while not Path(folder, ".s.PGSQL.6432").exists():  # noqa: ASYNC110, ASYNC240
                await asyncio.sleep(0.05)
        yield f"postgresql://{behind.username}@/{behind.database}?host={folder}&port=6432"
    await databases.drop_postgres(postgres_server, url)


@contextmanager
def bouncing(behind: URL, mode: str, folder: str) -> Iterator[None]:
    """Run a PgBouncer before this database, as whoever may reach it."""
    host = str(behind.host or behind.query["host"])
    config = Path(folder, "pgbouncer.ini")
    config.write_text(
        "[databases]\n"
        f"* = host={host} port={behind.port or 5432} user={behind.username}\n"
        "[pgbouncer]\n"
        f"pool_mode = {mode}\nauth_type = any\nlisten_addr =\nunix_socket_dir = {folder}\n"
        f"listen_port = 6432\ndefault_pool_size = {3 if mode == 'transaction' else 40}\n"
        "max_client_conn = 200\nserver_idle_timeout = 1\n"
    )
    owner = Path(host).stat().st_uid if os.geteuid() == 0 else None  # it won't run as root
    if owner is not None:
        os.chown(folder, owner, -1)
    running = subprocess.Popen(
        [str(BOUNCER), "-q", str(config)],
        user=owner,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        yield
    finally:
        running.terminate()
        running.wait()


async def test_transactions_of_all_kinds_go_through(bounced: str, mode: str) -> None:
    settings = StorageSettings(url=bounced, transaction_pooling=mode == "transaction")
    database = Database(settings)
    work = UnitOfWork(database)
    try:
        await migrations.upgrade(database)

        async def use(number: int) -> None:
            now = system_clock()
            for turn in range(4):
                async with work.writing() as tx:
                    await tx.tenants.add(Tenant(f"ten_{number}_{turn}", "Acme", now))
                async with work.reading() as tx:
                    assert await tx.tenants.all()
                async with database.hot(single=True) as connection:
                    (row,) = await connection.fetch_many("SELECT $1::int + 1", [(turn,)])
                    assert row[0] == turn + 1
                async with database.hot() as connection:
                    rows = await connection.fetch_many("SELECT $1::text", [("a",), ("b",)])
                    assert [row[0] for row in rows] == ["a", "b"]

        await asyncio.gather(*(use(number) for number in range(AT_ONCE)))
        async with work.reading() as tx:
            assert len(await tx.tenants.all()) == AT_ONCE * 4
    finally:
        await database.close()


async def test_doctor_notices_a_pooler_that_it_wasnt_told_of(bounced: str, mode: str) -> None:
    told = [StorageSettings(url=bounced, transaction_pooling=pooled) for pooled in (False, True)]
    opened = Database(told[mode == "transaction"])
    await migrations.upgrade(opened)
    await opened.close()

    async def findings(pooled: bool) -> list[str]:
        group = DatabaseGroup(url=SecretStr(bounced), transaction_pooling=pooled)
        settings = Settings(public_url="https://127.0.0.1", database=group)
        return [one.verdict async for one in examine(settings) if one.subject == "pooler"]

    assert await findings(False) == (["problem"] if mode == "transaction" else ["ok"])
    assert await findings(True) == ["ok"]


async def test_nothing_is_served_before_the_pooler_fits(bounced: str, mode: str) -> None:
    untold = Database(StorageSettings(url=bounced))
    told = Database(StorageSettings(url=bounced, transaction_pooling=True))
    try:
        await require_fitting_pooler(told)
        if mode == "session":
            await require_fitting_pooler(untold)
            return
        with pytest.raises(SettingsInvalid, match="CONNECTOR_DATABASE__TRANSACTION_POOLING=true"):
            await require_fitting_pooler(untold)
    finally:
        await untold.close()
        await told.close()


async def test_without_a_pooler_nothing_is_said_of_one(
    postgres_server: str, postgres_template: str
) -> None:
    url = await databases.new_postgres(postgres_server, postgres_template)
    settings = Settings(public_url="https://127.0.0.1", database=DatabaseGroup(url=SecretStr(url)))
    assert not [one async for one in examine(settings) if one.subject == "pooler"]
    await databases.drop_postgres(postgres_server, url)
