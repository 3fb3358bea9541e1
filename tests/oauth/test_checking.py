"""A refused access that can't be renewed: checked once, and ended only when the check says so."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta

import pytest

from oauth.checking import EVERY
from oauth.errors import ProviderUnavailable, ReauthRequired
from oauth.key_links import Credentials
from storage.errors import ServiceError
from storage.repositories.accounts import Account
from storage.repositories.tokens import StoredTokens
from tests.oauth.conftest import Floor

pytestmark = pytest.mark.covers("QX-03")

Link = Callable[[Floor], Awaitable[Account]]


class Away(ServiceError):
    """The provider failed, was throttled or could not be reached."""

    retryable = True


async def by_key(floor: Floor) -> Account:
    """An organisation's own API key, with a custom value of its own."""
    made = await floor.tenants.create("Vendor")
    key = Credentials("acme-1234", "secret", {"stagingToken": "mine"})
    return (await floor.key_links.link(made.tenant, "acme-sandbox", key)).account


async def without_offline_access(floor: Floor) -> Account:
    """Tokens that nothing comes after."""
    floor.provider.offline = False
    tenant, _ = await floor.tenant()
    return await floor.account(tenant)


BOTH_KINDS = pytest.mark.parametrize("link", [by_key, without_offline_access])


async def stored(floor: Floor, account: Account) -> StoredTokens:
    async with floor.work.reading() as tx:
        tokens = await tx.tokens.of_account(account.id)
    assert tokens is not None
    return tokens


@BOTH_KINDS
async def test_an_access_that_works_after_all_is_used_again(floor: Floor, link: Link) -> None:
    """As a newer version, by which those who count refusals know that it isn't the refused one."""
    account = await link(floor)
    before, refused = await stored(floor, account), await floor.vault.get(account.id)
    access = await floor.vault.renew(account.id, refused)
    assert access.headers == refused.headers
    assert access.version == refused.version + 1
    assert not access.is_renewable
    assert [one.headers for one in floor.provider.checked] == [refused.headers]
    after = await stored(floor, account)
    assert (after.kind, after.custom_values) == (before.kind, before.custom_values)
    assert (after.access_token, after.updated_at) == (before.access_token, before.updated_at)
    assert await floor.status_of(account.id) == "ACTIVE"
    assert floor.refreshes == ["checked"]
    assert floor.provider.refreshes() == 0


@BOTH_KINDS
async def test_an_access_that_is_refused_again_is_gone(floor: Floor, link: Link) -> None:
    account = await link(floor)
    floor.provider.takes_access = False
    with pytest.raises(ReauthRequired):
        await floor.vault.renew(account.id, await floor.vault.get(account.id))
    assert await floor.status_of(account.id) == "REAUTH_REQUIRED"
    assert floor.refreshes == ["ended"]
    with pytest.raises(ReauthRequired):
        await floor.vault.get(account.id)
    assert len(floor.provider.checked) == 1


@BOTH_KINDS
@pytest.mark.parametrize("trouble", [Away("503"), TimeoutError()])
async def test_a_check_that_shows_nothing_leaves_the_account_as_it_is(
    floor: Floor, link: Link, trouble: Exception
) -> None:
    """Whoever calls may come back in a minute; then it is checked again, and used."""
    account = await link(floor)
    floor.provider.takes_access = trouble
    refused = await floor.vault.get(account.id)
    for waited in (0, 20):
        floor.clock.move(seconds=waited)
        with pytest.raises(ProviderUnavailable) as caught:
            await floor.vault.renew(account.id, refused)
        assert caught.value.retryable
        assert caught.value.retry_after == 60 - waited
    assert len(floor.provider.checked) == 1
    assert await floor.status_of(account.id) == "ACTIVE"
    assert (await stored(floor, account)).version == refused.version
    floor.provider.takes_access = True
    floor.clock.move(seconds=41)
    assert (await floor.vault.renew(account.id, refused)).version == refused.version + 1
    assert len(floor.provider.checked) == 2


async def test_a_check_that_is_never_answered_ends_before_its_lease(floor: Floor) -> None:
    account = await by_key(floor)
    quick = floor.settings.model_copy(update={"identify_timeout_seconds": 0.05})
    object.__setattr__(floor.vault._refresher.checker, "settings", quick)
    floor.provider.before_check = asyncio.Event().wait
    with pytest.raises(ProviderUnavailable):
        await floor.vault.renew(account.id, await floor.vault.get(account.id))
    assert await floor.status_of(account.id) == "ACTIVE"


@pytest.mark.both_databases
@pytest.mark.parametrize("shows", [True, False, Away("503")])
async def test_whoever_asks_in_whichever_process_there_is_one_check(
    floor: Floor, shows: bool | Exception
) -> None:
    account = await by_key(floor)
    reached, opened = asyncio.Event(), asyncio.Event()

    async def held() -> None:
        reached.set()
        await opened.wait()

    floor.provider.takes_access, floor.provider.before_check = shows, held
    vaults = [floor.vault, floor.another_vault(), floor.another_vault()]
    refused = [await vault.get(account.id) for vault in vaults]
    asking = [
        asyncio.create_task(vault.renew(account.id, access))
        for vault, access in zip(vaults, refused, strict=True)
        for _ in range(5)
    ]
    await reached.wait()
    await asyncio.sleep(0.05)
    opened.set()
    outcomes = await asyncio.gather(*asking, return_exceptions=True)
    assert len(floor.provider.checked) == 1
    match shows:
        case True:
            assert {getattr(one, "version", one) for one in outcomes} == {2}
        case False:
            assert {type(one) for one in outcomes} == {ReauthRequired}
        case _:
            assert {type(one) for one in outcomes} == {ProviderUnavailable}
    for vault in vaults[1:]:
        await vault.close()


async def test_a_provider_that_takes_nothing_but_the_check_is_asked_once_a_minute(
    floor: Floor,
) -> None:
    """The link stays, and whoever calls is told to come back."""
    account = await by_key(floor)
    versions: set[int] = set()
    waits: list[float] = []
    for _ in range(120):
        try:
            access = await floor.vault.renew(account.id, await floor.vault.get(account.id))
            versions.add(access.version)
        except ProviderUnavailable as error:
            waits.append(error.retry_after or 0.0)
        floor.clock.move(seconds=5)
    assert 0 < min(waits) <= max(waits) <= 60
    assert len(floor.provider.checked) == len(versions) == 600 / EVERY.total_seconds()
    assert await floor.status_of(account.id) == "ACTIVE"


async def test_a_new_link_is_checked_whenever_the_one_before_was(floor: Floor) -> None:
    account = await by_key(floor)
    await floor.vault.renew(account.id, await floor.vault.get(account.id))
    tenant = await floor.tenants.get(account.tenant_id)
    key = Credentials("acme-1234", "another", {"stagingToken": "mine"})
    await floor.key_links.link(tenant, "acme-sandbox", key, account=account)
    floor.vault.forget(account.id)
    access = await floor.vault.get(account.id)
    assert (await floor.vault.renew(account.id, access)).version == access.version + 1
    assert len(floor.provider.checked) == 2


@pytest.mark.both_databases
async def test_a_check_whose_process_died_is_made_by_another(floor: Floor) -> None:
    account = await by_key(floor)
    tokens = await stored(floor, account)
    async with floor.work.writing() as tx:
        assert await tx.tokens.claim(
            tokens.connection_id,
            tokens.version,
            owner="dead",
            at=floor.clock(),
            lease=timedelta(seconds=-1),
        )
    assert await floor.vault.resume() == 1
    assert len(floor.provider.checked) == 1
    assert (await stored(floor, account)).version == 2
    assert await floor.vault.resume() == 0


async def test_a_token_that_nothing_comes_after_is_used_to_its_end(floor: Floor) -> None:
    """Ending it two minutes early would end the link two minutes early."""
    account = await without_offline_access(floor)
    floor.clock.move(seconds=3599)
    await floor.vault.get(account.id)
    assert await floor.status_of(account.id) == "ACTIVE"
    floor.clock.move(seconds=1)
    with pytest.raises(ReauthRequired):
        await floor.vault.get(account.id)
    assert floor.provider.checked == []
