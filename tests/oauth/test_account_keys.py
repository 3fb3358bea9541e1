"""An account's keys: additional ones, and one in the place of those that were lost."""

from datetime import timedelta

import pytest

from oauth.errors import AccountInactive, UnauthorizedAccountKey
from storage.errors import Invalid, NotFound
from tests.oauth.conftest import Floor

pytestmark = pytest.mark.both_databases


async def test_an_additional_key_selects_the_same_account(floor: Floor) -> None:
    tenant, _ = await floor.tenant()
    account = await floor.account(tenant)
    floor.clock.move(seconds=1)
    issued = await floor.account_keys.create(account.id, "worker")
    assert (await floor.callers.select(tenant, issued.secret)).id == account.id
    assert [key.name for key in await floor.account_keys.all(account.id)] == ["first", "worker"]
    (user,) = await floor.tenants.end_users(tenant)
    assert len(user.keys) == 2


async def test_reissuing_ends_every_key_there_was(floor: Floor) -> None:
    tenant, _ = await floor.tenant()
    account = await floor.account(tenant)
    lost = await floor.account_keys.create(account.id)
    new = await floor.account_keys.reissue(account.id)
    with pytest.raises(UnauthorizedAccountKey):
        await floor.callers.select(tenant, lost.secret)
    assert (await floor.callers.select(tenant, new.secret)).id == account.id
    (user,) = await floor.tenants.end_users(tenant)
    assert [key.id for key in user.keys] == [new.key.id]


async def test_reissuing_can_leave_the_old_keys_some_time(floor: Floor) -> None:
    tenant, _ = await floor.tenant()
    account = await floor.account(tenant)
    old = await floor.account_keys.create(account.id)
    new = await floor.account_keys.reissue(account.id, overlap=timedelta(hours=1))
    assert (await floor.callers.select(tenant, old.secret)).id == account.id
    floor.clock.move(hours=1)
    with pytest.raises(UnauthorizedAccountKey):
        await floor.callers.select(tenant, old.secret)
    (user,) = await floor.tenants.end_users(tenant)
    assert [key.id for key in user.keys] == [new.key.id]


async def test_a_revoked_account_key_ends_at_once(floor: Floor) -> None:
    tenant, _ = await floor.tenant()
    account = await floor.account(tenant)
    issued = await floor.account_keys.create(account.id)
    for _ in range(2):
        await floor.account_keys.revoke(issued.key.id)
    with pytest.raises(UnauthorizedAccountKey):
        await floor.callers.select(tenant, issued.secret)


async def test_what_is_not_there_gets_no_key(floor: Floor) -> None:
    for refused in (
        floor.account_keys.create("acct_unknown"),
        floor.account_keys.reissue("acct_unknown"),
        floor.account_keys.all("acct_unknown"),
        floor.account_keys.revoke("akey_unknown"),
    ):
        with pytest.raises(NotFound):
            await refused


async def test_an_ended_account_gets_no_key(floor: Floor) -> None:
    tenant, _ = await floor.tenant()
    account = await floor.account(tenant)
    with pytest.raises(Invalid):
        await floor.account_keys.create(account.id, "")
    async with floor.work.writing() as tx:
        await tx.accounts.move(account.id, to="REVOKED", at=floor.clock(), before="ACTIVE")
    with pytest.raises(AccountInactive):
        await floor.account_keys.create(account.id)
