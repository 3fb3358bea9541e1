"""Linking by an organisation's own API key."""

import pytest

from oauth.accounts import Status
from oauth.errors import (
    AccountInactive,
    OrganizationMismatch,
    ProviderRefused,
    ReauthRequired,
    UnauthorizedAccountKey,
    UnknownTarget,
)
from oauth.key_links import Credentials
from tests.oauth.conftest import Floor

KEY = Credentials("acme-1234", "secret-canary")


async def test_a_link_by_key_hands_out_access_without_scopes_or_end(floor: Floor) -> None:
    made = await floor.tenants.create("Vendor")
    linked = await floor.key_links.link(made.tenant, "acme", KEY, reference="c7")
    assert linked.account_key is not None
    assert floor.provider.identified[-1].headers == {"Authorization": "acme-1234:secret-canary"}
    assert floor.provider.identified[-1].scopes is None
    account = await floor.callers.select(made.tenant, linked.account_key)
    assert (account.status, account.reference) == (Status.ACTIVE, "c7")
    assert floor.told == [account.id]
    for _ in range(2):
        access = await floor.vault.get(account.id)
        assert access.headers == {"Authorization": "acme-1234:secret-canary"}
        assert (access.scopes, access.expires_at) == (None, None)
        floor.clock.move(days=4000)
    credential_status = await floor.vault.credential_status(account.id)
    assert credential_status is not None
    assert (credential_status.scopes, credential_status.is_renewable) == ((), False)


async def test_the_key_is_stored_sealed(floor: Floor) -> None:
    made = await floor.tenants.create("Vendor")
    key = Credentials("acme-1234", "secret-canary", {"stagingToken": "staging-canary"})
    linked = await floor.key_links.link(made.tenant, "acme-sandbox", key)
    async with floor.work.reading() as tx:
        stored = await tx.tokens.of_account(linked.account.id)
    assert stored is not None
    assert stored.custom_values is not None
    assert b"canary" not in stored.access_token + stored.custom_values
    assert "canary" not in repr((key, linked, stored))


@pytest.mark.both_databases
async def test_own_values_go_before_the_registered_ones(floor: Floor) -> None:
    tenant, _ = await floor.tenant()
    plain = await floor.key_links.link(tenant, "acme-sandbox", KEY)
    assert (await floor.vault.get(plain.account.id)).headers["X-Staging"] == "staging-canary"
    own = Credentials(KEY.login, KEY.secret, {"stagingToken": "mine"})
    await floor.key_links.link(tenant, "acme-sandbox", own)
    floor.vault.forget(plain.account.id)
    assert (await floor.vault.get(plain.account.id)).headers["X-Staging"] == "mine"


async def test_a_refused_key_stores_nothing(floor: Floor) -> None:
    made = await floor.tenants.create("Vendor")
    floor.provider.identify_error = ProviderRefused("no such key")
    with pytest.raises(ProviderRefused):
        await floor.key_links.link(made.tenant, "acme", KEY)
    with pytest.raises(UnknownTarget):
        await floor.key_links.link(made.tenant, "nobody", KEY)
    assert await floor.tenants.end_users(made.tenant) == []


async def test_a_key_refused_later_must_be_given_anew(floor: Floor) -> None:
    made = await floor.tenants.create("Vendor")
    linked = await floor.key_links.link(made.tenant, "acme", KEY)
    account_id = linked.account.id
    floor.provider.takes_access = False
    with pytest.raises(ReauthRequired):
        await floor.vault.renew(account_id, await floor.vault.get(account_id))
    assert await floor.status_of(account_id) == "REAUTH_REQUIRED"
    assert floor.provider.requests == []
    again = await floor.key_links.link(
        made.tenant, "acme", Credentials(KEY.login, "new"), account=linked.account
    )
    assert (again.account_key, again.account.id) == (None, account_id)
    floor.clock.move(seconds=6)
    access = await floor.vault.get(account_id)
    assert access.headers == {"Authorization": "acme-1234:new"}


@pytest.mark.both_databases
async def test_a_link_by_key_and_one_by_oauth_are_the_same_account(floor: Floor) -> None:
    tenant, _ = await floor.tenant()
    account = await floor.account(tenant)
    by_key = await floor.key_links.link(tenant, "acme", KEY)
    assert by_key.account.id == account.id
    assert (await floor.vault.get(account.id)).scopes is None
    await floor.account(tenant)
    floor.vault.forget(account.id)
    access = await floor.vault.get(account.id)
    assert access.scopes is not None
    assert access.headers["Authorization"].startswith("Bearer ")


async def test_another_organisation_or_target_under_a_key_is_refused(floor: Floor) -> None:
    made = await floor.tenants.create("Vendor")
    linked = await floor.key_links.link(made.tenant, "acme", KEY)
    floor.provider.organization = "org-2"
    with pytest.raises(OrganizationMismatch):
        await floor.key_links.link(made.tenant, "acme", KEY, account=linked.account)
    with pytest.raises(UnauthorizedAccountKey):
        await floor.key_links.link(made.tenant, "acme-sandbox", KEY, account=linked.account)


async def test_a_disabled_account_stays_so(floor: Floor) -> None:
    made = await floor.tenants.create("Vendor")
    linked = await floor.key_links.link(made.tenant, "acme", KEY)
    async with floor.work.writing() as tx:
        await tx.accounts.move(
            linked.account.id, to=Status.DISABLED, before=Status.ACTIVE, at=floor.clock()
        )
    with pytest.raises(AccountInactive):
        await floor.key_links.link(made.tenant, "acme", KEY)
