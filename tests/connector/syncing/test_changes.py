"""What of a poll's answer is news, by pure rules."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector.ports import RecordState
from connector.syncing.changes import Known, ObservedChange, is_settled, judge, newest
from connector.syncing.pace import Pace, spread

SINCE = datetime(2026, 11, 20, 10, 0, 0, 500_000, tzinfo=UTC)
READ = SINCE + timedelta(minutes=10)


def after(seconds: float) -> datetime:
    return SINCE.replace(microsecond=0) + timedelta(seconds=seconds)


def dated(changed: datetime, created: datetime | None = None) -> RecordState:
    return RecordState("r", changed.isoformat(), created, changed, is_dated=True)


def verdict(
    state: RecordState, known: Known | None = None, *, is_first: bool = False
) -> ObservedChange | None:
    return judge(state, known, since=SINCE, read_at=READ, is_first=is_first)


def kind(state: RecordState, known: Known | None = None, *, is_first: bool = False) -> str | None:
    observed = verdict(state, known, is_first=is_first)
    return None if observed is None else observed.kind


def test_a_record_made_since_is_created_and_an_older_one_updated() -> None:
    assert kind(dated(after(5), created=after(5))) == "CREATED"
    assert kind(dated(after(5), created=after(-5))) == "UPDATED"


def test_nothing_from_before_the_subscription_is_emitted() -> None:
    assert verdict(dated(after(-1), created=after(-1))) is None
    assert kind(dated(after(0), created=after(-1))) == "UPDATED", "the date is a whole second"


def test_a_change_is_emitted_once() -> None:
    first = verdict(dated(after(5), created=after(-5)))
    assert first is not None
    known = Known(first.version, first.occurred_at)
    assert verdict(dated(after(5), created=after(-5)), known) is None
    assert kind(dated(after(6), created=after(-5)), known) == "UPDATED"


def test_an_event_at_least_as_new_as_a_change_has_emitted_it() -> None:
    changed = dated(after(5), created=after(5))
    assert verdict(changed, Known("some event", after(5))) is None
    assert kind(changed, Known("some event", after(4))) == "UPDATED"


def test_what_may_still_change_under_its_date_is_left_to_the_next_poll() -> None:
    assert not is_settled(dated(READ - timedelta(seconds=1)), READ)
    assert is_settled(dated(READ - timedelta(seconds=2)), READ)
    assert is_settled(RecordState("r", "a"), READ)


def test_what_bears_no_date_is_compared_with_what_was_read_first() -> None:
    state = RecordState("r", "a")
    observed = verdict(state, is_first=True)
    assert observed is not None
    assert observed.kind is None
    known = Known(observed.version, observed.occurred_at)
    assert verdict(state, known) is None
    assert kind(RecordState("r", "b"), known) == "UPDATED"
    assert kind(RecordState("s", "a")) == "CREATED", "it wasn't there when all were read"


def test_a_record_that_returns_to_a_state_has_changed_once_more() -> None:
    keys: list[str] = []
    known = Known("a", after(0))
    for number, version in enumerate("babab"):
        read_at = READ + timedelta(minutes=number)
        observed = judge(
            RecordState("r", version), known, since=SINCE, read_at=read_at, is_first=False
        )
        assert observed is not None
        keys.append(observed.key)
        known = Known(observed.version, observed.occurred_at)
    assert len(set(keys)) == 5


def test_what_is_gone_is_deleted_once_and_created_when_it_comes_back() -> None:
    gone = RecordState("r", None, changed_at=after(9))
    assert verdict(gone) is None, "it never was there, as far as anybody knows"
    observed = verdict(gone, Known("a", after(5)))
    assert observed is not None
    assert observed.kind == "DELETED"
    known = Known(observed.version, observed.occurred_at)
    assert verdict(gone, known) is None
    assert kind(RecordState("r", "a", changed_at=after(20)), known) == "CREATED"


@pytest.mark.parametrize(
    ("made", "went", "expected"),
    [(-9, 9, "DELETED"), (5, 9, "DELETED"), (5, 5, None), (-9, -5, None)],
)
def test_what_no_poll_has_seen_may_have_been_read_before_it_went(
    made: int, went: int, expected: str | None
) -> None:
    """What never was there is nobody's news, nor what went before the subscription."""
    assert kind(RecordState("r", None, after(made), after(went))) == expected


def test_a_state_known_by_its_content_is_no_news_when_only_the_date_moved() -> None:
    """A payment on an invoice whose footer was changed, say."""
    known = Known("a", after(-60))
    assert verdict(RecordState("r", "a", changed_at=after(50)), known) is None
    assert kind(RecordState("r", "b", changed_at=after(50)), known) == "UPDATED"


def test_the_same_change_has_the_same_key_in_whichever_process() -> None:
    for state in (
        dated(after(5)),
        RecordState("r", "a", changed_at=after(5)),
        RecordState("r", "b"),
    ):
        known = Known("a0", after(1))
        one, other = (
            verdict(state, known),
            judge(state, known, since=SINCE, read_at=READ + timedelta(hours=1), is_first=False),
        )
        assert one is not None
        assert other is not None
        assert one.key == other.key


def test_of_a_record_seen_twice_the_later_state_counts() -> None:
    early, late = dated(after(5)), dated(after(6))
    assert newest([late, early]) == newest([early, late]) == {"r": late}


@given(
    moves=st.lists(
        st.tuples(st.sampled_from("ab"), st.integers(1, 5), st.booleans()), min_size=1, max_size=20
    )
)
def test_whatever_is_polled_when_each_record_s_last_state_is_emitted_once(
    moves: list[tuple[str, int, bool]],
) -> None:
    """Changes to two records, some followed by a poll; a last poll comes at the end."""
    now = after(10)
    states: dict[str, RecordState] = {}
    known: dict[str, Known] = {}
    emitted: list[tuple[str, str]] = []

    def poll() -> None:
        for one, state in states.items():
            if not is_settled(state, now):
                continue
            observed = judge(state, known.get(one), since=SINCE, read_at=now, is_first=False)
            if observed is not None:
                known[one] = Known(observed.version, observed.occurred_at)
                emitted.append((one, observed.version))

    for one, seconds, polled in moves:
        now += timedelta(seconds=seconds)
        made = states[one].created_at if one in states else now
        states[one] = RecordState(one, now.isoformat(), made, now, is_dated=True)
        if polled:
            poll()
    now += timedelta(minutes=1)
    poll()
    poll()
    assert len(emitted) == len(set(emitted))
    assert {(one, state.version) for one, state in states.items()} <= set(emitted)


# -- how often --------------------------------------------------------------------------------

PACE = Pace(timedelta(minutes=1), timedelta(minutes=30))


def test_polls_grow_rarer_while_nothing_happens_up_to_a_limit() -> None:
    interval, waits = PACE.shortest, list[timedelta]()
    for _ in range(20):
        interval = PACE.next(interval, changed=False)
        waits.append(interval)
    assert waits == sorted(waits)
    assert waits[0] > PACE.shortest
    assert waits[-1] == PACE.longest


@pytest.mark.parametrize("interval", [timedelta(0), timedelta(minutes=7), timedelta(days=3)])
def test_after_a_change_the_next_poll_comes_soon(interval: timedelta) -> None:
    assert PACE.next(interval, changed=True) == PACE.shortest
    assert PACE.shortest <= PACE.next(interval, changed=False) <= PACE.longest


def test_failures_wait_longer_and_longer_up_to_the_limit() -> None:
    waits = [PACE.after_failures(number) for number in range(1, 2000, 7)]
    assert waits == sorted(waits)
    assert waits[0] == PACE.shortest
    assert waits[-1] == PACE.longest


def test_jitter_only_lengthens_and_by_a_fifth_at_most() -> None:
    assert spread(timedelta(minutes=10), 0.0) == timedelta(minutes=10)
    assert spread(timedelta(minutes=10), 1.0) == timedelta(minutes=12)
