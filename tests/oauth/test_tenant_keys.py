"""A vendor's API keys: several, limited, replaced with an overlap."""

from datetime import timedelta

import pytest

from connector.api.operation import Permission
from oauth.errors import PermissionDenied, UnauthorizedApiKey
from oauth.permissions import ALL, choose_permissions, read_permissions
from storage.errors import Conflict, Invalid, NotFound
from tests.oauth.conftest import Floor

pytestmark = pytest.mark.both_databases


async def test_several_keys_work_side_by_side(floor: Floor) -> None:
    tenant, first = await floor.tenant()
    floor.clock.move(seconds=1)
    second = await floor.tenant_keys.create(tenant, " reports ", [Permission.READ])
    callers = [await floor.callers.identify(key) for key in (first, second.secret)]
    assert [caller.tenant.id for caller in callers] == [tenant.id, tenant.id]
    assert [caller.permissions for caller in callers] == [ALL, {Permission.READ}]
    callers[0].require(Permission.PAYMENTS)
    with pytest.raises(PermissionDenied, match="payments") as caught:
        callers[1].require(Permission.PAYMENTS)
    assert caught.value.permission == "payments"
    assert [key.name for key in await floor.tenant_keys.all(tenant)] == ["first", "reports"]
    assert second.secret not in repr(second)


async def test_a_key_being_replaced_works_until_its_end(floor: Floor) -> None:
    tenant, _ = await floor.tenant()
    old = await floor.tenant_keys.create(tenant, "web", [Permission.READ, Permission.WRITE])
    new = await floor.tenant_keys.rotate(tenant, old.key.id, overlap=timedelta(hours=1))
    assert (new.key.name, new.key.permissions) == ("web", "read write")
    floor.clock.move(minutes=59)
    for secret in (old.secret, new.secret):
        assert (await floor.callers.authenticate(secret)).id == tenant.id
    floor.clock.move(minutes=1)
    with pytest.raises(UnauthorizedApiKey):
        await floor.callers.authenticate(old.secret)
    assert (await floor.callers.authenticate(new.secret)).id == tenant.id
    with pytest.raises(Conflict):
        await floor.tenant_keys.rotate(tenant, old.key.id, overlap=timedelta(0))


async def test_a_second_rotation_never_lengthens_a_keys_life(floor: Floor) -> None:
    tenant, _ = await floor.tenant()
    old = await floor.tenant_keys.create(tenant, "web")
    await floor.tenant_keys.rotate(tenant, old.key.id, overlap=timedelta(hours=1))
    await floor.tenant_keys.rotate(tenant, old.key.id, overlap=timedelta(hours=9))
    floor.clock.move(hours=1)
    with pytest.raises(UnauthorizedApiKey):
        await floor.callers.authenticate(old.secret)


async def test_a_revoked_key_ends_at_once_and_others_stay(floor: Floor) -> None:
    tenant, first = await floor.tenant()
    second = await floor.tenant_keys.create(tenant, "web")
    for _ in range(2):
        await floor.tenant_keys.revoke(tenant, second.key.id)
    with pytest.raises(UnauthorizedApiKey):
        await floor.callers.authenticate(second.secret)
    assert (await floor.callers.authenticate(first)).id == tenant.id
    with pytest.raises(Conflict):
        await floor.tenant_keys.rotate(tenant, second.key.id, overlap=timedelta(hours=1))


async def test_another_tenants_key_is_not_there(floor: Floor) -> None:
    tenant, _ = await floor.tenant()
    other, theirs = await floor.tenant("Other")
    key_id = (await floor.callers.identify(theirs)).key_id
    with pytest.raises(NotFound):
        await floor.tenant_keys.revoke(tenant, key_id)
    with pytest.raises(NotFound):
        await floor.tenant_keys.rotate(tenant, key_id, overlap=timedelta(0))
    assert (await floor.callers.authenticate(theirs)).id == other.id


async def test_a_key_gives_no_more_than_it_has_and_cannot_end_itself(floor: Floor) -> None:
    tenant, _ = await floor.tenant()
    admin = await floor.tenant_keys.create(tenant, "admin", [Permission.ADMIN])
    caller = await floor.callers.identify(admin.secret)
    with pytest.raises(Invalid):
        await floor.tenant_keys.create(
            tenant, "more", [Permission.PAYMENTS], by=caller.key_id, within=caller.permissions
        )
    with pytest.raises(Conflict):
        await floor.tenant_keys.revoke(tenant, caller.key_id, by=caller.key_id)


@pytest.mark.parametrize("name", ["", "  ", "x" * 101, "line\nbreak", "\x00"])
async def test_a_key_needs_a_fit_name(floor: Floor, name: str) -> None:
    tenant, _ = await floor.tenant()
    with pytest.raises(Invalid):
        await floor.tenant_keys.create(tenant, name)


def test_permissions_are_chosen_from_what_there_is() -> None:
    assert choose_permissions(["write", "read", "read"]) == {Permission.READ, Permission.WRITE}
    for asked in ([], ["everything"], ["read", "ADMIN"]):
        with pytest.raises(Invalid, match="read, write, payments, admin"):
            choose_permissions(asked)


def test_a_stored_permission_that_is_not_known_counts_for_nothing() -> None:
    assert read_permissions("read teleport") == {Permission.READ}
    assert read_permissions("") == frozenset()
