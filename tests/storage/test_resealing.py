"""Master keys over their life, on real tables with values of every kind."""

from datetime import UTC, datetime

import pytest
from sqlalchemy import LargeBinary, update

from storage import resealing
from storage.base import BaseRow
from storage.errors import SecretUnreadable
from storage.repositories.connections import Connection
from storage.repositories.sealed import SEALED_COLUMNS, SealedValue, SealedValueRepository
from storage.repositories.tenants import Tenant
from storage.repositories.tokens import OAUTH, StoredTokens
from storage.resealing import ResealingProgress
from storage.sealing import KeyRing, MasterKey, sealed_with
from storage.unit_of_work import DatabaseTransaction, UnitOfWork

pytestmark = pytest.mark.both_databases

OLD = MasterKey("old", bytes(range(32)))
NEW = MasterKey("new", bytes(range(1, 33)))
LOST = MasterKey("lost", bytes(range(2, 34)))
AT = datetime(2026, 11, 20, tzinfo=UTC)
BOTH = KeyRing([NEW, OLD])


async def add(tx: DatabaseTransaction, number: int, ring: KeyRing) -> None:
    """A tenant with a signing secret, and an account with both tokens."""
    bare = Tenant(f"ten_{number:04}", "Vendor", AT)
    await tx.tenants.add(bare)
    await tx.tenants.set_signing_secret(
        bare.id, ring.seal(f"sign {number}", associated_data=bare.associated_data)
    )
    account = f"acct_{number:04}"
    await tx.connections.join(Connection(account, bare.id, "qonto", account, "", OAUTH, AT))
    tokens = StoredTokens(account, b"", b"", AT, "", AT)
    await tx.tokens.put(
        StoredTokens(
            account,
            ring.seal(f"access {number}", associated_data=tokens.access_associated_data),
            ring.seal(f"refresh {number}", associated_data=tokens.refresh_associated_data),
            AT,
            "",
            AT,
        )
    )


async def fill(work: UnitOfWork, count: int, ring: KeyRing | None = None) -> None:
    async with work.writing() as tx:
        for number in range(count):
            await add(tx, number, ring or KeyRing([OLD]))


async def values(work: UnitOfWork) -> list[SealedValue]:
    async with work.reading() as tx:
        return [
            value
            for column in SEALED_COLUMNS
            for value in await tx.sealed.after(column, "", 10_000)
        ]


def test_every_column_of_bytes_is_known_as_sealed() -> None:
    binary = {
        f"{table.name}.{column.name}"
        for table in BaseRow.metadata.sorted_tables
        for column in table.columns
        if isinstance(column.type, LargeBinary)
    }
    assert {column.name for column in SEALED_COLUMNS} == binary


async def test_everything_is_moved_to_the_newest_key_and_still_opens(work: UnitOfWork) -> None:
    await fill(work, 7)
    seen: list[ResealingProgress] = []
    done = await resealing.reseal(work, BOTH, seen.append, chunk=3)
    assert (done.moved, done.overtaken, done.unreadable) == (21, 0, ())
    stored = await values(work)
    assert {sealed_with(value.sealed) for value in stored} == {"new"}
    alone = KeyRing([NEW])
    assert sorted(
        alone.open_text(value.sealed, associated_data=value.associated_data) for value in stored
    ) == sorted(f"{kind} {number}" for kind in ("sign", "access", "refresh") for number in range(7))
    assert [at.done for at in seen if at.column == "tokens.access_token"] == [0, 3, 6, 7]


async def test_a_second_run_finds_nothing_to_do(work: UnitOfWork) -> None:
    await fill(work, 3)
    await resealing.reseal(work, BOTH)
    before = await values(work)
    assert (await resealing.reseal(work, BOTH)).moved == 0
    assert await values(work) == before


async def test_a_run_that_was_stopped_is_finished_by_the_next(work: UnitOfWork) -> None:
    await fill(work, 7)

    class Stopped(Exception):
        pass

    def stop(at: ResealingProgress) -> None:
        if at.column == "tokens.access_token" and at.done == 4:
            raise Stopped

    with pytest.raises(Stopped):
        await resealing.reseal(work, BOTH, stop, chunk=2)
    assert (await resealing.reseal(work, BOTH, chunk=2)).moved == 21 - 7 - 4


async def test_whoever_writes_meanwhile_wins(
    work: UnitOfWork, monkeypatch: pytest.MonkeyPatch
) -> None:
    await fill(work, 2)
    replace = SealedValueRepository.replace

    async def beaten(self: SealedValueRepository, value: SealedValue, sealed: bytes) -> bool:
        if value.row_id == "acct_0001" and value.column.column == "access_token":
            theirs = KeyRing([OLD]).seal("theirs", associated_data=value.associated_data)
            await self._connection.execute(
                update(value.column.table)
                .where(value.column.table.c.connection_id == value.row_id)
                .values(access_token=theirs)
            )
        return await replace(self, value, sealed)

    monkeypatch.setattr(SealedValueRepository, "replace", beaten)
    done = await resealing.reseal(work, BOTH)
    assert (done.moved, done.overtaken) == (5, 1)
    async with work.reading() as tx:
        tokens = await tx.tokens.get("acct_0001")
    assert tokens is not None
    assert (
        BOTH.open_text(tokens.access_token, associated_data=tokens.access_associated_data)
        == "theirs"
    )


async def test_what_a_lost_key_sealed_is_named_and_the_rest_is_moved(work: UnitOfWork) -> None:
    await fill(work, 2)
    async with work.writing() as tx:
        await tx.tenants.set_signing_secret(
            "ten_0000", KeyRing([LOST]).seal("x", associated_data="y")
        )
        await tx.tenants.set_signing_secret("ten_0001", b"junk")
    done = await resealing.reseal(work, BOTH)
    assert done.moved == 4
    assert [(one.table, one.column, one.row_id, one.key) for one in done.unreadable] == [
        ("tenants", "signing_secret", "ten_0000", "lost"),
        ("tenants", "signing_secret", "ten_0001", None),
    ]
    assert [one async for one in resealing.unreadable(work, BOTH)] == list(done.unreadable)


async def test_a_value_moved_to_another_row_is_unreadable(work: UnitOfWork) -> None:
    await fill(work, 2)
    async with work.writing() as tx:
        other = await tx.tenants.get("ten_0001")
        assert other is not None and other.signing_secret is not None
        await tx.tenants.set_signing_secret("ten_0000", other.signing_secret)
    (one,) = [one async for one in resealing.unreadable(work, BOTH)]
    assert (one.row_id, one.key) == ("ten_0000", "old")
    assert "moved" in one.reason


async def test_usage_says_which_keys_are_needed_and_which_can_go(work: UnitOfWork) -> None:
    await fill(work, 2)
    async with work.writing() as tx:
        await tx.tenants.set_signing_secret(
            "ten_0000", KeyRing([LOST]).seal("x", associated_data="y")
        )
    before = await resealing.usage(work, BOTH, AT)
    assert [(use.key, use.is_configured, use.sealed, use.can_be_retired) for use in before] == [
        ("new", True, 0, False),
        ("old", True, 5, False),
        ("lost", False, 1, False),
    ]
    await resealing.reseal(work, BOTH)
    after = await resealing.usage(work, BOTH, AT)
    assert [(use.key, use.sealed, use.can_be_retired) for use in after] == [
        ("new", 5, False),
        ("old", 0, True),
        ("lost", 1, False),
    ]


def test_damaged_values_name_no_key() -> None:
    for sealed in (b"", b"\x01", b"\x02abc"):
        with pytest.raises(SecretUnreadable):
            sealed_with(sealed)
