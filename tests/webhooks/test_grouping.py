"""Grouped commits as the relay leans on them: everyone learns the outcome, whatever happens."""

import asyncio
from collections.abc import Sequence

import pytest

from storage.errors import StorageUnavailable
from storage.group_commit import GroupCommit


async def test_a_database_that_goes_away_while_a_spoilt_batch_is_taken_apart_is_asked_no_more() -> (
    None
):
    asked: list[Sequence[int]] = []

    async def commit(items: Sequence[int]) -> Sequence[int]:
        asked.append(items)
        if len(items) > 1:
            raise ValueError("one of them")
        if items[0] >= 3:
            raise StorageUnavailable("away")
        return list(items)

    group = GroupCommit(commit)
    answers = await asyncio.gather(*(group.submit(n) for n in range(10)), return_exceptions=True)
    assert answers[:3] == [0, 1, 2]
    assert {type(answer) for answer in answers[3:]} == {StorageUnavailable}
    assert len(asked) == 5, "the batch, three that could be written, and one that found it away"


async def test_when_the_service_stops_in_the_middle_nobody_waits_for_ever() -> None:
    begun = asyncio.Event()

    async def commit(items: Sequence[int]) -> Sequence[int]:
        begun.set()
        await asyncio.sleep(60)
        return list(items)

    group = GroupCommit(commit, most=2)
    waiting = [asyncio.create_task(group.submit(n)) for n in range(6)]
    await begun.wait()
    (running,) = group._running
    running.cancel()
    async with asyncio.timeout(30):
        answers = await asyncio.gather(*waiting, return_exceptions=True)
        await group.drain()
    assert {type(answer) for answer in answers} == {StorageUnavailable}


async def test_a_commit_that_answers_too_little_is_told_to_everyone_and_not_repeated() -> None:
    asked = 0

    async def commit(items: Sequence[int]) -> Sequence[int]:
        nonlocal asked
        asked += 1
        return list(items)[:1]

    group = GroupCommit(commit)
    async with asyncio.timeout(30):
        answers = await asyncio.gather(*(group.submit(n) for n in range(4)), return_exceptions=True)
    assert all(isinstance(answer, Exception) for answer in answers)
    assert asked == 1, "it was committed; doing it again would do it twice"
    with pytest.raises(ValueError, match="answers"):
        raise answers[0]  # type: ignore[misc]


async def test_those_who_left_are_not_written_one_by_one() -> None:
    written: list[int] = []
    gate = asyncio.Event()

    async def commit(items: Sequence[int]) -> Sequence[int]:
        if len(items) > 1:
            await gate.wait()
            raise ValueError("one of them")
        written.extend(items)
        return list(items)

    group = GroupCommit(commit)
    tasks = [asyncio.create_task(group.submit(n)) for n in range(4)]
    for _ in range(20):  # until all four have been submitted, and one commit waits
        await asyncio.sleep(0)
    tasks[1].cancel()
    gate.set()
    await asyncio.gather(*tasks, return_exceptions=True)
    assert written == [0, 2, 3]
