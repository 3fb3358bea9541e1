"""The delivery log: newest first, in pages that go on where the last one ended."""

from datetime import timedelta
from itertools import chain
from typing import Any

import pytest
from sqlalchemy import event

from storage.ids import first_id
from storage.repositories.delivery_log import LogFilter
from storage.repositories.subscriptions import Subscription
from storage.sealing import KeyRing
from storage.unit_of_work import UnitOfWork
from tests.webhooks.history import past
from tests.webhooks.relay import START, Relay

pytestmark = pytest.mark.both_databases


@pytest.fixture
def relay(work: UnitOfWork, ring: KeyRing) -> Relay:
    return Relay(work, ring)


@pytest.fixture
async def subscription(relay: Relay) -> Subscription:
    return await relay.subscription(await relay.account())


async def read(
    relay: Relay, subscription: Subscription, chosen: LogFilter, *, most: int, window: int = 20_000
) -> list[list[str]]:
    """Read page after page to the end; return the ids of each."""
    pages: list[list[str]] = []
    before: str | None = None
    while True:
        async with relay.work.reading() as tx:
            page = await tx.delivery_log.page(
                subscription.id, chosen, before=before, most=most, window=window
            )
        pages.append([one.id for one in page.deliveries])
        before = page.next_before
        if before is None:
            return pages


async def test_pages_are_newest_first_and_hold_each_delivery_once(
    relay: Relay, subscription: Subscription
) -> None:
    ids = await past(relay, subscription, 25)
    other = await relay.subscription(await relay.account())
    await past(relay, other, 3)
    pages = await read(relay, subscription, LogFilter(), most=10)
    assert [len(page) for page in pages] == [10, 10, 5]
    assert list(chain(*pages)) == ids[::-1]


async def test_a_full_last_page_is_known_to_be_the_last(
    relay: Relay, subscription: Subscription
) -> None:
    await past(relay, subscription, 10)
    assert [len(page) for page in await read(relay, subscription, LogFilter(), most=10)] == [10]


async def test_filters_choose_and_combine(relay: Relay, subscription: Subscription) -> None:
    await past(relay, subscription, 3)
    failed = await past(relay, subscription, 2, at=START + timedelta(seconds=1), status="GIVEN_UP")
    made = await past(
        relay, subscription, at=START + timedelta(seconds=2), event_type="CREATED", resource_id="x"
    )
    test = await past(relay, subscription, at=START + timedelta(seconds=3), origin="TEST")
    for chosen, expected in (
        (LogFilter(status="GIVEN_UP"), failed),
        (LogFilter(event_type="CREATED"), made),
        (LogFilter(resource_id="x"), made),
        (LogFilter(resource_id="x", status="GIVEN_UP"), []),
        (LogFilter(origin="TEST"), test),
        (
            LogFilter(
                first_id=first_id("dlv", START + timedelta(seconds=1)),
                before_id=first_id("dlv", START + timedelta(seconds=3)),
            ),
            failed + made,
        ),
    ):
        assert list(chain(*await read(relay, subscription, chosen, most=50))) == expected[::-1], (
            chosen
        )


async def test_a_page_looks_at_a_part_only_and_says_where_to_go_on(
    relay: Relay, subscription: Subscription
) -> None:
    """A rare status among many ends a page early, and nothing is left out."""
    rare = await past(relay, subscription, at=START - timedelta(days=1), status="GIVEN_UP")
    await past(relay, subscription, 95)
    pages = await read(relay, subscription, LogFilter(status="GIVEN_UP"), most=5, window=20)
    assert pages == [[], [], [], [], rare]


async def test_records_are_found_in_every_subscription_to_their_resource_alone(
    relay: Relay, subscription: Subscription
) -> None:
    """An id of another resource, or of another account, is another record."""
    wanted = await past(relay, subscription, resource_id="same")
    async with relay.work.reading() as tx:
        account = await tx.accounts.get(subscription.account_id)
    assert account is not None
    await past(relay, await relay.subscription(account, resource="BILL"), resource_id="same")
    await past(relay, await relay.subscription(await relay.account()), resource_id="same")
    chosen = LogFilter(resource_id="same")
    assert await read(relay, subscription, chosen, most=50) == [wanted]


async def test_what_waits_and_what_is_held_is_counted(
    relay: Relay, subscription: Subscription
) -> None:
    await past(relay, subscription, 4)
    await past(relay, subscription, 3, status="PENDING")
    await past(relay, subscription, 2, status="HELD")
    async with relay.work.reading() as tx:
        assert await tx.delivery_log.counts(subscription.id) == (3, 2)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    ("chosen", "index"),
    [
        (LogFilter(), "ix_deliveries_log"),
        (LogFilter(first_id="dlv_0", before_id="dlv_Z"), "ix_deliveries_log"),
        (LogFilter(status="GIVEN_UP", event_type="CREATED"), "ix_deliveries_log"),
        (LogFilter(resource_id="x"), "ix_deliveries_event_id"),
        (LogFilter(event_id="x"), "ix_deliveries_event_id"),
        (LogFilter(event_id="x", resource_id="y"), "ix_deliveries_event_id"),
    ],
)
async def test_a_page_is_read_from_an_index_that_has_its_order_or_few_rows(
    relay: Relay, subscription: Subscription, chosen: LogFilter, index: str
) -> None:
    """No page walks all deliveries, and only a record's few are sorted."""
    await past(relay, subscription, 3)
    asked: list[tuple[str, Any]] = []
    async with relay.work.reading() as tx:

        def note(_c: Any, _k: Any, statement: str, parameters: Any, *_more: Any) -> None:
            asked.append((statement, parameters))

        engine = tx.connection.sync_connection
        event.listen(engine, "before_cursor_execute", note)
        await tx.delivery_log.page(subscription.id, chosen, before="dlv_Z", most=10)
        event.remove(engine, "before_cursor_execute", note)
        statement, parameters = asked[-1]
        rows = await tx.connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)
        steps = [str(row.detail) for row in rows]
    assert any(index in step for step in steps), steps
    assert not any(step.startswith("SCAN deliveries") for step in steps)
    sorts = any("TEMP B-TREE" in step for step in steps)
    assert sorts is (chosen.resource_id is not None or chosen.event_id is not None)
