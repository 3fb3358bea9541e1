"""What is allowed to assistants, on both databases: codes and tokens hold once, and for a time."""

import asyncio
from datetime import timedelta

import pytest

from connector.api.operation import Permission
from oauth.assistants import ACCESS_LIFE, CODE_LIFE, AccessWish, Assistants
from tests.oauth.conftest import Floor

pytestmark = pytest.mark.both_databases

WISH = AccessWish("digest", "Desk", "http://127.0.0.1/", "challenge")


async def allowed(floor: Floor) -> tuple[Assistants, str]:
    """Let a client in that may write; return what knows it, and its code."""
    tenant, api_key = await floor.tenant()
    account = await floor.account(tenant)
    key = await floor.account_keys.create(account.id)
    assistants = Assistants(floor.work, floor.ring, floor.callers, floor.clock)
    return assistants, await assistants.allow(WISH, api_key, key.secret, may_write=True)


async def test_a_code_becomes_tokens_once_however_many_ask(floor: Floor) -> None:
    """And when it was asked for twice, what came of it ends."""
    assistants, code = await allowed(floor)
    found = await assistants.find(code, "CODE", WISH.client_digest)
    assert found is not None and found.token.challenge == "challenge"
    made = await asyncio.gather(*(assistants.exchange(found) for _ in range(3)))
    (tokens,) = [one for one in made if one is not None]
    assert await assistants.verify(tokens.access) is None


async def test_tokens_stand_for_the_account_until_they_end(floor: Floor) -> None:
    assistants, code = await allowed(floor)
    found = await assistants.find(code, "CODE", WISH.client_digest)
    assert found is not None
    assert await assistants.find(code, "CODE", "another client") is None
    tokens = await assistants.exchange(found)
    assert tokens is not None
    told = await assistants.verify(tokens.access)
    assert told is not None and told[0].permissions == {Permission.READ, Permission.WRITE}
    floor.clock.move(seconds=ACCESS_LIFE.total_seconds())
    assert await assistants.verify(tokens.access) is None
    again = await assistants.find(tokens.refresh, "REFRESH", WISH.client_digest)
    assert again is not None
    newer = await assistants.exchange(again)
    assert newer is not None and await assistants.verify(newer.access) is not None
    floor.clock.move(seconds=timedelta(days=100).total_seconds())
    assert await assistants.verify(newer.access) is None
    assert await assistants.clean_up() == 6  # the code, four tokens and the grant


async def test_a_code_is_good_for_two_minutes(floor: Floor) -> None:
    assistants, code = await allowed(floor)
    floor.clock.move(seconds=CODE_LIFE.total_seconds())
    assert await assistants.find(code, "CODE", WISH.client_digest) is None
