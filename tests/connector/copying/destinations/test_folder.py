"""A folder of batches: whole entries or none, and none for what is written again."""

import asyncio
import os
import sqlite3
import stat
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from connector.copying.destinations.failing import DestinationFailed
from connector.copying.destinations.folder import FolderDestination
from connector.copying.destinations.json_lines import json_lines
from connector.copying.destinations.parquet import parquet_files
from connector.copying.destinations.rows import json_of
from connector.copying.ports import CopiedRecord
from tests.connector.copying.destinations.kept import lines_of
from tests.connector.copying.destinations.samples import ACCOUNT, copied, gone, records

Opens = Callable[[Path], FolderDestination]
both_formats = pytest.mark.parametrize("opens", [json_lines, parquet_files])


def entries(folder: Path) -> list[str]:
    """Name what is to be seen in a folder."""
    return sorted(path.name for path in folder.iterdir() if not path.name.startswith("."))


async def test_a_line_says_what_changed(tmp_path: Path) -> None:
    opened = json_lines(tmp_path / "copy")
    one = copied("i1", totalAmount=Decimal("0.10"), name="Zoë")
    await opened.write(ACCOUNT, [one, gone("unknown")])
    await opened.write(ACCOUNT, [gone("i1")])
    await opened.close()
    assert entries(tmp_path / "copy") == ["000000000001.jsonl", "000000000002.jsonl"]
    assert lines_of(tmp_path / "copy") == [
        {
            "change": "put",
            "sequence": 1_000_000_000,
            "account": ACCOUNT,
            "resource": "invoices",
            "id": "i1",
            "version": "v1",
            "hash": one.content_hash,
            "changed_at": "2026-11-02T08:30:15.123456Z",
            "record": {"id": "i1", "totalAmount": "0.10", "name": "Zoë"},
            "raw": one.raw.decode(),
        },
        {
            "change": "gone",
            "sequence": 2_000_000_000,
            "account": ACCOUNT,
            "resource": "invoices",
            "id": "i1",
            "noticed_at": "2026-11-02T08:30:15.123456Z",
        },
    ]


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    batch=st.lists(records(), min_size=1, max_size=3, unique_by=lambda one: one.id),
)
async def test_whatever_is_written_comes_back(
    tmp_path_factory: pytest.TempPathFactory, batch: list[CopiedRecord]
) -> None:
    folder = tmp_path_factory.mktemp("lines") / "copy"
    for _ in range(2):
        opened = json_lines(folder)
        await opened.write(ACCOUNT, batch)
        await opened.close()
    lines = lines_of(folder)
    assert [line["id"] for line in lines] == [one.id for one in batch]
    for line, one in zip(lines, batch, strict=True):
        assert json_of(line["record"]) == json_of(one.record)
        assert line["raw"].encode() == one.raw


@both_formats
async def test_what_is_written_again_makes_no_entry(opens: Opens, tmp_path: Path) -> None:
    folder = tmp_path / "copy"
    batch = [copied("i1"), copied("i2", resource="bankAccounts"), copied("i3")]
    for _ in range(2):
        opened = opens(folder)
        await opened.write(ACCOUNT, batch)
        await opened.write(ACCOUNT, batch[1:])
        await opened.close()
    assert len(entries(folder)) == 1
    opened = opens(folder)
    await opened.write("acc_2", batch)
    await opened.write(ACCOUNT, [gone("i1")])
    await opened.write(ACCOUNT, [gone("i1"), *batch[1:]])
    await opened.write(ACCOUNT, batch)
    await opened.close()
    assert len(entries(folder)) == 4


@both_formats
async def test_what_is_no_text_does_not_stop_the_next_batch(opens: Opens, tmp_path: Path) -> None:
    opened = opens(tmp_path / "copy")
    odd = replace(copied("i1", name="half of a pair \ud83d"), raw=b'{"name": "Zo\xeb"}')
    for _ in range(2):
        await opened.write(ACCOUNT, [odd])
    await opened.write(ACCOUNT, [copied("i2")])
    await opened.close()
    assert len(entries(tmp_path / "copy")) == 2


@both_formats
async def test_an_index_that_is_lost_is_made_again(opens: Opens, tmp_path: Path) -> None:
    folder = tmp_path / "copy"
    opened = opens(folder)
    await opened.write(ACCOUNT, [copied("i1"), copied("b", resource="bankAccounts")])
    await opened.write(ACCOUNT, [copied("i1", "v2"), copied("i2"), gone("b", "bankAccounts")])
    (folder / ".index.sqlite").unlink()
    await opened.write(ACCOUNT, [copied("i1", "v2"), copied("i2"), gone("b", "bankAccounts")])
    assert len(entries(folder)) == 2
    await opened.write(ACCOUNT, [copied("i1", "v1")])
    await opened.close()
    assert len(entries(folder)) == 3


@both_formats
async def test_entries_that_were_taken_away_are_not_written_again(
    opens: Opens, tmp_path: Path
) -> None:
    """Whoever reads the folder may move what is read."""
    folder = tmp_path / "copy"
    opened = opens(folder)
    await opened.write(ACCOUNT, [copied("i1")])
    (folder / entries(folder)[0]).rename(tmp_path / "read")
    await opened.write(ACCOUNT, [copied("i1"), copied("i2")])
    await opened.close()
    (name,) = entries(folder)
    assert name.startswith("000000000002")


class _Killed(BaseException):
    pass


@both_formats
async def test_an_entry_that_was_not_finished_is_never_seen(
    opens: Opens, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "copy"
    opened = opens(folder)
    await opened.write(ACCOUNT, [copied("i1")])

    def killed(*_: Any) -> None:
        raise _Killed

    with monkeypatch.context() as patched:
        patched.setattr(Path, "rename", killed)
        # what a process that is killed doesn't get to
        patched.setattr("connector.copying.destinations.folder._remove", lambda path: None)
        with pytest.raises(_Killed):
            await opened.write(ACCOUNT, [copied("i2")])
    assert len(entries(folder)) == 1
    assert (folder / ".incoming").exists()
    await opened.write(ACCOUNT, [copied("i2")])
    await opened.close()
    assert len(entries(folder)) == 2
    assert not (folder / ".incoming").exists()


@both_formats
async def test_an_entry_that_the_index_did_not_hear_of_is_found(
    opens: Opens, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "copy"
    opened = opens(folder)

    def killed(path: Path) -> None:
        if path == folder:  # the entry has its name, and nothing was noted of it
            raise _Killed

    with monkeypatch.context() as patched:
        for module in ("folder", "parquet"):
            patched.setattr(f"connector.copying.destinations.{module}.sync_folder", killed)
        with pytest.raises(_Killed):
            await opened.write(ACCOUNT, [copied("i1")])
    assert len(entries(folder)) == 1
    await opened.write(ACCOUNT, [copied("i1")])
    assert len(entries(folder)) == 1
    await opened.write(ACCOUNT, [copied("i1", "v2")])
    assert len(entries(folder)) == 2
    await opened.close()


@both_formats
async def test_two_that_write_at_once_take_turns(opens: Opens, tmp_path: Path) -> None:
    folder = tmp_path / "copy"
    several = [opens(folder) for _ in range(4)]
    await asyncio.gather(
        *(
            one.write(f"acc_{number}", [copied(f"i{turn}")])
            for turn in range(5)
            for number, one in enumerate(several)
        )
    )
    for one in several:
        await one.close()
    ending = ".jsonl" if opens is json_lines else ""
    assert entries(folder) == [f"{number:012}{ending}" for number in range(1, 21)]


@both_formats
async def test_only_the_owner_may_read_what_is_written(opens: Opens, tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        opened = opens(tmp_path / "copy")
        await opened.write(ACCOUNT, [copied("i1")])
        await opened.close()
    finally:
        os.umask(before)
    for path in [tmp_path / "copy", *(tmp_path / "copy").rglob("0*")]:
        assert not stat.S_IMODE(path.stat().st_mode) & 0o077, path


async def test_a_folder_that_cannot_be_made_or_an_index_that_is_none_is_told(
    tmp_path: Path,
) -> None:
    (tmp_path / "file").write_text("")
    opened = json_lines(tmp_path / "file")
    with pytest.raises(DestinationFailed, match="can't be written: File exists"):
        await opened.write(ACCOUNT, [copied("i1")])
    await opened.close()
    (tmp_path / "copy").mkdir()
    (tmp_path / "copy" / ".index.sqlite").write_bytes(b"garbage" * 1000)
    opened = json_lines(tmp_path / "copy")
    with pytest.raises(DestinationFailed, match="It may be deleted"):
        await opened.write(ACCOUNT, [copied("i1")])
    await opened.close()
    with pytest.raises(sqlite3.DatabaseError):
        sqlite3.connect(tmp_path / "copy" / ".index.sqlite").execute("SELECT 1 FROM entry")
