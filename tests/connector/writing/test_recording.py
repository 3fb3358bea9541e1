"""Records of writes that share a transaction: each gets its own answer, on both databases."""

import asyncio
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import func, select

from connector.ports import Found, PreparedWrite, WriteDone
from connector.writing.performed import WriteSettings
from connector.writing.recording import Recording
from storage.repositories.accounts import Account
from storage.repositories.writes import RecordTaken, StoredWrite
from storage.sealing import KeyRing
from storage.tables import WriteRow, WriteTurnRow
from storage.unit_of_work import UnitOfWork
from storage.values import table_of
from tests.connector.writing.shop import Office

pytestmark = pytest.mark.both_databases

REQUEST = PreparedWrite(b"\x00 sent \xff")
MAKE = "orders.create"


class Commits:
    """Counts the transactions that write."""

    def __init__(self, work: UnitOfWork, monkeypatch: pytest.MonkeyPatch) -> None:
        self.count = 0
        hot = work.hot

        def counted(**options: bool) -> Any:
            self.count += 1
            return hot(**options)

        monkeypatch.setattr(work, "hot", counted)


@pytest.fixture
def office(work: UnitOfWork, ring: KeyRing) -> Office:
    return Office(work, ring)


@pytest.fixture
async def account(office: Office) -> Account:
    return await office.account()


@pytest.fixture
def recording(work: UnitOfWork, ring: KeyRing, office: Office) -> Recording:
    return Recording(work, ring, office.clock, WriteSettings())


def new(
    recording: Recording, account: Account, key: str | None = None, record: str | None = None
) -> StoredWrite:
    return recording.new(account.id, MAKE, record, "mark", key, REQUEST)


async def rows(work: UnitOfWork, kind: type[Any] = WriteRow) -> int:
    async with work.reading() as tx:
        counted = await tx.connection.execute(select(func.count()).select_from(table_of(kind)))
        return counted.scalar_one()


async def test_writes_that_come_at_once_share_transactions(
    recording: Recording, account: Account, work: UnitOfWork, monkeypatch: pytest.MonkeyPatch
) -> None:
    commits = Commits(work, monkeypatch)
    writes = [new(recording, account, f"key {number}") for number in range(20)]
    assert await asyncio.gather(*map(recording.begin, writes)) == ["begun"] * 20
    assert commits.count <= 4
    commits.count = 0
    found = Found("item", ("w",), b"\x00 raw \xff")
    done = [WriteDone(f"rec {number}", found) for number in range(20)]
    told = await asyncio.gather(
        *(recording.done(one, that, REQUEST) for one, that in zip(writes, done, strict=True))
    )
    assert [one.record_id for one in told] == [f"rec {number}" for number in range(20)]
    assert commits.count <= 4
    stored = await recording.of_key(account.id, MAKE, "key 7")
    assert stored is not None and (stored.status, stored.made_id) == ("DONE", "rec 7")
    assert stored.request is None and stored.answer is not None
    assert b"raw \xff" not in stored.answer


async def test_what_was_begun_is_read_back_as_it_was(
    recording: Recording, account: Account
) -> None:
    write = new(recording, account, "key")
    assert await recording.begin(write) == "begun"
    stored = await recording.of_key(account.id, MAKE, "key")
    assert stored == write
    assert recording.prepared(stored).request == REQUEST.request


async def test_of_two_with_one_key_one_begins(
    recording: Recording, account: Account, work: UnitOfWork
) -> None:
    both = [new(recording, account, "key") for _ in range(2)]
    other = new(recording, account, "other")
    begun = await asyncio.gather(*map(recording.begin, [*both, other]))
    assert sorted(begun) == ["begun", "begun", "key taken"] and begun[2] == "begun"
    assert await rows(work) == 2


async def test_of_two_about_one_record_one_has_its_turn(
    recording: Recording, account: Account, work: UnitOfWork
) -> None:
    writes = [new(recording, account, None, record) for record in ("Rec", "rEC", "other")]
    begun = await asyncio.gather(*map(recording.begin, writes))
    assert sorted(begun[:2]) == ["begun", "not its turn"] and begun[2] == "begun"
    assert (await rows(work), await rows(work, WriteTurnRow)) == (2, 2)
    first = writes[begun.index("begun")]
    await recording.done(first, WriteDone(None, None), REQUEST)
    assert await rows(work, WriteTurnRow) == 1
    assert await recording.begin(new(recording, account, None, "rec")) == "begun"


async def test_a_record_is_one_writes_whoever_ends_at_the_same_time(
    recording: Recording, account: Account
) -> None:
    """The others of the batch are stored all the same."""
    writes = [new(recording, account, f"key {number}") for number in range(4)]
    await asyncio.gather(*map(recording.begin, writes))
    made = ["same", "own", "same", "too"]
    told = await asyncio.gather(
        *(
            recording.done(write, WriteDone(one, None), REQUEST)
            for write, one in zip(writes, made, strict=True)
        ),
        return_exceptions=True,
    )
    assert [isinstance(one, RecordTaken) for one in told] == [False, False, True, False]
    stored = [await recording.of_key(account.id, MAKE, f"key {number}") for number in range(4)]
    assert [one and one.status for one in stored] == ["DONE", "DONE", "SENT", "DONE"]


async def test_a_write_that_is_anothers_by_now_isnt_ended(
    recording: Recording, account: Account
) -> None:
    write = new(recording, account, "key")
    await recording.begin(write)
    late = replace(write, lease_owner="somebody who was too slow")
    await recording.done(late, WriteDone("rec", None), REQUEST)
    stored = await recording.of_key(account.id, MAKE, "key")
    assert stored is not None and (stored.status, stored.made_id) == ("SENT", None)
