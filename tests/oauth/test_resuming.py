"""Interrupted refreshes: finished without traffic, once, and never with a token that is poison."""

import asyncio
from datetime import timedelta

import httpx2
import pytest

from oauth.errors import ProviderUnavailable
from oauth.resuming import Resumer
from oauth.vault import TokenVault
from storage.repositories.accounts import Account
from tests.chaos.patience import until
from tests.oauth.conftest import Floor
from tests.oauth.test_vault import crash_after_the_answer, end_leases, stored

pytestmark = [pytest.mark.covers("QX-03"), pytest.mark.both_databases]


class Seconds:
    """A clock that only goes forward, when told to."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
async def account(floor: Floor) -> Account:
    tenant, _ = await floor.tenant()
    return await floor.account(tenant)


@pytest.fixture
def seconds() -> Seconds:
    return Seconds()


@pytest.fixture
def vault(floor: Floor, seconds: Seconds) -> TokenVault:
    """A process that found everything as it is."""
    return TokenVault(
        floor.work,
        floor.ring,
        floor.targets,
        floor.client,
        floor.settings,
        clock=floor.clock,
        observe=floor.refreshes.append,
        jitter=lambda: 0.0,
        now=seconds,
    )


async def test_an_interrupted_refresh_is_finished_without_traffic(
    floor: Floor, account: Account, vault: TokenVault
) -> None:
    await crash_after_the_answer(floor, account, lease=timedelta(hours=1))
    assert await vault.resume() == 0  # it may still be under way
    await end_leases(floor)
    assert await vault.resume() == 1
    assert await vault.resume() == 0
    assert (await stored(floor, account)).version == 2
    floor.clock.move(hours=2)
    assert (await vault.get(account.id)).version == 3
    assert await floor.status_of(account.id) == "ACTIVE"


async def test_of_several_processes_one_finishes_it(floor: Floor, account: Account) -> None:
    await crash_after_the_answer(floor, account)
    await end_leases(floor)
    await asyncio.gather(*(floor.another_vault().resume() for _ in range(3)))
    assert floor.provider.refreshes() == 2  # the one that was lost, and this one
    assert (await stored(floor, account)).version == 2


async def test_an_answer_that_never_came_is_asked_for_again_within_the_grace(
    floor: Floor, account: Account, vault: TokenVault
) -> None:
    async def lose() -> None:
        raise httpx2.ReadTimeout("the tokens were made, and never arrived")

    floor.clock.move(hours=2)
    floor.provider.before_answer = lose
    with pytest.raises(ProviderUnavailable):
        await vault.get(account.id)
    floor.provider.before_answer = None
    floor.clock.move(seconds=3)
    assert await vault.resume() == 1
    assert (await stored(floor, account)).version == 2


async def test_a_refresh_that_certainly_did_not_happen_needs_no_finishing(
    floor: Floor, account: Account, vault: TokenVault
) -> None:
    floor.clock.move(hours=2)
    for answer in (httpx2.Response(429), httpx2.ConnectError("away")):
        floor.provider.answers.append(answer)
        with pytest.raises(ProviderUnavailable):
            await vault.get(account.id)
    assert await vault.resume() == 0
    assert floor.provider.refreshes() == 2


async def test_a_provider_that_is_away_is_asked_more_and_more_rarely(
    floor: Floor, account: Account, vault: TokenVault, seconds: Seconds
) -> None:
    await crash_after_the_answer(floor, account)
    await end_leases(floor)
    floor.provider.answers = [httpx2.Response(503)] * 100
    for _ in range(120):
        await vault.resume()
        seconds.now += 3
        floor.clock.move(seconds=3)
    assert 6 <= floor.provider.refreshes() - 1 <= 12
    assert await floor.status_of(account.id) == "ACTIVE"


async def test_the_owner_of_an_old_lease_is_given_time_to_save_what_it_has(
    floor: Floor, account: Account, vault: TokenVault, seconds: Seconds
) -> None:
    """Presenting the token again after its grace would end the set that the owner has in hand."""
    await crash_after_the_answer(floor, account)
    await end_leases(floor, since=26)
    assert await vault.resume() == 0
    seconds.now += 29
    assert await vault.resume() == 0
    assert floor.provider.refreshes() == 1
    seconds.now += 2
    assert await vault.resume() == 1


async def test_a_process_that_is_alone_with_its_database_waits_for_nobody(
    floor: Floor, account: Account, vault: TokenVault
) -> None:
    await crash_after_the_answer(floor, account)
    await end_leases(floor, since=26)
    await vault.start(alone=True)
    await until(lambda: floor.provider.refreshes() == 2)
    await vault.close()
    assert (await stored(floor, account)).version == 2


async def test_what_is_finished_too_late_counts_as_our_loss(
    floor: Floor, account: Account, vault: TokenVault, seconds: Seconds
) -> None:
    """Nobody was there for a minute: the one loss that is declared, and it's told apart."""
    await crash_after_the_answer(floor, account)
    floor.clock.move(seconds=61)
    await end_leases(floor, since=61)
    await vault.resume()
    seconds.now += 31
    await vault.resume()
    assert await floor.status_of(account.id) == "REAUTH_REQUIRED"
    assert floor.refreshes == ["lost"]
    assert await vault.resume() == 0


async def test_accounts_that_are_not_in_use_are_left_alone(
    floor: Floor, account: Account, vault: TokenVault
) -> None:
    await crash_after_the_answer(floor, account)
    await end_leases(floor)
    async with floor.work.writing() as tx:
        assert await tx.accounts.move(account.id, to="DISABLED", before="ACTIVE", at=floor.clock())
    assert await vault.resume() == 0
    assert floor.provider.refreshes() == 1


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_a_look_that_fails_is_followed_by_others(
    floor: Floor, account: Account, vault: TokenVault, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks = 0
    turn = Resumer.turn

    async def unlucky(self: Resumer) -> int:
        nonlocal looks
        looks += 1
        if looks == 1:
            raise RuntimeError("nobody expected this")
        return await turn(self)

    monkeypatch.setattr(Resumer, "turn", unlucky)
    monkeypatch.setattr("oauth.resuming.EVERY", 0.01)
    await crash_after_the_answer(floor, account)
    await end_leases(floor)
    await vault.start()
    await until(lambda: floor.provider.refreshes() == 2)
    await vault.close()


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_a_lease_outlives_the_longest_call_and_ends_within_the_grace(floor: Floor) -> None:
    """Two calls of ten seconds, when an answer makes no sense, and a look later: still in grace."""
    from oauth.refreshing import IN_GRACE
    from oauth.resuming import EVERY

    call, lease = floor.settings.token_timeout_seconds, floor.settings.lease_seconds
    assert 2 * call <= lease
    assert lease + 1.25 * EVERY + call <= 60
    assert IN_GRACE + timedelta(seconds=call) < timedelta(seconds=60)
