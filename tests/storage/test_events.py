"""Accepted events, stored once."""

import asyncio

import pytest
from msgspec.structs import replace

from storage.repositories.events import Event
from storage.sealing import KeyRing
from storage.unit_of_work import UnitOfWork
from tests.webhooks.relay import START, Relay

pytestmark = pytest.mark.both_databases


@pytest.fixture
def relay(work: UnitOfWork, ring: KeyRing) -> Relay:
    return Relay(work, ring)


def event(account_id: str, number: int, *, copy: str = "") -> Event:
    return Event(
        id=f"evt_{copy}{number}",
        account_id=account_id,
        upstream_event_id=f"up-{number}",
        resource="INVOICE",
        resource_id=f"inv-{number}",
        event_type="CREATED",
        occurred_at=START,
        received_at=START,
        body_sha256="0" * 64,
    )


async def test_what_is_stored_comes_back_as_it_was(relay: Relay) -> None:
    stored = event((await relay.account()).id, 1)
    async with relay.work.writing() as tx:
        assert await tx.events.add_new([stored]) == {stored.id}
    async with relay.work.reading() as tx:
        assert await tx.events.get([stored.id, "evt_other"]) == {stored.id: stored}
        assert await tx.events.get([]) == {}


async def test_an_upstream_id_is_stored_once_per_account(relay: Relay) -> None:
    first, second = (await relay.account()).id, (await relay.account()).id
    async with relay.work.writing() as tx:
        assert await tx.events.add_new([event(first, 1)]) == {"evt_1"}
        assert await tx.events.add_new([event(first, 1, copy="b")]) == set()
        assert await tx.events.add_new([event(second, 1, copy="c")]) == {"evt_c1"}
        assert await tx.events.add_new([]) == set()


async def test_of_several_in_one_batch_the_first_is_kept(relay: Relay) -> None:
    account_id = (await relay.account()).id
    batch = [
        event(account_id, 2, copy="a"),
        event(account_id, 1, copy="a"),
        event(account_id, 2, copy="b"),
        event(account_id, 1, copy="b"),
    ]
    async with relay.work.writing() as tx:
        assert await tx.events.add_new(batch) == {"evt_a1", "evt_a2"}


async def test_a_large_batch_is_stored_whole(relay: Relay) -> None:
    account_id = (await relay.account()).id
    batch = [event(account_id, number) for number in range(2500)]
    async with relay.work.writing() as tx:
        assert len(await tx.events.add_new(batch)) == 2500


async def test_two_processes_with_the_same_events_in_opposite_orders_both_succeed(
    relay: Relay,
) -> None:
    account_id = (await relay.account()).id

    async def add(batch: list[Event]) -> set[str]:
        async with relay.work.writing() as tx:
            return await tx.events.add_new(batch)

    for round_ in range(6):
        batch = [event(account_id, round_ * 1000 + number) for number in range(400)]
        other = [replace(item, id=f"{item.id}b") for item in reversed(batch)]
        mine, theirs = await asyncio.gather(add(batch), add(other))
        assert len(mine) + len(theirs) == 400


async def test_a_resource_was_seen_by_its_account_and_kind_only(relay: Relay) -> None:
    account_id, other = (await relay.account()).id, (await relay.account()).id
    stored = event(account_id, 1)
    async with relay.work.writing() as tx:
        await tx.events.add_new([stored, replace(event(account_id, 2), resource_id="inv-1")])
    keys = [
        (account_id, "INVOICE", "inv-1"),
        (account_id, "INVOICE", "inv-2"),
        (account_id, "CUSTOMER", "inv-1"),
        (other, "INVOICE", "inv-1"),
    ]
    async with relay.work.reading() as tx:
        assert await tx.events.seen(keys) == {keys[0]}
        assert await tx.events.seen([]) == set()
        assert await tx.events.seen((account_id, "INVOICE", f"inv-{n}") for n in range(600)) == {
            keys[0]
        }
