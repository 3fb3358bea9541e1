"""The sliding window: never more than the limit, wherever a window begins."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector.budget.window import SlidingWindow

SECONDS, PARTS, LIMIT = 10, 20, 7
steps = st.lists(st.tuples(st.integers(0, 6_000), st.integers(1, 9), st.sampled_from("abc")))


@pytest.mark.covers("QX-07")
@given(steps)
def test_no_ten_seconds_hold_more_than_the_limit(asked: list[tuple[int, int, str]]) -> None:
    """Whoever takes, whenever, as much as is allowed: in milliseconds, for every window."""
    window, now, taken = SlidingWindow(LIMIT, SECONDS, PARTS), 0, list[int]()
    for wait, wanted, who in asked:
        now += wait
        window.advance(now / 1000)
        count = min(wanted, window.allowance(who, 1, 3))
        window.take(who, count)
        taken += [now] * count
    for begin in taken:
        assert sum(begin <= moment <= begin + SECONDS * 1000 for moment in taken) <= LIMIT


@given(st.integers(0, 10**7))
def test_a_whole_limit_may_be_taken_at_once_and_comes_back(start: int) -> None:
    """After the window and one part of it, at the latest."""
    window, now = SlidingWindow(LIMIT, SECONDS, PARTS), start / 1000
    window.advance(now)
    assert window.allowance("a") == LIMIT
    window.take("a", LIMIT)
    assert window.allowance("a") == 0
    opens = window.opens_at("a", now)
    assert now + SECONDS < opens <= now + SECONDS + SECONDS / PARTS
    window.advance(opens)
    assert window.allowance("a") == LIMIT
    assert (window.used, window.active, window.next_change()) == (0, 0, None)


@given(steps)
def test_what_is_put_back_leaves_no_trace(asked: list[tuple[int, int, str]]) -> None:
    window, other, now = SlidingWindow(100, SECONDS, PARTS), SlidingWindow(100, SECONDS, PARTS), 0
    for wait, wanted, who in asked:
        now += wait
        window.begin("gone")
        for one in (window, other):
            one.advance(now / 1000)
            one.take(who, wanted)
        window.cancel("gone")
        assert window.dump() == other.dump()
        assert (window.used, window.active) == (other.used, other.active)


def test_the_second_half_goes_by_equal_shares() -> None:
    """One that took more than its share waits while the other may take all of its own."""
    window = SlidingWindow(100, 10, 20)
    window.take("walker", 50)
    window.take("other", 1)
    assert window.allowance("walker", 1, 2) == 0
    assert window.allowance("other", 1, 2) == 49
    assert window.allowance("walker", 1, 1) == 49


def test_a_share_is_one_at_least() -> None:
    """Even with more accounts than requests, the second half can be taken."""
    window = SlidingWindow(10, 10, 20)
    for who in range(6):
        window.take(str(who))
    assert window.allowance("new", 1, 50) == 1
    assert window.allowance("0", 1, 50) == 0


def test_counts_survive_being_written_down() -> None:
    window = SlidingWindow(100, 10, 20)
    window.advance(3.2)
    window.take("a", 3)
    window.take("b", 4)
    copy = SlidingWindow(100, 10, 20)
    copy.load(window.dump())
    copy.advance(3.2)
    assert (copy.used, copy.used_by("a"), copy.used_by("b")) == (7, 3, 4)


def test_a_clock_set_back_for_good_blocks_for_a_window_only() -> None:
    """What lies far ahead is forgotten; what lies a window ahead still counts."""
    window = SlidingWindow(1, 10, 20)
    window.advance(10_000)
    window.take("a")
    window.advance(9_995)
    assert window.allowance("a") == 0
    window.advance(5_000)
    assert window.allowance("a") == 1
