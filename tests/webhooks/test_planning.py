"""From accepted events to deliveries, by pure rules."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import permutations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from storage.repositories.due_deliveries import DueEvent
from storage.repositories.events import Event
from storage.repositories.subscriptions import Subscription
from webhooks.planning import Accepted, FirstLease, decide_types, emitted_records, plan, ready

NOW = datetime(2026, 11, 20, 10, 0, tzinfo=UTC)


def event(
    number: int = 1, *, account: str = "a", resource: str = "INVOICE", of: str = "r"
) -> Event:
    return Event(
        id=f"evt_{number}",
        account_id=account,
        upstream_event_id=f"up-{number}",
        resource=resource,
        resource_id=of,
        event_type="",
        occurred_at=NOW,
        received_at=NOW,
        body_sha256="",
    )


def subscription(number: int = 1, *, account: str = "a", resource: str = "INVOICE") -> Subscription:
    return Subscription(
        id=f"whk_{number}",
        tenant_id=f"tenant of {account}",
        account_id=account,
        resource=resource,
        callback_url=f"https://app.example/{number}",
        secret=b"",
        created_at=NOW,
        updated_at=NOW,
    )


def types(*accepted: Accepted, seen: set[tuple[str, str, str]] | None = None) -> list[str]:
    return [item.event_type for item in decide_types(accepted, seen or set())]


def test_the_providers_word_counts_whatever_was_seen() -> None:
    seen = {("a", "INVOICE", "r")}
    assert types(Accepted(event(), "CREATED", created_here=False), seen=seen) == ["CREATED"]
    assert types(Accepted(event(), "UPDATED", created_here=True)) == ["UPDATED"]


def test_without_a_word_an_unseen_resource_made_since_is_created() -> None:
    assert types(Accepted(event(), None, created_here=True)) == ["CREATED"]


def test_without_a_word_an_older_resource_is_updated_even_at_first_sight() -> None:
    assert types(Accepted(event(), None, created_here=False)) == ["UPDATED"]


def test_without_a_word_a_seen_resource_is_updated() -> None:
    seen = {("a", "INVOICE", "r")}
    assert types(Accepted(event(), None, created_here=True), seen=seen) == ["UPDATED"]


def test_in_one_batch_only_the_first_event_of_a_resource_is_created() -> None:
    batch = [Accepted(event(n), None, created_here=True) for n in range(3)]
    assert types(*batch) == ["CREATED", "UPDATED", "UPDATED"]
    announced_first = [Accepted(event(1), "UPDATED", True), Accepted(event(2), None, True)]
    assert types(*announced_first) == ["UPDATED", "UPDATED"]


def test_what_was_seen_of_one_account_or_resource_says_nothing_of_another() -> None:
    seen = {("a", "INVOICE", "r")}
    for other in (event(account="b"), event(resource="CUSTOMER"), event(of="s")):
        assert types(Accepted(other, None, created_here=True), seen=seen) == ["CREATED"]
    assert seen == {("a", "INVOICE", "r")}, "the caller's set is its own"


def test_each_live_subscription_of_the_account_and_resource_gets_its_delivery() -> None:
    subscriptions = [
        subscription(1),
        subscription(2),
        subscription(3, account="b"),
        subscription(4, resource="CUSTOMER"),
    ]
    planned = plan([event()], subscriptions, now=NOW, lease=None)
    assert [item.subscription_id for item in planned] == ["whk_1", "whk_2"]
    for item in planned:
        assert (item.status, item.attempts, item.due_at) == ("PENDING", 0, NOW)
        assert (item.event_id, item.notice_id, item.account_id) == ("evt_1", None, "a")
        assert (item.lease_owner, item.lease_until) == (None, None)


def test_a_lease_is_written_into_each_delivery() -> None:
    lease = FirstLease("worker_1", timedelta(seconds=60))
    (planned,) = plan([event()], [subscription()], now=NOW, lease=lease)
    assert planned.lease_owner == "worker_1"
    assert planned.lease_until == NOW + timedelta(seconds=60)


LEASE = FirstLease("worker_1", timedelta(seconds=60))


@pytest.mark.parametrize(
    ("options", "due_at"),
    [
        ({"ordered": True}, NOW),
        ({"coalesce_seconds": 30}, NOW + timedelta(seconds=30)),
        ({"ordered": True, "coalesce_seconds": 30}, NOW + timedelta(seconds=30)),
    ],
)
def test_what_is_ordered_or_joined_has_its_records_key_and_is_left_to_claims(
    options: dict[str, int], due_at: datetime
) -> None:
    """Claims keep the order, and join; straight from here it would go out as it came."""
    (planned,) = plan([event()], [replace(subscription(), **options)], now=NOW, lease=LEASE)
    assert planned.record_key == "INVOICE:r"
    assert (planned.lease_owner, planned.lease_until) == (None, None)
    assert (planned.status, planned.due_at) == ("PENDING", due_at)


def test_what_is_neither_has_no_key_and_goes_out_from_here() -> None:
    (planned,) = plan([event()], [subscription()], now=NOW, lease=LEASE)
    assert (planned.record_key, planned.lease_owner) == (None, "worker_1")


def test_a_paused_subscriptions_delivery_is_held_without_a_lease() -> None:
    (planned,) = plan([event()], [replace(subscription(), state="PAUSED")], now=NOW, lease=LEASE)
    assert (planned.status, planned.record_key) == ("HELD", None)
    assert (planned.lease_owner, planned.lease_until) == (None, None)


def test_a_paused_and_ordered_one_is_held_with_its_key() -> None:
    paused = replace(subscription(), state="PAUSED", ordered=True)
    (planned,) = plan([event()], [paused], now=NOW, lease=LEASE)
    assert (planned.status, planned.record_key) == ("HELD", "INVOICE:r")
    assert planned.lease_owner is None


def test_for_a_disabled_subscription_nothing_is_planned() -> None:
    disabled = replace(subscription(1), state="DISABLED")
    planned = plan([event()], [disabled, subscription(2)], now=NOW, lease=LEASE)
    assert [item.subscription_id for item in planned] == ["whk_2"]


def test_what_a_poll_found_from_before_the_second_of_subscribing_isnt_emitted() -> None:
    """The provider's dates may be whole seconds, so that all of that second counts."""
    since = NOW + timedelta(milliseconds=700)
    recent = [replace(subscription(), created_at=since)]

    def is_emitted(at: datetime, source: str = "POLL") -> bool:
        found = msgspec.structs.replace(event(), source=source, occurred_at=at)
        return bool(plan([found], recent, now=NOW, lease=None))

    assert is_emitted(NOW)
    assert is_emitted(since)
    assert not is_emitted(NOW - timedelta(microseconds=1))
    assert is_emitted(NOW - timedelta(days=1), "WEBHOOK"), "a webhook tells what happens now"


def test_what_is_ready_is_what_is_leased_with_its_event_subscription_and_reference() -> None:
    events = [event(1), event(2, account="b")]
    live = [subscription(1), replace(subscription(2), ordered=True), subscription(3, account="b")]
    planned = plan(events, live, now=NOW, lease=LEASE)
    found = ready(planned, events, live, {"a": "customer-42"})
    assert [(one.delivery, one.reference, one.must_wait) for one in found] == [
        (planned[0], "customer-42", False),
        (planned[2], None, False),
    ]
    messages = [one.message for one in found]
    assert messages == [DueEvent(events[0], live[0]), DueEvent(events[1], live[2])]


# -- what is told of records ------------------------------------------------------------------


def test_of_several_events_about_a_record_the_newest_tells_its_version() -> None:
    """In whatever order they came."""
    batch = [
        Accepted(
            msgspec.structs.replace(event(n), occurred_at=NOW + timedelta(seconds=n)),
            "UPDATED",
            created_here=False,
            version=f"v{n}",
        )
        for n in range(3)
    ]
    for order in permutations(batch):
        (emitted,) = emitted_records(order)
        assert (emitted.version, emitted.emitted_until) == ("v2", NOW + timedelta(seconds=2))


def test_of_two_events_of_the_same_moment_the_first_that_came_counts() -> None:
    batch = [Accepted(event(n), "UPDATED", created_here=False, version=f"v{n}") for n in range(2)]
    assert [emitted.version for emitted in emitted_records(batch)] == ["v0"]


def test_an_event_without_a_version_tells_its_time() -> None:
    (emitted,) = emitted_records([Accepted(event(), "UPDATED", created_here=False)])
    assert emitted.version == "2026-11-20T10:00:00.000Z"


def test_each_record_is_emitted_once() -> None:
    batch = [
        Accepted(one, "UPDATED", created_here=False)
        for one in (event(1), event(2, of="s"), event(3, account="b"), event(4, resource="BILL"))
    ]
    emitted = {
        (one.account_id, one.resource, one.resource_id) for one in emitted_records(batch * 2)
    }
    assert len(emitted_records(batch * 2)) == len(emitted) == 4


def test_without_subscriptions_nothing_is_planned() -> None:
    assert plan([event()], [], now=NOW, lease=None) == []


accounts = st.sampled_from("abc")
resources = st.sampled_from(["INVOICE", "CUSTOMER"])


@given(
    events=st.lists(st.tuples(accounts, resources), max_size=12),
    subscriptions=st.lists(st.tuples(accounts, resources), max_size=12),
)
def test_no_event_ever_reaches_another_accounts_subscription(
    events: list[tuple[str, str]], subscriptions: list[tuple[str, str]]
) -> None:
    happened = [event(n, account=a, resource=r) for n, (a, r) in enumerate(events)]
    live = [subscription(n, account=a, resource=r) for n, (a, r) in enumerate(subscriptions)]
    planned = plan(happened, live, now=NOW, lease=None)
    of_event = {item.id: item for item in happened}
    of_subscription = {item.id: item for item in live}
    for item in planned:
        cause, target = of_event[item.event_id or ""], of_subscription[item.subscription_id or ""]
        assert cause.account_id == target.account_id == item.account_id
        assert cause.resource == target.resource
    pairs = [(item.event_id, item.subscription_id) for item in planned]
    assert len(set(pairs)) == len(pairs)
    assert len({item.id for item in planned}) == len(planned)
    wanted = sum((a, r) == pair for a, r in events for pair in subscriptions)
    assert len(planned) == wanted
