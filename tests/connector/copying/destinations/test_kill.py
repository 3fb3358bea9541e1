"""A process that is killed while it writes leaves whole batches."""

import random
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import asyncpg
import pytest

from connector.copying.destinations.failing import DestinationFailed
from connector.copying.destinations.json_lines import json_lines
from tests.connector.copying.destinations.kept import Tables, lines_of
from tests.connector.copying.destinations.samples import ACCOUNT
from tests.connector.copying.destinations.writer import RECORDS, RESOURCES, batch_of

KILLS = 3
_WAIT = 60


def _killed_while_writing(to: str, name: str, after: float) -> str:
    """Kill a writer some time after its first batch; return the last version that it told."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.connector.copying.destinations.writer", to, name],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        first = process.stdout.readline().strip()
        assert first, process.communicate(timeout=_WAIT)[1]
        time.sleep(after)
        process.kill()
        told = [first, *process.communicate(timeout=_WAIT)[0].split()]
        return told[-1]
    finally:
        process.kill()
        process.wait()


async def test_a_killed_process_leaves_whole_batches(tables: Tables) -> None:
    chance = random.Random(20261102)
    for kill in range(KILLS):
        last = _killed_while_writing(tables.url, f"{kill}", chance.uniform(0, 0.3))
        versions: Counter[str] = Counter()
        for name in RESOURCES:
            versions.update(row["_version"] for row in await tables.rows(name))
        (version,) = versions  # of all records of all resources: the same one
        assert versions[version] == RECORDS * len(RESOURCES)
        assert version >= last
    opened = tables.opened()
    await opened.write(ACCOUNT, batch_of("after"))
    await opened.close()
    assert {row["_version"] for row in await tables.rows("bills")} == {"after"}


async def test_a_killed_process_leaves_whole_files_of_lines(tmp_path: Path) -> None:
    chance = random.Random(20261103)
    folder = tmp_path / "copy"
    for kill in range(KILLS):
        last = _killed_while_writing(f"jsonl:{folder}", f"{kill}", chance.uniform(0, 0.3))
        versions = Counter(line["version"] for line in lines_of(folder))
        assert set(versions.values()) == {RECORDS * len(RESOURCES)}
        assert max(versions) >= last
    before = len(lines_of(folder))
    opened = json_lines(folder)
    await opened.write(ACCOUNT, batch_of(max(versions)))
    await opened.close()
    assert len(lines_of(folder)) == before


@pytest.mark.parametrize("tables", ["postgres"], indirect=True)
async def test_a_lost_connection_is_made_again_and_so_are_tables(tables: Tables) -> None:
    opened = tables.opened()
    await opened.write(ACCOUNT, batch_of("v1"))
    server = await asyncpg.connect(tables.at)
    try:
        await server.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
        await opened.write(ACCOUNT, batch_of("v2"))
        await server.execute("DROP SCHEMA books CASCADE")
        with pytest.raises(DestinationFailed, match="UndefinedTable"):
            await opened.write(ACCOUNT, batch_of("v3"))
    finally:
        await server.close()
    await opened.write(ACCOUNT, batch_of("v3"))
    await opened.close()
    assert {row["_version"] for row in await tables.rows("bills")} == {"v3"}
