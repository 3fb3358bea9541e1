"""Records whose events go out in order, and records whose events are joined."""

import asyncio
from collections import Counter, defaultdict
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from storage.repositories.due_deliveries import DueEvent
from storage.repositories.events import Event
from storage.repositories.subscriptions import Subscription
from tests.webhooks.backlog import arrived, change, queue
from tests.webhooks.relay import SIGNED, Relay, event_body, until
from tests.webhooks.test_dispatch import HERE, all_are, quiet
from webhooks.dispatch import Dispatcher
from webhooks.schedule import RETRY_DELAYS, Answered, Outcome
from webhooks.sender import OutgoingRequest

pytestmark = pytest.mark.both_databases


@pytest.fixture
async def ordered(relay: Relay) -> Subscription:
    subscription = await relay.subscription(await relay.account(), HERE)
    await change(relay, subscription, ordered=True)
    return subscription


@pytest.fixture
async def joining(relay: Relay) -> Subscription:
    subscription = await relay.subscription(await relay.account(), HERE)
    await change(relay, subscription, coalesce_seconds=10)
    return subscription


def by_record(events: list[Event]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = defaultdict(list)
    for event in events:
        found[event.resource_id].append(event.id)
    return found


async def test_the_events_of_a_record_go_out_one_after_the_other_by_many_workers(
    relay: Relay, ordered: Subscription
) -> None:
    """Though the ids of the deliveries are in another order, and each worker takes what it can."""
    under_way: Counter[str] = Counter()
    most: Counter[str] = Counter()
    events = await queue(relay, ordered, ["a", "b", "c"] * 8, shuffled=True)
    records = {event.id: event.resource_id for event in events}

    async def slowly(request: OutgoingRequest) -> Outcome:
        record = records[request.headers["webhook-id"]]
        under_way[record] += 1
        most[record] = max(most[record], under_way[record])
        await asyncio.sleep(0.001)
        under_way[record] -= 1
        return Answered(200)

    relay.endpoints.answers[HERE] = slowly
    for _ in range(3):
        await relay.start()
    await all_are(relay, ordered, "DELIVERED")
    assert set(most.values()) == {1}
    assert by_record(arrived(relay, events)) == by_record(events)


@settings(
    max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    records=st.lists(st.sampled_from("abc"), min_size=1, max_size=12),
    failing=st.sets(st.integers(0, 11)),
)
async def test_order_survives_retries(relay: Relay, records: list[str], failing: set[int]) -> None:
    subscription = await relay.subscription(await relay.account(), HERE)
    await change(relay, subscription, ordered=True)
    events = await queue(relay, subscription, records, shuffled=True)
    once = {events[number].id for number in failing if number < len(events)}

    def answer(request: OutgoingRequest) -> Outcome:
        message = request.headers["webhook-id"]
        if message in once:
            once.discard(message)
            return Answered(500)
        return Answered(200)

    relay.endpoints.answers[HERE] = answer
    worker = await relay.start()

    async def done() -> bool:
        relay.clock.advance(seconds=6)
        return set(await relay.statuses(subscription)) == {"DELIVERED"}

    await until(done)
    await worker.stop()
    await change(relay, subscription, deleted_at=relay.clock())
    firsts = by_record(arrived(relay, events))
    for record, expected in by_record(events).items():
        assert list(dict.fromkeys(firsts[record])) == expected
        assert firsts[record] == sorted(firsts[record], key=expected.index), "never a later before"


async def accept(relay: Relay, worker: Dispatcher, subscription: Subscription, count: int) -> None:
    """Take in events of one record, a second apart, where the worker could send them at once."""
    async with relay.work.reading() as tx:
        account = await tx.accounts.get(subscription.account_id)
    assert account is not None
    upstream = await relay.upstream(account)
    intake = relay.intake(worker)
    for number in range(count):
        at = (relay.clock() - timedelta(seconds=count - number)).isoformat()
        body = event_body(f"up-{number}", created_at=at, version=f"v{number}")
        await intake.accept(upstream.code, SIGNED, body)


async def test_an_accepted_event_waits_for_the_one_before_it(
    relay: Relay, ordered: Subscription
) -> None:
    """From the provider's post to the receiver, in the process that could send both at once."""
    relay.endpoints.in_turn(HERE, Answered(500))
    await accept(relay, await relay.start(), ordered, 2)
    await until(lambda: relay.endpoints.arrived)
    await quiet(relay)
    first = relay.endpoints.ids()
    assert len(first) == 1
    relay.clock.advance(seconds=6)
    await all_are(relay, ordered, "DELIVERED")
    second = {one.event_id for one in await relay.of(ordered)} - set(first)
    assert relay.endpoints.ids() == [*first, *first, *second]


async def test_accepted_events_of_a_record_are_joined_when_their_time_has_come(
    relay: Relay, joining: Subscription
) -> None:
    await accept(relay, await relay.start(), joining, 3)
    await quiet(relay)
    assert relay.endpoints.arrived == []
    relay.clock.advance(seconds=11)
    await until(lambda: relay.endpoints.arrived)

    async def settled() -> bool:
        return Counter(await relay.statuses(joining)) == {"MERGED": 2, "DELIVERED": 1}

    await until(settled)
    assert len(relay.endpoints.arrived) == 1


async def test_a_failing_record_blocks_itself_and_no_other(
    relay: Relay, ordered: Subscription
) -> None:
    events = await queue(relay, ordered, ["bad", "bad", "good", "good"])
    bad = {event.id for event in events if event.resource_id == "bad"}

    def answer(request: OutgoingRequest) -> Outcome:
        return Answered(500 if request.headers["webhook-id"] in bad else 200)

    relay.endpoints.answers[HERE] = answer
    await relay.start()
    await until(lambda: len(relay.endpoints.arrived) == 3)
    await quiet(relay)
    assert [event.resource_id for event in arrived(relay, events)].count("bad") == 1
    relay.clock.advance(seconds=1)
    later = await queue(relay, ordered, ["bad"])
    await quiet(relay)
    assert arrived(relay, later) == [], "what comes later waits too"

    async def good_ones_are_through() -> bool:
        return Counter(await relay.statuses(ordered)) == {"PENDING": 3, "DELIVERED": 2}

    await until(good_ones_are_through)


async def test_when_one_is_given_up_the_next_goes_on(relay: Relay, ordered: Subscription) -> None:
    events = await queue(relay, ordered, ["a", "a", "a"])

    def answer(request: OutgoingRequest) -> Outcome:
        return Answered(500 if request.headers["webhook-id"] == events[0].id else 200)

    relay.endpoints.answers[HERE] = answer
    await relay.start(retry_delays=(RETRY_DELAYS[0],))
    await until(lambda: len(relay.endpoints.arrived) == 1)

    async def written_down() -> bool:
        return sorted(item.attempts for item in await relay.of(ordered)) == [0, 0, 1]

    await until(written_down)
    await quiet(relay)
    assert len(relay.endpoints.arrived) == 1
    relay.clock.advance(seconds=5)
    await until(lambda: len(relay.endpoints.arrived) == 4)
    await quiet(relay)
    assert [event.id for event in arrived(relay, events)] == [
        events[0].id,
        *(event.id for event in events),
    ]
    assert Counter(await relay.statuses(ordered)) == {"GIVEN_UP": 1, "DELIVERED": 2}


async def test_a_later_event_waits_for_one_that_is_held(
    relay: Relay, ordered: Subscription
) -> None:
    """A backlog is released in chunks, and what is planned meanwhile must not overtake it."""
    held = await queue(relay, ordered, ["a", "a"], status="HELD")
    relay.clock.advance(hours=2)
    fresh = await queue(relay, ordered, ["a", "b"])
    await relay.start()
    await until(lambda: len(relay.endpoints.arrived) == 1)
    await quiet(relay)
    assert [event.resource_id for event in arrived(relay, fresh)] == ["b"]
    await relay.uses.settle()
    await all_are(relay, ordered, "DELIVERED")
    assert [event.id for event in arrived(relay, [*held, *fresh])][1:] == [
        held[0].id,
        held[1].id,
        fresh[0].id,
    ]


async def test_without_the_option_nothing_waits(relay: Relay) -> None:
    subscription = await relay.subscription(await relay.account(), HERE)
    release = relay.endpoints.hang(HERE)
    await queue(relay, subscription, ["a", "a", "a"], keyed=False)
    await relay.start()
    await until(lambda: len(relay.endpoints.arrived) == 3)
    release.set()


# -- joining ----------------------------------------------------------------------------------


async def test_what_waits_for_a_record_is_sent_once_as_the_newest(
    relay: Relay, joining: Subscription
) -> None:
    events = await queue(relay, joining, ["a", "b", "a", "a"], due_in=10, shuffled=True)
    await relay.start()
    await quiet(relay)
    assert relay.endpoints.arrived == []
    relay.clock.advance(seconds=10)
    await until(lambda: len(relay.endpoints.arrived) == 2)

    async def settled() -> bool:
        return "PENDING" not in await relay.statuses(joining)

    await until(settled)
    assert {event.id for event in arrived(relay, events)} == {events[1].id, events[3].id}
    deliveries = {one.event_id: one for one in await relay.of(joining)}
    kept = deliveries[events[3].id]
    assert (kept.status, kept.merged_into) == ("DELIVERED", None)
    for number in (0, 2):
        merged = deliveries[events[number].id]
        assert (merged.status, merged.merged_into) == ("MERGED", kept.id)
        assert merged.completed_at is not None


async def test_a_stream_of_changes_does_not_put_the_first_off_for_ever(
    relay: Relay, joining: Subscription
) -> None:
    await relay.start()
    await queue(relay, joining, ["a"], due_in=10)
    relay.clock.advance(seconds=6)
    (newest,) = await queue(relay, joining, ["a"], due_in=10)
    relay.clock.advance(seconds=4)
    await until(lambda: relay.endpoints.arrived)
    await quiet(relay)
    assert relay.endpoints.ids() == [newest.id]


async def test_what_was_made_and_changed_meanwhile_is_told_as_created(
    relay: Relay, joining: Subscription
) -> None:
    await queue(relay, joining, ["a", "a", "b"], types=["CREATED", "UPDATED", "UPDATED"])
    await relay.start()
    await until(lambda: len(relay.endpoints.arrived) == 2)
    bodies = sorted(request.body.decode() for request in relay.endpoints.arrived)
    assert ['"CREATED"' in body for body in bodies] == ['"a"' in body for body in bodies]


async def test_what_was_tried_already_is_not_joined(relay: Relay, joining: Subscription) -> None:
    relay.endpoints.in_turn(HERE, Answered(500))
    (first,) = await queue(relay, joining, ["a"])
    await relay.start()
    await until(lambda: len(relay.endpoints.arrived) == 1)
    await quiet(relay)
    (second,) = await queue(relay, joining, ["a"])
    await until(lambda: len(relay.endpoints.arrived) == 2)
    assert relay.endpoints.ids() == [first.id, second.id]
    relay.clock.advance(minutes=1)
    await all_are(relay, joining, "DELIVERED")


@settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(records=st.lists(st.sampled_from("abcd"), min_size=1, max_size=20), most=st.integers(1, 8))
async def test_joining_keeps_exactly_the_newest_of_each_record(
    relay: Relay, records: list[str], most: int
) -> None:
    """Whatever the claims take at a time, and though the first worker died over its claim."""
    subscription = await relay.subscription(await relay.account(), HERE)
    await change(relay, subscription, coalesce_seconds=10)
    created = {record: index for index, record in reversed(list(enumerate(records)))}
    types = ["CREATED" if created[one] == i else "UPDATED" for i, one in enumerate(records)]
    events = await queue(relay, subscription, records, types=types, shuffled=True)
    now = relay.clock()
    newest = {event.resource_id: event for event in events}
    taken: set[str] = set()
    for round_ in range(2):
        later = now + timedelta(minutes=2 * round_)
        while True:
            async with relay.work.writing() as tx:
                claimed = await tx.deliveries.claim(
                    f"w{round_}", now=later, until=later + timedelta(minutes=1), most=most
                )
            if not claimed:
                break
            taken |= {one.event_id or "" for one in claimed}
    assert taken == {event.id for event in newest.values()}
    deliveries = await relay.of(subscription)
    ids = {one.id for one in deliveries if one.status == "PENDING"}
    assert len(ids) == len(newest)
    assert {one.merged_into for one in deliveries} <= ids | {None}
    async with relay.work.reading() as tx:
        due = await tx.due_deliveries.read(sorted(ids), "w1")
    assert {
        one.message.event.event_type for one in due.values() if isinstance(one.message, DueEvent)
    } == {"CREATED"}
    await change(relay, subscription, deleted_at=now)
