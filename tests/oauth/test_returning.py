"""A browser that comes back with a link more than once, or while something is away."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from urllib.parse import urlencode

import pytest

from oauth.errors import CodeInvalid, StateExpired, UnauthorizedAccountKey
from oauth.grants import ConsentAnswer, read_consent
from oauth.requests import LinkRequest
from oauth.returning import Redirect
from storage.errors import StorageUnavailable
from storage.repositories.tenants import Tenant
from storage.unit_of_work import DatabaseTransaction, UnitOfWork
from tests.oauth.conftest import CALLBACK, Floor, query_of

pytestmark = pytest.mark.both_databases

HOOK = "https://app.example/hooks/account-key"


async def consent(floor: Floor, tenant: Tenant, **wish: object) -> ConsentAnswer:
    started = await floor.links.start(
        tenant, "acme", LinkRequest.model_validate({"callbackUrl": CALLBACK, **wish})
    )
    return read_consent(urlencode(floor.provider.consent(started.url)))


async def finish(
    floor: Floor, answer: ConsentAnswer, cookies: dict[str, str] | None = None
) -> Redirect:
    end = await floor.returning.finish("acme", answer, cookies)
    assert isinstance(end, Redirect)
    return end


def cookie_of(end: Redirect) -> dict[str, str]:
    assert end.mark is not None
    return {end.mark.name: end.mark.value}


async def test_a_code_that_nobody_used_is_replaced_by_one_that_works(floor: Floor) -> None:
    tenant, _ = await floor.tenant()
    answer = await consent(floor, tenant)
    first, again = await finish(floor, answer), await finish(floor, answer)
    lost, code = (query_of(end.url)["code"] for end in (first, again))
    with pytest.raises(CodeInvalid):
        await floor.links.exchange(tenant, lost)
    assert (await floor.links.exchange(tenant, code)).account_key
    assert len(floor.provider.requests) == 1


async def test_a_code_that_was_used_is_replaced_for_the_same_browser_alone(floor: Floor) -> None:
    tenant, _ = await floor.tenant()
    answer = await consent(floor, tenant)
    first = await finish(floor, answer)
    await floor.links.exchange(tenant, query_of(first.url)["code"])
    stranger = await finish(floor, answer)
    assert "code" not in query_of(stranger.url)
    assert query_of(stranger.url)["relinked"] == "true"
    again = await finish(floor, answer, cookie_of(first))
    exchanged = await floor.links.exchange(tenant, query_of(again.url)["code"])
    assert exchanged.relinked


async def test_a_key_in_the_redirect_is_replaced_until_it_is_used(floor: Floor) -> None:
    tenant, _ = await floor.tenant(key_in_redirect=True)
    answer = await consent(floor, tenant)
    first, again = await finish(floor, answer), await finish(floor, answer)
    lost, key = (query_of(end.url)["accountKey"] for end in (first, again))
    with pytest.raises(UnauthorizedAccountKey):
        await floor.callers.select(tenant, lost)
    assert (await floor.callers.select(tenant, key)).status == "ACTIVE"
    await floor.uses.close()
    stranger = await finish(floor, answer)
    assert "accountKey" not in query_of(stranger.url)


async def test_a_key_by_webhook_is_posted_once(floor: Floor) -> None:
    tenant, _ = await floor.tenant(signs=True)
    answer = await consent(floor, tenant, webhookCallbackUrl=HOOK)
    first, again = await finish(floor, answer), await finish(floor, answer)
    assert first.url == again.url
    async with floor.work.reading() as tx:
        assert len(await tx.notices.unplanned()) == 1


async def test_what_failed_fails_the_same_way_again(floor: Floor) -> None:
    tenant, _ = await floor.tenant()
    answer = await consent(floor, tenant)
    floor.provider.codes.clear()
    first, again = await finish(floor, answer), await finish(floor, answer)
    assert "error" in query_of(first.url)
    assert first.url == again.url
    assert len(floor.provider.requests) == 1


async def test_a_second_visit_works_within_the_life_of_the_state(floor: Floor) -> None:
    tenant, _ = await floor.tenant()
    answer = await consent(floor, tenant)
    await finish(floor, answer)
    floor.clock.move(minutes=14, seconds=59)
    assert "code" in query_of((await finish(floor, answer)).url)
    floor.clock.move(seconds=1)
    with pytest.raises(StateExpired):
        await finish(floor, answer)


async def test_a_browser_that_leaves_finds_its_link_made_when_it_comes_back(floor: Floor) -> None:
    tenant, _ = await floor.tenant()
    answer = await consent(floor, tenant)
    asked, answers = asyncio.Event(), asyncio.Event()

    async def hold() -> None:
        asked.set()
        await answers.wait()

    floor.provider.before_answer = hold
    leaving = asyncio.create_task(floor.returning.finish("acme", answer))
    await asked.wait()
    leaving.cancel()
    await asyncio.gather(leaving, return_exceptions=True)
    back = asyncio.create_task(finish(floor, answer))
    answers.set()
    code = query_of((await back).url)["code"]
    assert (await floor.links.exchange(tenant, code)).account_key
    assert len(floor.provider.requests) == 1


async def test_a_link_is_stored_once_the_database_is_back(
    floor: Floor, monkeypatch: pytest.MonkeyPatch
) -> None:
    tenant, _ = await floor.tenant()
    answer = await consent(floor, tenant)
    away = 3
    writing = UnitOfWork.writing

    @asynccontextmanager
    async def failing(work: UnitOfWork) -> AsyncIterator[DatabaseTransaction]:
        nonlocal away
        if floor.provider.requests and away:
            away -= 1
            raise StorageUnavailable("the database is away")
        async with writing(work) as tx:
            yield tx

    monkeypatch.setattr(UnitOfWork, "writing", failing)
    end = await finish(floor, answer)
    assert away == 0
    assert (await floor.links.exchange(tenant, query_of(end.url)["code"])).account_key
    assert floor.provider.revoked == []


@pytest.mark.parametrize("wish", [{"hosted": True}, {"webhookCallbackUrl": HOOK}, {}])
async def test_a_commit_whose_answer_was_lost_is_not_made_twice(
    floor: Floor, monkeypatch: pytest.MonkeyPatch, wish: dict[str, object]
) -> None:
    """The database stored the link, and went away before it could say so."""
    tenant, _ = await floor.tenant(signs=True)
    asked = LinkRequest.model_validate({"callbackUrl": CALLBACK, **wish})
    url = (await floor.links.start(tenant, "acme", asked)).url
    cookies: dict[str, str] = {}
    if asked.hosted:
        departure = await floor.pages.depart(url.rpartition("/")[2])
        url, cookies = departure.url, {departure.mark.name: departure.mark.value}
    answer = read_consent(urlencode(floor.provider.consent(url)))
    lost = 0
    writing = UnitOfWork.writing

    @asynccontextmanager
    async def losing(work: UnitOfWork) -> AsyncIterator[DatabaseTransaction]:
        nonlocal lost
        async with writing(work) as tx:
            yield tx
        if floor.provider.identified and not lost:
            lost += 1
            raise StorageUnavailable("the connection was lost during the commit")

    monkeypatch.setattr(UnitOfWork, "writing", losing)
    end = await finish(floor, answer, cookies)
    assert lost == 1
    assert "error" not in query_of(end.url)
    assert floor.provider.revoked == []
    async with floor.work.reading() as tx:
        (account,) = await tx.accounts.of_tenant(tenant.id)
        tokens = await tx.tokens.of_account(account.id)
        notices = await tx.notices.unplanned()
    assert tokens is not None
    assert tokens.version == 1, "stored once"
    assert len(notices) == (1 if asked.webhook_callback_url else 0)
    if not asked.webhook_callback_url:
        code = query_of(end.url)["code"]
        assert (await floor.links.exchange(tenant, code)).account_key
