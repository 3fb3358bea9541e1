"""What is written behind the answers: times of use, and hashes under the newest master key."""

import asyncio
from datetime import datetime, timedelta

import pytest
from structlog.testing import capture_logs

from oauth.callers import Callers
from oauth.errors import UnauthorizedApiKey
from oauth.key_uses import KeyUses
from storage.errors import StorageUnavailable
from storage.repositories.api_keys import ApiKey
from storage.sealing import KeyRing, MasterKey
from tests.oauth.conftest import Floor

pytestmark = pytest.mark.both_databases

NEWER = MasterKey("newer", bytes(range(1, 33)))
OLDER = MasterKey("test", bytes(range(32)))


async def key_of(floor: Floor, tenant_id: str) -> ApiKey:
    async with floor.work.reading() as tx:
        (key,) = await tx.api_keys.of_tenant(tenant_id)
    return key


async def last_used(floor: Floor, tenant_id: str) -> datetime | None:
    await floor.uses.close()
    return (await key_of(floor, tenant_id)).last_used_at


async def test_a_use_is_written_once_a_minute(floor: Floor) -> None:
    tenant, key = await floor.tenant()
    assert await last_used(floor, tenant.id) is None
    first = floor.clock()
    for _ in range(6):
        await floor.callers.authenticate(key)
        assert await last_used(floor, tenant.id) == first
        floor.clock.move(seconds=9)
    floor.clock.move(seconds=6)
    await floor.callers.authenticate(key)
    assert await last_used(floor, tenant.id) == floor.clock()


async def test_another_process_does_not_write_it_again(floor: Floor) -> None:
    tenant, key = await floor.tenant()
    await floor.callers.authenticate(key)
    written = await last_used(floor, tenant.id)
    floor.clock.move(seconds=30)
    uses = KeyUses(floor.work, floor.ring, floor.clock)
    await Callers(floor.work, floor.ring, floor.clock, uses).authenticate(key)
    await uses.close()
    assert await last_used(floor, tenant.id) == written


async def test_two_processes_at_once_write_it_once(floor: Floor) -> None:
    tenant, key = await floor.tenant()
    known = await key_of(floor, tenant.id)
    first, second = (KeyUses(floor.work, floor.ring, floor.clock) for _ in range(2))
    first.note(known, key)
    await first.close()
    written = floor.clock()
    floor.clock.move(seconds=1)
    second.note(known, key)
    await second.close()
    assert await last_used(floor, tenant.id) == written


async def test_an_account_keys_use_is_written_too(floor: Floor) -> None:
    tenant, _ = await floor.tenant()
    account = await floor.account(tenant)
    await floor.uses.close()
    (key,) = await floor.account_keys.all(account.id)
    assert key.last_used_at == floor.clock()


async def test_a_refused_key_is_not_noted(floor: Floor) -> None:
    tenant, key = await floor.tenant()
    await floor.tenant_keys.revoke(tenant, (await key_of(floor, tenant.id)).id)
    with pytest.raises(UnauthorizedApiKey):
        await floor.callers.authenticate(key)
    assert await last_used(floor, tenant.id) is None


async def test_an_answer_never_waits_for_the_writing(floor: Floor) -> None:
    tenant, key = await floor.tenant()
    async with floor.work.writing() as tx:
        # nobody else can write this row now; on SQLite nobody can write anything
        assert await tx.api_keys.end(
            (await key_of(floor, tenant.id)).id, floor.clock() + timedelta(days=1)
        )
        async with asyncio.timeout(30):
            assert (await floor.callers.authenticate(key)).id == tenant.id
    assert await last_used(floor, tenant.id) is not None


async def test_a_use_that_cannot_be_written_is_dropped_and_said(
    floor: Floor, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, key = await floor.tenant()

    def away() -> None:
        raise StorageUnavailable("away")

    monkeypatch.setattr(floor.uses._work.__class__, "writing", lambda _self: away())
    with capture_logs() as logs:
        await floor.callers.authenticate(key)
        await floor.uses.close()
    assert [(entry["event"], entry["code"]) for entry in logs] == [
        ("key.use_not_noted", "STORAGE_UNAVAILABLE")
    ]


async def test_a_presented_key_is_hashed_anew_under_the_newest_master_key(floor: Floor) -> None:
    tenant, key = await floor.tenant()
    account = await floor.account(tenant)
    issued = await floor.account_keys.create(account.id)
    await floor.callers.authenticate(key)
    await floor.uses.close()
    ring = KeyRing([NEWER, OLDER])
    uses = KeyUses(floor.work, ring, floor.clock)
    callers = Callers(floor.work, ring, floor.clock, uses)
    await callers.select(await callers.authenticate(key), issued.secret)
    await uses.close()
    assert (await key_of(floor, tenant.id)).hash_key_id == "newer"
    async with floor.work.reading() as tx:
        assert await tx.accounts.keys.hashed_with(floor.clock()) == {"newer": 1, "test": 1}
    alone = Callers(floor.work, KeyRing([NEWER]), floor.clock)
    assert (await alone.select(await alone.authenticate(key), issued.secret)).id == account.id


async def test_a_process_with_the_old_ring_does_not_undo_a_newer_hash(floor: Floor) -> None:
    tenant, key = await floor.tenant()
    known = await key_of(floor, tenant.id)
    ring = KeyRing([NEWER, OLDER])
    uses = [KeyUses(floor.work, ring, floor.clock) for _ in range(2)]
    for each in uses:
        each.note(known, key)
    for each in uses:
        await each.close()
    now = await key_of(floor, tenant.id)
    assert (now.digest, now.hash_key_id) == (ring.digest(key).value, "newer")
