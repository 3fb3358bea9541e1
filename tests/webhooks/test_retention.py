"""What is old and finished goes, a chunk at a time; what waits stays, however old it is."""

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import func, insert, select

from storage.repositories.deliveries import Delivery
from storage.tables import AttemptRow, AuditRow, DeliveryRow, EventRow, KnownRecordRow
from storage.values import table_of
from tests.webhooks.history import past
from tests.webhooks.relay import SIGNED, START, Relay, event_body, on_sqlite
from webhooks.retention import CHUNK, Removed, Retention

pytestmark = pytest.mark.both_databases

KEEP = timedelta(days=30)
OLD = START - timedelta(days=31)


async def at_once(_seconds: float) -> None:
    """Wait for nobody but those who are ready."""
    await asyncio.sleep(0)


def keeping(relay: Relay) -> Retention:
    return Retention(relay.work, relay.clock, KEEP, pause=at_once)


async def rows(relay: Relay) -> tuple[int, int, int]:
    """Count deliveries, attempts and events."""
    found: list[int] = []
    async with relay.work.reading() as tx:
        for kind in (DeliveryRow, AttemptRow, EventRow):
            query = select(func.count()).select_from(table_of(kind))
            found.append((await tx.connection.execute(query)).scalar_one())
    deliveries, attempts, events = found
    return deliveries, attempts, events


async def test_what_was_finished_long_ago_goes_with_attempts_and_events(relay: Relay) -> None:
    subscription = await relay.subscription(await relay.account())
    for status in ("DELIVERED", "GIVEN_UP", "CANCELED", "MERGED"):
        await past(relay, subscription, 3, at=OLD, status=status)
    young = await past(relay, subscription, 5, at=START - timedelta(days=29))
    assert await keeping(relay).look() == Removed(12, 12, 0)
    assert await rows(relay) == (17, 17, 17)
    assert await keeping(relay).run() == Removed(12, 12, 0)
    assert await rows(relay) == (5, 5, 5)
    assert [one.id for one in await relay.of(subscription)] == young
    assert await keeping(relay).run() == Removed(0, 0, 0)


async def test_what_waits_or_is_held_is_never_removed_however_old(relay: Relay) -> None:
    """Nor is its event, which it takes to send it."""
    subscription = await relay.subscription(await relay.account())
    years = START - timedelta(days=2000)
    waiting = [
        *await past(relay, subscription, 2, at=years, status="PENDING"),
        *await past(relay, subscription, 2, at=years + timedelta(days=1), status="HELD"),
    ]
    await past(relay, subscription, 4, at=years + timedelta(hours=1))
    assert await keeping(relay).look() == Removed(4, 4, 0)
    await keeping(relay).run()
    assert [one.id for one in await relay.of(subscription)] == waiting
    assert await rows(relay) == (4, 0, 4)


async def test_what_was_finished_lately_stays_as_long_as_any(relay: Relay) -> None:
    """A delivery that was held for months is in the log for a month after it went out."""
    subscription = await relay.subscription(await relay.account())
    await past(relay, subscription, at=OLD, finished=START - timedelta(days=2))
    assert await keeping(relay).run() == Removed(0, 0, 0)
    relay.clock.advance(days=29)
    assert await keeping(relay).run() == Removed(1, 1, 0)


async def test_an_event_stays_while_one_of_its_deliveries_does(relay: Relay) -> None:
    """As when it is to be sent again."""
    account = await relay.account()
    subscription = await relay.subscription(account)
    (first,) = await past(relay, subscription, at=OLD)
    async with relay.work.reading() as tx:
        (old,) = await tx.deliveries.of_subscription(subscription.id)
    async with relay.work.writing() as tx:
        await tx.deliveries.add([_again(old)])
    assert await keeping(relay).look() == await keeping(relay).run() == Removed(1, 0, 0)
    left = await relay.one(subscription)
    assert left.id != first
    async with relay.work.reading() as tx:
        assert left.event_id in await tx.events.get([left.event_id or ""])


def _again(old: Delivery) -> Delivery:
    return Delivery(
        id="dlv_7ZZZZZZZZZZZZZZZZZZZZZZZZZ",
        account_id=old.account_id,
        event_id=old.event_id,
        subscription_id=old.subscription_id,
        notice_id=None,
        status="PENDING",
        attempts=0,
        due_at=START,
        lease_owner=None,
        lease_until=None,
        created_at=START,
        completed_at=None,
    )


async def test_the_audit_trail_is_not_touched(relay: Relay) -> None:
    async with relay.work.writing() as tx:
        await tx.connection.execute(
            insert(table_of(AuditRow)).values(
                id="aud_1", at=OLD, actor="operator", action="x", detail="{}"
            )
        )
    await keeping(relay).run()
    async with relay.work.reading() as tx:
        assert len(await tx.audit.list()) == 1


async def test_what_is_known_of_the_records_of_ended_accounts_goes(relay: Relay) -> None:
    """Not of those that must link again, nor of those that still have a subscription."""
    accounts = [await relay.account() for _ in range(4)]
    revoked, subscribed, paused, active = accounts
    async with relay.work.writing() as tx:
        for account, status in ((revoked, "REVOKED"), (subscribed, "REVOKED")):
            await tx.connection.exec_driver_sql(
                f"UPDATE accounts SET status = '{status}' WHERE id = '{account.id}'"  # noqa: S608
            )
        await tx.connection.exec_driver_sql(
            f"UPDATE accounts SET status = 'REAUTH_REQUIRED' WHERE id = '{paused.id}'"  # noqa: S608
        )
        await tx.connection.execute(
            insert(table_of(KnownRecordRow)),
            [
                {
                    "account_id": account.id,
                    "resource": ("INVOICE", "BILL")[number % 2],
                    "resource_id": f"r-{number}",
                    "version": "1",
                    "emitted_until": START,
                }
                for account in accounts
                for number in range(CHUNK + 20)
            ],
        )
    await relay.subscription(subscribed)
    assert (await keeping(relay).look()).known_records == CHUNK + 20
    assert (await keeping(relay).run()).known_records == CHUNK + 20
    async with relay.work.reading() as tx:
        known = table_of(KnownRecordRow).c.account_id
        left = await tx.connection.execute(select(known).distinct())
        assert {row[0] for row in left} == {subscribed.id, paused.id, active.id}


async def test_several_at_once_remove_each_row_once(relay: Relay) -> None:
    subscription = await relay.subscription(await relay.account())
    await past(relay, subscription, 3 * CHUNK, at=OLD)
    removed = await asyncio.gather(*(keeping(relay).run() for _ in range(3)))
    assert sum(one.deliveries for one in removed) == 3 * CHUNK
    assert sum(one.events for one in removed) == 3 * CHUNK
    assert await rows(relay) == (0, 0, 0)


@on_sqlite
async def test_many_rows_go_in_small_chunks_while_events_come_in(relay: Relay) -> None:
    """No transaction is long: an event that comes in meanwhile waits for a few chunks at most."""
    account = await relay.account()
    subscription = await relay.subscription(account)
    upstream = await relay.upstream(account)
    for hour in range(4):
        await past(relay, subscription, 20 * CHUNK, at=OLD - timedelta(hours=hour))
    held = await past(relay, subscription, 50, at=OLD - timedelta(days=1), status="HELD")
    intake = relay.intake()
    chunks = most = accepted = 0

    async def count(_seconds: float) -> None:
        nonlocal chunks
        chunks += 1
        await asyncio.sleep(0)

    work = asyncio.create_task(Retention(relay.work, relay.clock, KEEP, pause=count).run())
    while not work.done():
        before = chunks
        await intake.accept(upstream.code, SIGNED, event_body(f"up-{accepted}"))
        most = max(most, chunks - before)
        accepted += 1
        await asyncio.sleep(0.01)
    assert await work == Removed(80 * CHUNK, 80 * CHUNK, 0)
    assert chunks >= 160
    assert accepted > 10
    assert most < 20
    left = {one.id for one in await relay.of(subscription)}
    assert set(held) < left
    assert len(left) == 50 + accepted


@pytest.mark.parametrize("kind", [DeliveryRow, EventRow])
@on_sqlite
async def test_old_rows_are_found_by_their_primary_key(relay: Relay, kind: type) -> None:
    """So that young rows, however many, are never looked at."""
    table = table_of(kind)
    async with relay.work.reading() as tx:
        found = await tx.connection.exec_driver_sql(
            f"EXPLAIN QUERY PLAN SELECT id FROM {table.name} "  # noqa: S608
            "WHERE id > 'a' AND id < 'b' ORDER BY id LIMIT 500"
        )
        steps = [str(row.detail) for row in found]
    assert len(steps) == 1
    assert steps[0].startswith("SEARCH")
    assert "id>? AND id<?" in steps[0]
