"""Processes that copy records are killed at any moment: in the end the copy is what Qonto has.

Meanwhile records are made, changed and deleted, pages and documents fail, and links are too old.
`make test` kills a few times, chosen by a fixed seed; `make chaos` three hundred times on each
database. Records go to the same kind of database, with their history, documents to a folder.
"""

import asyncio
import json
import sqlite3
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager, closing
from hashlib import sha256
from pathlib import Path
from random import Random
from signal import SIGKILL
from typing import Any

import asyncpg
import pytest
from pydantic import SecretStr
from sqlalchemy import select

from connector.app.sandbox import Sandbox, sandbox
from connector.app.settings import SyncGroup
from storage.repositories.copies import CopyRun
from storage.tables import CopiedDocumentRow
from storage.values import table_of
from tests.chaos.conftest import FULL, SEED
from tests.chaos.moving_books import KINDS, MovingBooks
from tests.chaos.patience import PATIENCE, until
from tests.chaos.processes import Nursery, nursery
from tests.connector.copying.stage import as_shown, truth_of
from tests.journeys.test_bill_folder import environment

pytestmark = [pytest.mark.loopback, pytest.mark.both_databases]

KILLS = 300 if FULL else 3
LONGEST = 1.2
"""Seconds that a process lives at most, and at least begins to copy in."""

Rows = list[tuple[str, str]]


class Copy:
    """Where records go: beside the connector's database, in one of the same kind."""

    def __init__(self, database_url: str, folder: Path) -> None:
        self._url = database_url
        self._is_postgres = database_url.startswith("postgres")
        self._file = folder / "copy.db"
        if self._is_postgres:
            sign = "&" if "?" in database_url else "?"
            self.to = f"{database_url}{sign}schema=killed&history=yes"
        else:
            self.to = f"sqlite:///{self._file}?history=yes"
        self.folder = folder / "papers"

    async def rows(self, table: str) -> Rows:
        """Return the id and Qonto's JSON of each row that isn't about what is gone."""
        query = f"SELECT _id, _raw FROM {{}}{table} WHERE _raw IS NOT NULL"  # noqa: S608
        if not self._is_postgres:
            with closing(sqlite3.connect(self._file)) as connection:
                return connection.execute(query.format("")).fetchall()
        return [tuple(row) for row in await self._ask(query.format("killed."))]

    async def drop(self) -> None:
        if self._is_postgres:
            await self._ask("DROP SCHEMA IF EXISTS killed CASCADE")

    async def _ask(self, query: str) -> list[Any]:
        connection = await asyncpg.connect(self._url)
        try:
            return await connection.fetch(query)
        finally:
            await connection.close()


@asynccontextmanager
async def copying(database_url: str, folder: Path) -> AsyncIterator[tuple[Sandbox, Copy]]:
    copy = Copy(database_url, folder)
    sync = SyncGroup(
        to=SecretStr(copy.to), documents=SecretStr(f"folder:{copy.folder}"), transactions_minutes=1
    )
    async with sandbox(database=database_url, sync=sync) as up:
        await up.container.worker.stop()  # only those that are killed copy
        await up.link("qonto")
        try:
            yield up, copy
        finally:
            await copy.drop()


@pytest.mark.covers("GUIDE-32", "GUIDE-37", "GUIDE-39")
@pytest.mark.timeout(3600 if FULL else 120)
async def test_killed_at_any_moment_the_copy_is_what_qonto_has(
    database_url: str, tmp_path: Path, figure: Callable[[str, object], None]
) -> None:
    chance = Random(f"{SEED} sync")
    log = tmp_path / "log"
    async with (
        copying(database_url, tmp_path) as (up, copy),
        nursery("tests.chaos.sync_nursery") as born,
    ):
        books = MovingBooks(up.simulators["qonto"], chance)
        books.fill(4 if FULL else 1)
        env = {**environment(up), **_places(copy)}
        killed = 0
        while killed < KILLS:
            killed += await _lives(up, born, books, env, str(log))
        books.calm()
        await _settled(up, born, env, str(log))
        versions = await _is_faithful(up, copy)
        said = log.read_text()
        assert "Traceback" not in said, said
    figure("kills", killed)
    figure("changes at Qonto", books.changes)
    figure("failures of pages and documents", books.faults)
    figure("versions of records copied", versions)
    figure("records or documents lost, changed or doubled", 0)


def _places(copy: Copy) -> dict[str, str]:
    return {
        "CONNECTOR_SYNC__TO": copy.to,
        "CONNECTOR_SYNC__DOCUMENTS": f"folder:{copy.folder}",
        "CONNECTOR_SYNC__TRANSACTIONS_MINUTES": "1",
        "CONNECTOR_RATE__TEN_SECONDS": "0",
        "CONNECTOR_RATE__TEN_MINUTES": "0",
    }


async def _lives(
    up: Sandbox, born: Nursery, books: MovingBooks, env: dict[str, str], log: str
) -> int:
    """Let one or two processes copy for a while, and kill them; return how many were alive."""
    chance, account = books.chance, await _account_of(up)
    pids: list[int | None] = []
    for _ in range(chance.choice((1, 1, 2))):
        as_command = ["sync", "--account", account, chance.choice((*KINDS, "all"))]
        arguments = chance.choice((as_command, ["copies"]))
        pids.append(await born.order(run=arguments, env=env, log=log))
    await up.container.copies.start(await _linked(up), (), None)
    now = asyncio.get_running_loop().time
    end = now() + 0.15 + LONGEST * chance.random()
    while now() < end:
        books.change()
        if chance.random() < 0.15:
            books.hinder()
        elif chance.random() < 0.3:
            books.relent()
        await asyncio.sleep(0.05 * chance.random())
    books.relent()
    ended = [await born.order(kill=pid, signal=int(SIGKILL)) for pid in pids]
    return sum(code == -SIGKILL for code in ended)


async def _settled(up: Sandbox, born: Nursery, env: dict[str, str], log: str) -> None:
    """Let one process copy until nothing waits any more and all was compared.

    It does so twice: the last one that was killed may have left records in doubt.
    """
    await asyncio.sleep(1.5)  # until what is gone is looked for again
    pid = await born.order(run=["copies"], env=env, log=log)
    async with asyncio.timeout(PATIENCE):
        for _ in range(2):
            await _compared(up)
        await until(lambda: _none_waits(up))
    await born.order(kill=pid, signal=int(SIGKILL))


async def _compared(up: Sandbox) -> None:
    """Ask for a run of each kind, and wait until they have compared all there is."""
    begun = await up.container.copies.start(await _linked(up), (), None)
    for one in begun:
        ended: CopyRun | None = None
        while ended is None or ended.ended_at is None:
            await asyncio.sleep(0.1)
            async with up.container.storage.work.reading() as tx:
                ended = await tx.copies.run(one.id)
        assert ended.status == "SUCCESS", ended


async def _is_faithful(up: Sandbox, copy: Copy) -> int:
    """Compare all there is with Qonto's own; return how many versions there were."""
    simulator, versions = up.simulators["qonto"], 0
    documents = await _documents(up)
    for kind in KINDS:
        truth = truth_of(simulator.world.first, kind, simulator.base_url)
        rows = await copy.rows(kind)
        assert len(rows) == len({id for id, _ in rows})
        assert {id: as_shown(raw) for id, raw in rows} == truth
        history = await copy.rows(f"{kind}_history")
        told = [(id, json.dumps(json.loads(raw), sort_keys=True)) for id, raw in history]
        assert len(told) == len(set(told)), "a version is noticed once"
        assert {id for id, _ in rows} <= {id for id, _ in told}
        versions += len(told)
        for record in truth.values():
            ids = record.get("attachment_ids") or [record.get("attachment_id")]
            for file_id in filter(None, ids):
                content = simulator.world.attachments[file_id].read()
                digest = sha256(content).hexdigest()
                assert documents[kind, record["id"], file_id] == ("STORED", digest)
                stored = copy.folder / "content" / digest[:2] / digest
                assert stored.read_bytes() == content
    assert {status for status, _ in documents.values()} == {"STORED"}
    assert _damaged((copy.folder / "content").glob("*/*")) == []
    return versions


def _damaged(paths: Iterable[Path]) -> list[str]:
    return [path.name for path in paths if sha256(path.read_bytes()).hexdigest() != path.name]


async def _documents(up: Sandbox) -> dict[tuple[str, str, str], tuple[str, str | None]]:
    """Return the status and the digest of each document, by kind, record and file."""
    table = table_of(CopiedDocumentRow)
    columns = (table.c.resource, table.c.record_id, table.c.file_id, table.c.status, table.c.digest)
    async with up.container.storage.work.reading() as tx:
        rows = await tx.connection.execute(select(*columns))
    return {(one[0], one[1], one[2]): (one[3], one[4]) for one in rows}


async def _none_waits(up: Sandbox) -> bool:
    return "PENDING" not in {status for status, _ in (await _documents(up)).values()}


async def _linked(up: Sandbox) -> Any:
    async with up.container.storage.work.reading() as tx:
        (account,) = await tx.accounts.all()
    return account


async def _account_of(up: Sandbox) -> str:
    return str((await _linked(up)).id)
