"""Turns and shares of what waits in memory."""

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from webhooks.lanes import Lanes


def test_lanes_take_turns() -> None:
    lanes = Lanes(at_once=10, per_lane=10)
    for item in range(3):
        lanes.put("a", f"a{item}")
    lanes.put("b", "b0")
    taken = [lanes.take() for _ in range(5)]
    assert taken == [("a", "a0"), ("b", "b0"), ("a", "a1"), ("a", "a2"), None]


def test_a_lane_has_no_more_than_its_share_and_blocks_nobody() -> None:
    lanes = Lanes(at_once=10, per_lane=2)
    for item in range(5):
        lanes.put("hung", f"h{item}")
    lanes.put("well", "w0")
    names = [taken[0] for _ in range(6) if (taken := lanes.take())]
    assert Counter(names) == {"hung": 2, "well": 1}
    lanes.done("hung")
    assert lanes.take() == ("hung", "h2")


def test_all_together_never_exceed_the_slots() -> None:
    lanes = Lanes(at_once=3, per_lane=3)
    for lane in "abcde":
        lanes.put(lane, lane)
    assert [lanes.take() is not None for _ in range(5)] == [True, True, True, False, False]


@given(st.lists(st.sampled_from("abc"), max_size=60), st.integers(1, 5), st.integers(1, 5))
def test_everything_is_taken_once_and_in_its_lane_s_order(
    puts: list[str], at_once: int, per_lane: int
) -> None:
    lanes = Lanes(at_once=at_once, per_lane=per_lane)
    for number, lane in enumerate(puts):
        lanes.put(lane, f"{number:03}")
    taken: list[tuple[str, str]] = []
    while lanes:
        under_way: Counter[str] = Counter()
        while (one := lanes.take()) is not None:
            taken.append(one)
            under_way[one[0]] += 1
        assert sum(under_way.values()) <= at_once
        assert all(count <= per_lane for count in under_way.values())
        for lane in under_way.elements():
            lanes.done(lane)
    assert sorted(item for _, item in taken) == [f"{number:03}" for number in range(len(puts))]
    for lane in "abc":
        order = [item for name, item in taken if name == lane]
        assert order == sorted(order)
