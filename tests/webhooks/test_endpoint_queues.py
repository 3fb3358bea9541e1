"""Turns and shares of what waits in memory."""

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from webhooks.endpoint_queues import EndpointQueues


def test_endpoints_take_turns() -> None:
    queues = EndpointQueues(at_once=10, per_endpoint=10)
    for item in range(3):
        queues.put("a", f"a{item}")
    queues.put("b", "b0")
    taken = [queues.take() for _ in range(5)]
    assert taken == [("a", "a0"), ("b", "b0"), ("a", "a1"), ("a", "a2"), None]


def test_an_endpoint_has_no_more_than_its_share_and_blocks_nobody() -> None:
    queues = EndpointQueues(at_once=10, per_endpoint=2)
    for item in range(5):
        queues.put("hung", f"h{item}")
    queues.put("well", "w0")
    names = [taken[0] for _ in range(6) if (taken := queues.take())]
    assert Counter(names) == {"hung": 2, "well": 1}
    queues.done("hung")
    assert queues.take() == ("hung", "h2")


def test_all_together_never_exceed_the_slots() -> None:
    queues = EndpointQueues(at_once=3, per_endpoint=3)
    for endpoint in "abcde":
        queues.put(endpoint, endpoint)
    assert [queues.take() is not None for _ in range(5)] == [True, True, True, False, False]


@given(st.lists(st.sampled_from("abc"), max_size=60), st.integers(1, 5), st.integers(1, 5))
def test_everything_is_taken_once_and_in_its_endpoint_s_order(
    puts: list[str], at_once: int, per_endpoint: int
) -> None:
    queues = EndpointQueues(at_once=at_once, per_endpoint=per_endpoint)
    for number, endpoint in enumerate(puts):
        queues.put(endpoint, f"{number:03}")
    taken: list[tuple[str, str]] = []
    while queues:
        under_way: Counter[str] = Counter()
        while (one := queues.take()) is not None:
            taken.append(one)
            under_way[one[0]] += 1
        assert sum(under_way.values()) <= at_once
        assert all(count <= per_endpoint for count in under_way.values())
        for endpoint in under_way.elements():
            queues.done(endpoint)
    assert sorted(item for _, item in taken) == [f"{number:03}" for number in range(len(puts))]
    for endpoint in "abc":
        order = [item for name, item in taken if name == endpoint]
        assert order == sorted(order)
