"""Who is admitted: an API key with the permission, and an account key of the same tenant."""

import pytest

from connector.api.operation import Permission
from oauth.errors import PermissionDenied, UnauthorizedAccountKey, UnauthorizedApiKey
from tests.oauth.conftest import Floor


async def test_both_keys_give_the_caller_and_the_account(floor: Floor) -> None:
    tenant, api_key = await floor.tenant()
    account = await floor.account(tenant)
    key = (await floor.account_keys.create(account.id)).secret
    caller, admitted = await floor.callers.admit(api_key, key, Permission.READ)
    assert (caller.tenant.id, admitted.id) == (tenant.id, account.id)


async def test_the_api_key_is_looked_at_before_the_permission_and_that_before_the_account_key(
    floor: Floor,
) -> None:
    tenant, api_key = await floor.tenant()
    reader = await floor.tenant_keys.create(tenant, "reader", [Permission.READ])
    refusals = {
        (None, "acc_wrong", Permission.READ): UnauthorizedApiKey,
        ("", None, Permission.WRITE): UnauthorizedApiKey,
        ("sk_wrong", "acc_wrong", Permission.WRITE): UnauthorizedApiKey,
        (reader.secret, "acc_wrong", Permission.WRITE): PermissionDenied,
        (reader.secret, "acc_wrong", Permission.READ): UnauthorizedAccountKey,
        (api_key, None, Permission.READ): UnauthorizedAccountKey,
        (api_key, api_key, Permission.READ): UnauthorizedAccountKey,
    }
    for (api, account, permission), refusal in refusals.items():
        with pytest.raises(refusal):
            await floor.callers.admit(api, account, permission)


async def test_another_tenants_account_key_admits_nobody(floor: Floor) -> None:
    tenant, _ = await floor.tenant()
    account = await floor.account(tenant)
    key = (await floor.account_keys.create(account.id)).secret
    _, others_key = await floor.tenant()
    with pytest.raises(UnauthorizedAccountKey):
        await floor.callers.admit(others_key, key, Permission.READ)
