"""The same event again and again: answered from memory, as the database would answer it."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storage.repositories.accounts import Account
from storage.unit_of_work import UnitOfWork
from tests.webhooks.relay import SIGNED, START, Relay, event_body, on_sqlite
from tests.webhooks.test_intake import events
from webhooks.errors import EventStale
from webhooks.recently import Recently

STALE = {**SIGNED, "stale": ""}


@pytest.fixture
def closed(relay: Relay, monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """Call it, and from then on nothing is written."""

    def close() -> None:
        def refused(*_: object, **__: object) -> object:
            raise AssertionError("a transaction")

        for name in ("hot", "writing"):
            monkeypatch.setattr(UnitOfWork, name, refused)

    return close


@on_sqlite
async def test_a_stored_event_that_comes_again_costs_no_transaction(
    relay: Relay, closed: Callable[[], None]
) -> None:
    upstream = await relay.upstream(await relay.account())
    intake = relay.intake()
    await intake.accept(upstream.code, SIGNED, event_body("up-1"))
    await intake.accept(upstream.code, SIGNED, event_body("up-2"))
    closed()
    for _ in range(3):
        await intake.accept(upstream.code, SIGNED, event_body("up-1"))
    await intake.accept(upstream.code, SIGNED, event_body("up-2"))
    assert [relay.counted(name) for name in ("stored", "duplicate")] == [2, 4]
    with pytest.raises(AssertionError, match="a transaction"):
        await intake.accept(upstream.code, SIGNED, event_body("up-3"))


@on_sqlite
async def test_a_revocation_that_comes_again_costs_no_transaction(
    relay: Relay, closed: Callable[[], None]
) -> None:
    upstream = await relay.upstream(await relay.account())
    intake = relay.intake()
    body = event_body("up-1", type="v1/consent-revocations")
    await intake.accept(upstream.code, SIGNED, body)
    closed()
    await intake.accept(upstream.code, SIGNED, body)
    assert [relay.counted(name) for name in ("stored", "duplicate")] == [1, 1]


@on_sqlite
async def test_what_could_not_be_stored_is_not_remembered(
    relay: Relay, monkeypatch: pytest.MonkeyPatch
) -> None:
    upstream = await relay.upstream(await relay.account())
    intake = relay.intake()
    with monkeypatch.context() as broken:

        def refused(*_: object, **__: object) -> object:
            raise RuntimeError("the disk is full")

        broken.setattr(UnitOfWork, "hot", refused)
        with pytest.raises(RuntimeError):
            await intake.accept(upstream.code, SIGNED, event_body("up-1"))
    await intake.accept(upstream.code, SIGNED, event_body("up-1"))
    assert len(await events(relay)) == 1


@on_sqlite
async def test_the_same_id_at_another_account_is_another_event(relay: Relay) -> None:
    one, other = await relay.account(), await relay.account()
    here = await relay.upstream(one)
    there = await relay.upstream(other, id="ups_other", upstream_id="q-2")
    sealed = relay.ring.seal("o" * 64, associated_data="upstream_subscriptions.secret:ups_other")
    async with relay.work.writing() as tx:
        await tx.upstream_subscriptions.change(there, START, secret=sealed)
    intake = relay.intake()
    await intake.accept(here.code, SIGNED, event_body("up-1"))
    await intake.accept(there.code, {"signature": "o" * 64}, event_body("up-1"))
    assert len(await events(relay)) == 2


@on_sqlite
async def test_memory_and_database_say_the_same_when_it_has_been_forgotten(relay: Relay) -> None:
    upstream = await relay.upstream(await relay.account())
    intake = relay.intake()
    for minutes in (0, 5, 10, 20):
        relay.clock.now = START + timedelta(minutes=minutes)
        await intake.accept(upstream.code, SIGNED, event_body("up-1"))
    assert len(await events(relay)) == 1
    assert [relay.counted(name) for name in ("stored", "duplicate")] == [1, 3]


async def polls_at_once(relay: Relay, account: Account, bodies: list[bytes]) -> int:
    """Post stale events; return how often a poll was asked for."""
    upstream = await relay.upstream(account)
    intake = relay.intake()
    polls = 0

    def poll_now() -> None:
        nonlocal polls
        polls += 1

    intake._poll_now = poll_now
    for body in bodies:
        with pytest.raises(EventStale):
            await intake.accept(upstream.code, STALE, body)
    return polls


@on_sqlite
async def test_a_stale_event_that_comes_again_brings_about_nothing(relay: Relay) -> None:
    again = event_body("up-1")
    assert (
        await polls_at_once(relay, await relay.account(), [again] * 5 + [event_body("up-2")]) == 2
    )
    assert relay.counted("stale") == 6


def test_a_memory_is_bounded_in_count_and_time() -> None:
    recently: Recently[int] = Recently(most=3, life=timedelta(minutes=10))
    for number in range(3):
        recently.add(number, START)
    assert recently.has(0, START)
    recently.add(3, START)
    assert [recently.has(number, START) for number in range(4)] == [True, False, True, True]
    late = START + timedelta(minutes=10)
    assert not any(recently.has(number, late) for number in range(4))


@given(st.lists(st.tuples(st.booleans(), st.integers(0, 9), st.integers(0, 3))))
def test_a_memory_knows_nothing_that_was_not_told(
    steps: list[tuple[bool, int, int]],
) -> None:
    recently: Recently[int] = Recently(most=4, life=timedelta(seconds=5))
    now, added = START, dict[int, object]()
    for adds, key, seconds in steps:
        now += timedelta(seconds=seconds)
        if adds:
            recently.add(key, now)
            added[key] = now
        elif recently.has(key, now):
            assert now - added[key] < timedelta(seconds=5)  # type: ignore[operator]
