"""Accounts are one customer of one vendor; consents are shared where customers share them."""

from urllib.parse import parse_qsl, urlsplit

import pytest

from oauth.errors import AccountInactive, ReauthRequired
from oauth.key_links import Credentials
from oauth.requests import LinkRequest
from storage.repositories.accounts import Account
from storage.repositories.connections import Connection
from storage.repositories.tenants import Tenant
from tests.oauth.conftest import CALLBACK, Floor, query_of

pytestmark = pytest.mark.both_databases


@pytest.fixture
async def tenant(floor: Floor) -> Tenant:
    return (await floor.tenant())[0]


async def link(floor: Floor, tenant: Tenant, reference: str | None) -> Account:
    """Walk the whole flow for one of the vendor's customers."""
    wish = LinkRequest(callback_url=CALLBACK, reference=reference)
    came = query_of((await floor.link(tenant, wish)).url)
    exchanged = await floor.links.exchange(tenant, came["code"])
    return await floor.callers.select(tenant, exchanged.account_key)


async def refusal(floor: Floor, tenant: Tenant, reference: str | None) -> str:
    wish = LinkRequest(callback_url=CALLBACK, reference=reference)
    ended = await floor.link(tenant, wish)
    return dict(parse_qsl(urlsplit(ended.url).query))["error"]


async def connections(floor: Floor, *accounts: Account) -> list[Connection | None]:
    async with floor.work.reading() as tx:
        return [await tx.connections.get(one.connection_id or "") for one in accounts]


async def test_two_customers_on_one_organisation_have_accounts_of_their_own(
    floor: Floor, tenant: Tenant
) -> None:
    first, second = await link(floor, tenant, "one"), await link(floor, tenant, "two")
    assert first.id != second.id
    assert (first.reference, second.reference) == ("one", "two")
    assert first.organization_id == second.organization_id
    assert first.connection_id == second.connection_id
    users = await floor.tenants.end_users(tenant)
    assert sorted(len(user.keys) for user in users) == [1, 1]


async def test_they_share_one_refresh(floor: Floor, tenant: Tenant) -> None:
    first, second = await link(floor, tenant, "one"), await link(floor, tenant, "two")
    floor.clock.move(hours=2)
    access = await floor.vault.get(first.id)
    other = await floor.another_vault().get(second.id)
    assert access.headers == other.headers
    assert floor.provider.refreshes() == 1


async def test_an_ended_grant_ends_the_access_of_both(floor: Floor, tenant: Tenant) -> None:
    first, second = await link(floor, tenant, "one"), await link(floor, tenant, "two")
    floor.clock.move(hours=2)
    floor.provider.refresh_tokens.clear()
    with pytest.raises(ReauthRequired):
        await floor.vault.get(first.id)
    assert await floor.status_of(first.id) == "REAUTH_REQUIRED"
    assert await floor.status_of(second.id) == "REAUTH_REQUIRED"


async def test_a_new_consent_brings_back_the_other_customer_too(
    floor: Floor, tenant: Tenant
) -> None:
    first, second = await link(floor, tenant, "one"), await link(floor, tenant, "two")
    async with floor.work.writing() as tx:
        for one in (first, second):
            await tx.accounts.move(one.id, to="REAUTH_REQUIRED", before="ACTIVE", at=floor.clock())
    floor.told.clear()
    await link(floor, tenant, "one")
    assert await floor.status_of(second.id) == "ACTIVE"
    assert floor.told == [first.id, second.id]
    assert (await floor.vault.get(second.id)).headers


async def test_a_customer_that_took_its_consent_back_is_not_brought_back_by_another(
    floor: Floor, tenant: Tenant
) -> None:
    first, second = await link(floor, tenant, "one"), await link(floor, tenant, "two")
    async with floor.work.writing() as tx:
        await tx.accounts.move(second.id, to="REVOKED", before="ACTIVE", at=floor.clock())
    await link(floor, tenant, "one")
    assert await floor.status_of(first.id) == "ACTIVE"
    assert await floor.status_of(second.id) == "REVOKED"


async def test_only_the_same_reference_relinks(floor: Floor, tenant: Tenant) -> None:
    plain = await link(floor, tenant, None)
    named = await link(floor, tenant, "one")
    assert (await link(floor, tenant, None)).id == plain.id
    assert (await link(floor, tenant, "one")).id == named.id != plain.id
    assert len(await floor.tenants.end_users(tenant)) == 2


async def test_a_reference_stays_with_its_organisation(floor: Floor, tenant: Tenant) -> None:
    account = await link(floor, tenant, "one")
    floor.provider.organization = "org-2"
    assert await refusal(floor, tenant, "one") == "REFERENCE_TAKEN"
    assert len(floor.provider.revoked) == 1, "tokens that nobody keeps are given back"
    async with floor.work.writing() as tx:
        await tx.accounts.move(account.id, to="REVOKED", before="ACTIVE", at=floor.clock())
    moved = await link(floor, tenant, "one")
    assert (moved.organization_id, moved.id != account.id) == ("org-2", True)


async def test_a_key_s_link_cannot_take_the_reference_of_another_account(
    floor: Floor, tenant: Tenant
) -> None:
    await link(floor, tenant, "one")
    plain = await link(floor, tenant, None)
    wish = LinkRequest(callback_url=CALLBACK, reference="one")
    ended = await floor.link(tenant, wish, account=plain)
    assert query_of(ended.url)["error"] == "REFERENCE_TAKEN"
    wish = LinkRequest(callback_url=CALLBACK, reference="two")
    await floor.link(tenant, wish, account=plain)
    async with floor.work.reading() as tx:
        renamed = await tx.accounts.get(plain.id)
    assert renamed is not None
    assert renamed.reference == "two"


async def test_two_members_have_consents_of_their_own(floor: Floor, tenant: Tenant) -> None:
    first = await link(floor, tenant, "one")
    floor.provider.member = "member-2"
    second = await link(floor, tenant, "two")
    mine, theirs = await connections(floor, first, second)
    assert mine is not None
    assert theirs is not None
    assert (mine.membership_id, theirs.membership_id) == ("member-1", "member-2")


async def test_a_customer_that_another_member_links_leaves_the_first_consent(
    floor: Floor, tenant: Tenant
) -> None:
    before = await link(floor, tenant, "one")
    old = await floor.vault.get(before.id)
    floor.provider.member = "member-2"
    after = await link(floor, tenant, "one")
    assert after.id == before.id
    assert after.connection_id != before.connection_id
    assert await connections(floor, before) == [None], "nobody lives on it any more"
    assert len(floor.provider.revoked) == 1
    floor.vault.forget(before.id)
    assert (await floor.vault.get(before.id)).headers != old.headers


async def test_a_consent_that_others_live_on_stays_when_one_leaves(
    floor: Floor, tenant: Tenant
) -> None:
    first, second = await link(floor, tenant, "one"), await link(floor, tenant, "two")
    floor.provider.member = "member-2"
    await link(floor, tenant, "one")
    (kept,) = await connections(floor, second)
    assert kept is not None
    assert kept.id == first.connection_id
    assert floor.provider.revoked == []
    assert (await floor.vault.get(second.id)).headers


async def test_an_own_api_key_is_a_consent_of_its_own(floor: Floor, tenant: Tenant) -> None:
    by_person = await link(floor, tenant, "one")
    by_key = await floor.key_links.link(
        tenant, "acme", Credentials("acme-slug", "api-key-canary"), reference="two"
    )
    person, key = await connections(floor, by_person, by_key.account)
    assert person is not None
    assert key is not None
    assert (person.kind, key.kind, key.membership_id) == ("OAUTH", "API_KEY", "")


async def test_nobody_joins_a_consent_that_is_being_taken_back(
    floor: Floor, tenant: Tenant
) -> None:
    first = await link(floor, tenant, "one")
    async with floor.work.writing() as tx:
        await tx.accounts.move(first.id, to="DISABLED", before="ACTIVE", at=floor.clock())
    assert await refusal(floor, tenant, "two") == AccountInactive.code
