"""Grouped commits."""

import asyncio
from collections.abc import Sequence

import pytest

from storage.errors import StorageUnavailable
from storage.group_commit import GroupCommit


async def turns() -> None:
    """Let everyone who can go on do so, until they wait for something else."""
    for _ in range(20):
        await asyncio.sleep(0)


async def test_what_queues_during_a_commit_goes_into_the_next_one() -> None:
    batches: list[list[int]] = []
    gate = asyncio.Event()

    async def commit(items: Sequence[int]) -> Sequence[int]:
        batches.append(list(items))
        await gate.wait()
        return [item * 10 for item in items]

    group = GroupCommit(commit)
    first = asyncio.create_task(group.submit(1))
    await turns()
    rest = [asyncio.create_task(group.submit(n)) for n in (2, 3, 4)]
    await turns()
    gate.set()
    assert await asyncio.gather(first, *rest) == [10, 20, 30, 40]
    assert batches == [[1], [2, 3, 4]]


async def test_what_is_on_its_way_joins_and_nothing_is_waited_for() -> None:
    """Each turn of the loop brings one more, as requests that are being read do."""
    batches: list[list[int]] = []

    async def commit(items: Sequence[int]) -> Sequence[int]:
        batches.append(list(items))
        return items

    group = GroupCommit(commit)
    tasks: list[asyncio.Task[int]] = []
    for number in range(4):
        tasks.append(asyncio.create_task(group.submit(number)))
        await asyncio.sleep(0)
    await asyncio.gather(*tasks)
    assert batches == [[0, 1, 2, 3]]

    alone = asyncio.create_task(group.submit(9))
    turns = 0
    while not alone.done():
        turns += 1
        await asyncio.sleep(0)
    assert turns <= 10, "with nothing else to do it's a matter of turns, not of time"


async def test_a_batch_that_is_worth_a_commit_is_taken_at_once() -> None:
    batches: list[int] = []

    async def commit(items: Sequence[int]) -> Sequence[int]:
        batches.append(len(items))
        return items

    group = GroupCommit(commit)
    tasks = [asyncio.create_task(group.submit(number)) for number in range(20)]
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    tasks += [asyncio.create_task(group.submit(number)) for number in range(5)]
    await asyncio.gather(*tasks)
    assert batches == [20, 5]


async def test_a_poisonous_item_fails_alone() -> None:
    async def commit(items: Sequence[int]) -> Sequence[int]:
        if 2 in items:
            raise ValueError("two")
        return list(items)

    group = GroupCommit(commit)
    answers = await asyncio.gather(*(group.submit(n) for n in (1, 2, 3)), return_exceptions=True)
    assert answers[0] == 1
    assert isinstance(answers[1], ValueError)
    assert answers[2] == 3


async def test_an_unavailable_database_is_asked_once_for_the_whole_batch() -> None:
    asked = 0

    async def commit(items: Sequence[int]) -> Sequence[int]:
        nonlocal asked
        asked += 1
        raise StorageUnavailable("away")

    group = GroupCommit(commit)
    answers = await asyncio.gather(*(group.submit(n) for n in range(50)), return_exceptions=True)
    assert all(isinstance(answer, StorageUnavailable) for answer in answers)
    assert asked == 1


async def test_a_cancelled_caller_does_not_spoil_the_batch() -> None:
    async def commit(items: Sequence[int]) -> Sequence[int]:
        await asyncio.sleep(0.01)
        return list(items)

    group = GroupCommit(commit)
    tasks = [asyncio.create_task(group.submit(n)) for n in range(3)]
    await asyncio.sleep(0)
    tasks[1].cancel()
    assert await tasks[0] == 0
    assert await tasks[2] == 2
    with pytest.raises(asyncio.CancelledError):
        await tasks[1]
    await group.drain()


async def test_batches_are_bounded() -> None:
    sizes: list[int] = []

    async def commit(items: Sequence[int]) -> Sequence[int]:
        sizes.append(len(items))
        return list(items)

    group = GroupCommit(commit, most=10)
    await asyncio.gather(*(group.submit(n) for n in range(35)))
    assert sizes == [10, 10, 10, 5]


async def test_what_nobody_waits_for_may_gather() -> None:
    batches: list[list[int]] = []

    async def commit(batch: Sequence[int]) -> list[int]:
        batches.append(list(batch))
        return list(batch)

    group = GroupCommit(commit, most=4, gather=0.5)

    async def submit(number: int) -> int:
        await asyncio.sleep(0.001 * number)
        return await group.submit(number)

    assert await asyncio.gather(*(submit(number) for number in range(3))) == [0, 1, 2]
    assert batches == [[0, 1, 2]]
    tasks = [asyncio.create_task(group.submit(number)) for number in range(5)]
    await asyncio.sleep(0)
    await group.drain()
    assert batches[1:] == [[0, 1, 2, 3], [4]]
    assert await asyncio.gather(*tasks) == [0, 1, 2, 3, 4]
