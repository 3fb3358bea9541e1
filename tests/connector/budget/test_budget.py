"""The budget in one process: waiting, turns, deadlines and pauses."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator

import pytest

from connector.budget import Rate, RateBudget
from connector.errors import RateLimited
from tests.connector.budget.faketime import FakeTime, settle

TEN = Rate(10, 10, 20)


class Asker:
    """Asks a budget on behalf of accounts, and notes who was granted when."""

    def __init__(self, *rates: Rate) -> None:
        self.time = FakeTime()
        self.outcomes: Counter[str] = Counter()
        self.granted: list[str] = []
        self.tasks: list[asyncio.Task[float]] = []
        self.budget = RateBudget(
            "Bank",
            rates or (TEN,),
            observe=lambda outcome: self.outcomes.update([outcome]),
            now=self.time.now,
            call_later=self.time.call_later,
        )

    async def ask(self, account_id: str, patience: float = 30) -> float:
        deadline = self.time.moment + patience
        permit = await self.budget.acquire(account_id, deadline)
        self.granted.append(account_id)
        self.budget.ended(permit)
        return permit.granted_at

    async def begin(
        self, account_id: str, count: int = 1, patience: float = 30
    ) -> list[asyncio.Task[float]]:
        tasks = [asyncio.create_task(self.ask(account_id, patience)) for _ in range(count)]
        self.tasks += tasks
        await settle()
        return tasks


@pytest.fixture
async def asker() -> AsyncIterator[Asker]:
    asker = Asker()
    yield asker
    for task in asker.tasks:
        task.cancel()
    await asyncio.gather(*asker.tasks, return_exceptions=True)
    await asker.budget.close()


async def test_a_whole_burst_goes_at_once_and_the_next_one_waits(asker: Asker) -> None:
    """And is granted when the window has passed, without anybody asking in between."""
    await asyncio.gather(*(asker.ask("a") for _ in range(10)))
    (late,) = await asker.begin("a")
    await asker.time.sleep(9.9)
    assert not late.done()
    await asker.time.sleep(0.7)
    assert 10 < await late - 1000 <= 10.5
    assert asker.outcomes == {"waited": 1}


@pytest.mark.covers("QX-07")
async def test_free_requests_go_round_the_accounts_that_wait(asker: Asker) -> None:
    """A long walk that asked first doesn't hold up the others, and ends at its share."""
    await asyncio.gather(*(asker.ask("walker") for _ in range(10)))
    await asker.begin("walker", 20)
    await asker.begin("b", 2)
    await asker.begin("c", 1)
    asker.granted.clear()
    await asker.time.sleep(10.6)
    assert set(asker.granted[:3]) == {"walker", "b", "c"}
    assert Counter(asker.granted) == {"walker": 4, "b": 2, "c": 1}


async def test_beyond_its_share_an_account_waits_while_others_have_theirs(asker: Asker) -> None:
    """Half the window is free for all; the rest is kept for those active who took less."""
    await asker.ask("b")
    await asker.begin("walker", 20)
    assert asker.granted.count("walker") == 5
    await asyncio.gather(*(asker.ask("b") for _ in range(4)))
    assert len(asker.granted) == 10
    await asker.time.sleep(10.6)
    assert asker.granted.count("walker") > 5


async def test_a_wait_that_cannot_end_in_time_is_refused_at_once(asker: Asker) -> None:
    """The error says which limit it was and when to come back."""
    await asyncio.gather(*(asker.ask("a") for _ in range(10)))
    with pytest.raises(RateLimited) as caught:
        await asker.ask("a", patience=5)
    assert (caught.value.limit, caught.value.remaining) == (10, 0)
    assert caught.value.retry_after == caught.value.reset == 10.5
    assert asker.time.moment == 1000
    assert asker.outcomes == {"limited": 1}
    assert asker.time.timers == []


async def test_those_before_count_for_how_long_a_wait_is(asker: Asker) -> None:
    """With ten waiting, the eleventh would wait for two windows."""
    await asyncio.gather(*(asker.ask("a") for _ in range(10)))
    await asker.begin("a", 10)
    with pytest.raises(RateLimited):
        await asker.ask("a", patience=15)
    (other,) = await asker.begin("b", patience=15)
    await asker.time.sleep(11)
    assert other.done()


async def test_at_its_deadline_a_waiting_call_is_refused(asker: Asker) -> None:
    """Others that came meanwhile got what it hoped for."""
    await asyncio.gather(*(asker.ask("walker") for _ in range(10)))
    walk = await asker.begin("walker", 10, patience=12)
    for number in range(9):
        await asker.begin(f"other {number}", patience=12)
    await asker.time.sleep(11)
    assert [task.done() for task in walk] == [True] + [False] * 9
    assert all(task.done() for task in asker.tasks[10:])
    await asker.time.sleep(1.1)
    for task in walk[1:]:
        with pytest.raises(RateLimited):
            task.result()
    assert asker.time.timers == []


async def test_a_pause_refuses_at_once_those_who_cannot_wait_so_long(asker: Asker) -> None:
    """The others wait on."""
    await asyncio.gather(*(asker.ask("a") for _ in range(10)))
    (hasty,) = await asker.begin("a", patience=12)
    (patient,) = await asker.begin("a", patience=30)
    asker.budget.pause(15)
    await settle()
    with pytest.raises(RateLimited):
        hasty.result()
    await asker.time.sleep(16)
    assert patient.done()
    assert asker.time.timers == []


async def test_a_call_that_leaves_while_it_waits_leaves_no_trace(asker: Asker) -> None:
    """No timer, no place in a queue, nothing counted."""
    await asyncio.gather(*(asker.ask("a") for _ in range(10)))
    waiting = await asker.begin("b", 3)
    for task in waiting:
        task.cancel()
    await settle()
    assert asker.time.timers == []
    await asker.time.sleep(11)
    await asyncio.gather(*(asker.ask("a") for _ in range(10)))


async def test_a_call_that_leaves_as_it_is_granted_gives_it_back(asker: Asker) -> None:
    await asyncio.gather(*(asker.ask("a") for _ in range(10)))
    first, second = await asker.begin("b", 2)
    asker.time.moment += 11
    asker.time.timers.pop().callback()  # grants both, before either could run
    first.cancel()
    await asyncio.gather(first, return_exceptions=True)
    assert first.cancelled() and await second
    await asyncio.gather(*(asker.ask("b", patience=1) for _ in range(9)))


async def test_waiting_is_not_a_busy_loop(asker: Asker) -> None:
    """The timer rings when something may have changed: once a part at most."""
    await asyncio.gather(*(asker.ask("a") for _ in range(10)))
    await asker.begin("a", 30, patience=60)
    await asker.time.sleep(30)
    assert asker.time.rang <= 60
    assert len(asker.time.timers) == 1


async def test_nothing_is_sent_during_a_pause(asker: Asker) -> None:
    """Calls that can wait do; the others hear at once how long it lasts."""
    asker.budget.pause(3)
    (waiting,) = await asker.begin("a")
    with pytest.raises(RateLimited) as caught:
        await asker.ask("b", patience=2)
    assert (caught.value.retry_after, caught.value.limit) == (3, None)
    await asker.time.sleep(2.9)
    assert not waiting.done()
    await asker.time.sleep(0.2)
    assert waiting.done()


async def test_pauses_are_bounded_and_grow_when_nobody_says_how_long(asker: Asker) -> None:
    asker.budget.pause(100_000)
    with pytest.raises(RateLimited) as caught:
        await asker.ask("a")
    assert caught.value.retry_after == 60
    slow = Asker(TEN, Rate(25, 600, 60))
    slow.budget.pause(100_000)
    with pytest.raises(RateLimited) as caught:
        await slow.ask("a")
    assert caught.value.retry_after == 600
    other = Asker()
    for expected in (1, 2, 4):
        other.budget.pause(None)
        other.budget.pause(None)  # a call that was under way beside the first
        with pytest.raises(RateLimited) as caught:
            await other.ask("a", patience=0.5)
        assert caught.value.retry_after == pytest.approx(expected)
        await other.time.sleep(expected)


async def test_both_windows_count() -> None:
    """A slow walk within the short rate ends at the long one."""
    asker = Asker(TEN, Rate(25, 600, 60))
    for _ in range(25):
        await asker.ask("a")
        await asker.time.sleep(2)
    with pytest.raises(RateLimited) as caught:
        await asker.ask("a")
    assert caught.value.limit == 25
    assert caught.value.retry_after is not None and caught.value.retry_after > 500


async def test_a_call_that_was_granted_and_not_made_is_given_back(asker: Asker) -> None:
    for _ in range(9):
        await asker.ask("a")
    permit = await asker.budget.acquire("a", asker.time.moment + 30)
    (waiting,) = await asker.begin("a")
    asker.budget.give_back(permit)
    await settle()
    assert waiting.done()
