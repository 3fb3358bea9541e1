"""One attempt at a time for hosts that can't be reached, and slots that they can't take."""

import asyncio
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storage.repositories.subscriptions import Subscription
from tests.webhooks.backlog import queue
from tests.webhooks.relay import Relay, on_sqlite, until
from tests.webhooks.test_dispatch import HERE, THERE, all_are, quiet
from webhooks.breaker import Breakers, origin_of
from webhooks.endpoint_queues import EndpointQueues
from webhooks.schedule import Answered, Failed, Outcome
from webhooks.sender import OutgoingRequest

pytestmark = pytest.mark.both_databases


def test_an_origin_is_scheme_host_and_port() -> None:
    assert origin_of("https://App.example:8443/a?b#c") == "https://app.example:8443"
    assert origin_of("https://app.example/1") == origin_of("https://app.example/2")
    assert origin_of("http://app.example/") != origin_of("https://app.example/")


@given(st.lists(st.sampled_from([True, False, None]), max_size=40), st.integers(1, 6))
def test_a_breaker_is_open_after_so_many_failures_in_a_row(
    ends: list[bool | None], after: int
) -> None:
    breakers = Breakers(after)
    in_a_row = 0
    for reached in ends:
        assert breakers.admits("a")
        one = breakers.started("a")
        assert breakers.admits("a") == (in_a_row < after), "open: one at a time"
        assert breakers.admits("a", unhealthy=True), "and one of those that are unhealthy"
        opened = breakers.finished(one, reached=reached)
        in_a_row = 0 if reached else in_a_row + (reached is False)
        assert opened == (reached is False and in_a_row == after)
        assert breakers.is_open("a") == (in_a_row >= after)
        assert not breakers.is_open("b")


@given(st.integers(1, 50), st.integers(0, 50))
def test_attempts_older_than_a_success_open_no_breaker(hanging: int, later: int) -> None:
    """However many time out at once, while others are answered."""
    breakers = Breakers(5)
    old = [breakers.started("a", unhealthy=bool(number % 2)) for number in range(hanging)]
    breakers.finished(breakers.started("a"), reached=True)
    new = [breakers.started("a") for _ in range(later)]
    assert not any(breakers.finished(one, reached=False) for one in old)
    assert not breakers.is_open("a")
    opened = [breakers.finished(one, reached=False) for one in new]
    assert any(opened) == (later >= 5)
    assert not breakers._under_way
    assert not breakers._succeeded


# -- endpoints ------------------------------------------------------------------------------------


class Ticks:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def taken(queues: EndpointQueues) -> Counter[str]:
    found: Counter[str] = Counter()
    while (one := queues.take()) is not None:
        found[one[0]] += 1
    return found


def filled(queues: EndpointQueues, *names: str, each: int = 20) -> None:
    for name in names:
        for number in range(each):
            queues.put(name, f"{name}{number}")


def test_an_endpoint_has_a_few_attempts_until_it_answers_and_then_its_share() -> None:
    queues = EndpointQueues(
        at_once=20, per_endpoint=10, on_probation=3, not_healthy=10, clock=Ticks()
    )
    filled(queues, "a")
    assert taken(queues) == {"a": 3}
    queues.done("a", answered=True)
    assert taken(queues) == {"a": 8}


def test_an_endpoint_that_falls_silent_is_on_probation_again() -> None:
    ticks = Ticks()
    queues = EndpointQueues(
        at_once=20, per_endpoint=10, on_probation=3, not_healthy=10, clock=ticks
    )
    filled(queues, "a")
    taken(queues)
    ticks.now = 1.0
    queues.done("a", answered=True)
    assert taken(queues) == {"a": 8}
    ticks.now = 1.3
    queues.done("a", answered=False)
    assert taken(queues) == {}


def test_an_endpoint_that_fails_again_and_again_has_one_attempt_at_a_time() -> None:
    queues = EndpointQueues(at_once=20, per_endpoint=10, failures=3, clock=Ticks())
    filled(queues, "a", "b", each=40)
    assert taken(queues) == {"a": 10, "b": 10}
    for _ in range(9):
        queues.done("a", answered=True, succeeded=False)
    queues.done("a", answered=None, succeeded=None)
    assert taken(queues) == {"a": 1}, "not even when it does answer"
    assert queues.is_in_trouble("a")
    assert not queues.is_unhealthy("a")
    assert not queues.is_in_trouble("b")
    queues.done("a", answered=True, succeeded=False)
    assert taken(queues) == {"a": 1}
    queues.done("a", answered=True, succeeded=True)
    assert taken(queues) == {"a": 10}
    assert not queues.is_in_trouble("a")
    queues.done("b", answered=True, succeeded=True)
    assert taken(queues) == {"b": 1}, "others have what they had"


def test_however_many_endpoints_hang_others_get_slots() -> None:
    queues = EndpointQueues(
        at_once=20, per_endpoint=10, on_probation=3, not_healthy=10, clock=Ticks()
    )
    filled(queues, *"abcdefgh")
    first = taken(queues)
    assert sum(first.values()) <= 11
    for name, number in first.items():
        for _ in range(number):
            queues.done(name, answered=False)
    assert sum(taken(queues).values()) == 10, "unhealthy ones together have half"
    filled(queues, "well")
    assert taken(queues) == {"well": 1}, "a new one has its first attempt all the same"
    queues.done("well", answered=True)
    assert taken(queues) == {"well": 10}


@given(
    st.lists(st.tuples(st.sampled_from("abcd"), st.sampled_from([True, False, None])), max_size=120)
)
def test_nothing_waits_while_nothing_is_under_way(
    steps: list[tuple[str, bool | None]],
) -> None:
    """However the attempts end: whatever is put is taken in the end, once."""
    ticks = Ticks()
    queues = EndpointQueues(at_once=6, per_endpoint=4, on_probation=2, not_healthy=3, clock=ticks)
    put: list[str] = []
    got: list[str] = []
    under_way: list[str] = []
    for number, (endpoint, answered) in enumerate(steps):
        queues.put(endpoint, str(number))
        put.append(str(number))
        ticks.now += 0.1
        while (one := queues.take()) is not None:
            under_way.append(one[0])
            got.append(one[1])
        assert len(under_way) <= 6
        if under_way and number % 3:
            queues.done(under_way.pop(0), answered=answered)
    while under_way:
        queues.done(under_way.pop(0), answered=None)
        while (one := queues.take()) is not None:
            under_way.append(one[0])
            got.append(one[1])
    assert sorted(got) == sorted(put)
    assert not queues


# -- in the dispatcher ------------------------------------------------------------------------


@pytest.fixture
async def subscription(relay: Relay) -> Subscription:
    return await relay.subscription(await relay.account(), HERE)


@on_sqlite
async def test_after_some_timeouts_a_host_is_tried_once_at_a_time_until_it_answers(
    relay: Relay, subscription: Subscription
) -> None:
    """Whichever of its subscriptions it is; another host isn't affected.

    One that wasn't there when it fell silent has an attempt of its own.
    """
    neighbour = await relay.subscription(await relay.account(), THERE)
    elsewhere = await relay.subscription(await relay.account(), "https://other.example/")
    gates: list[asyncio.Future[Outcome]] = []

    async def wait(_: OutgoingRequest) -> Outcome:
        gates.append(asyncio.get_running_loop().create_future())
        return await gates[-1]

    relay.endpoints.answers[HERE] = relay.endpoints.answers[THERE] = wait
    dispatcher = await relay.start(breaker_after=3, on_probation=3)
    await queue(relay, subscription, [str(n) for n in range(8)])
    await until(lambda: len(gates) == 3)
    for gate in gates:
        gate.set_result(Failed("TIMEOUT"))
    await until(lambda: len(gates) == 4)
    await queue(relay, neighbour, [str(n) for n in range(3)])
    await queue(relay, elsewhere, [str(n) for n in range(3)])
    await all_are(relay, elsewhere, "DELIVERED")
    await until(lambda: len(gates) >= 5)
    await quiet(relay)
    assert len(gates) == 5, "half open: one attempt for each of the two"
    assert dispatcher._slots._metrics.breaker_openings._value.get() == 1
    for gate in gates[3:]:
        gate.set_result(Failed("CONNECTION_FAILED"))
    await until(lambda: len(gates) == 6)
    await quiet(relay)
    assert len(gates) == 6, "both are unhealthy now, and have one together"
    gates[5].set_result(Answered(200))
    await until(lambda: len(gates) >= 8)
    del relay.endpoints.answers[HERE], relay.endpoints.answers[THERE]
    for gate in gates:
        if not gate.done():
            gate.set_result(Answered(200))

    async def all_written_down() -> bool:
        made = [item.attempts for one in (subscription, neighbour) for item in await relay.of(one)]
        return sum(made) >= len(gates)

    await until(all_written_down)
    relay.clock.advance(minutes=1)
    await all_are(relay, neighbour, "DELIVERED")
    await all_are(relay, subscription, "DELIVERED")


@on_sqlite
async def test_receivers_that_hang_hold_up_no_other_behind_the_same_host(
    relay: Relay, subscription: Subscription
) -> None:
    """All their attempts time out at once, and the next ones hang as well."""
    gates: list[asyncio.Future[Outcome]] = []

    async def hang(_: OutgoingRequest) -> Outcome:
        gates.append(asyncio.get_running_loop().create_future())
        return await gates[-1]

    account = await relay.account()
    for number in range(3):
        url = f"{THERE}?{number}"
        assert origin_of(url) == origin_of(HERE)
        relay.endpoints.answers[url] = hang
        await queue(relay, await relay.subscription(account, url), [str(n) for n in range(20)])
    dispatcher = await relay.start(breaker_after=3, on_probation=4)
    await until(lambda: len(gates) == 12)
    await queue(relay, subscription, ["a", "b"])
    await all_are(relay, subscription, "DELIVERED")
    openings = dispatcher._slots._metrics.breaker_openings._value

    async def time_out(*, then: int) -> None:
        """Let all that hang time out, and wait for those that hang next."""
        for gate in gates:
            if not gate.done():
                gate.set_result(Failed("TIMEOUT"))
        await until(lambda: sum(not gate.done() for gate in gates) == then)
        await quiet(relay)
        assert sum(not gate.done() for gate in gates) == then

    # each of the three has two new ones under way when it has failed three times in a row
    await time_out(then=6)
    assert openings.get() == 0, "the host answered others when these had begun"
    await time_out(then=1)
    assert openings.get() == 1
    await queue(relay, subscription, ["c", "d", "e", "f"])
    delivered = asyncio.create_task(all_are(relay, subscription, "DELIVERED"))
    await asyncio.wait([delivered], timeout=30)
    was_held_up = not delivered.done()
    relay.endpoints.answers.clear()
    for gate in gates:
        if not gate.done():
            gate.set_result(Answered(200))
    await delivered
    assert not was_held_up


@on_sqlite
async def test_many_hanging_endpoints_leave_slots_to_a_healthy_one(relay: Relay) -> None:
    account = await relay.account()
    for number in range(12):
        url = f"https://slow{number}.example/"
        relay.endpoints.hang(url)
        await queue(relay, await relay.subscription(account, url), [str(n) for n in range(10)])
    await relay.start(at_once=16, on_probation=4)
    await until(lambda: len(relay.endpoints.arrived) >= 8)
    healthy = await relay.subscription(account, HERE)
    await queue(relay, healthy, [str(n) for n in range(50)])
    await all_are(relay, healthy, "DELIVERED")


@on_sqlite
async def test_errors_of_the_receivers_software_slow_down_its_subscription_only(
    relay: Relay, subscription: Subscription
) -> None:
    """One attempt at a time, while the neighbour on the same host goes on as before."""
    neighbour = await relay.subscription(await relay.account(), THERE)
    under_way = most = 0

    async def fail(_: OutgoingRequest) -> Outcome:
        nonlocal under_way, most
        under_way += 1
        most = max(most, under_way)
        await asyncio.sleep(0.01)
        under_way -= 1
        return Answered(503)

    relay.endpoints.answers[HERE] = fail
    dispatcher = await relay.start(breaker_after=2)
    await queue(relay, subscription, ["a", "b"])
    await until(lambda: len(relay.endpoints.ids(HERE)) == 2 and not under_way)
    most = 0
    await queue(relay, subscription, [str(n) for n in range(8)])
    await queue(relay, neighbour, [str(n) for n in range(8)])
    await all_are(relay, neighbour, "DELIVERED")
    assert len(relay.endpoints.ids(HERE)) < 10
    await until(lambda: len(relay.endpoints.ids(HERE)) == 10)
    assert most == 1
    assert dispatcher._slots._metrics.breaker_openings._value.get() == 0
