"""One at a time for each key, and nothing is kept of those that are done."""

import asyncio

from webhooks.connection_locks import ConnectionLocks


async def test_those_with_the_same_key_wait_for_each_other_and_others_dont() -> None:
    turns = ConnectionLocks()
    under_way: list[str] = []
    most: dict[str, int] = {}

    async def step(key: str) -> None:
        async with turns[key]:
            under_way.append(key)
            most[key] = max(most.get(key, 0), under_way.count(key))
            most["all"] = max(most.get("all", 0), len(under_way))
            for _ in range(3):
                await asyncio.sleep(0)
            under_way.remove(key)

    await asyncio.gather(*(step(key) for key in "abab"))
    assert most == {"a": 1, "b": 1, "all": 2}


async def test_nothing_is_kept_of_keys_that_nobody_waits_for() -> None:
    turns = ConnectionLocks()
    for number in range(100):
        async with turns[str(number)]:
            assert len(turns) == 1
    assert len(turns) == 0


async def test_a_turn_that_was_broken_off_is_over() -> None:
    turns = ConnectionLocks()
    holding = asyncio.Event()

    async def hold() -> None:
        async with turns["a"]:
            holding.set()
            await asyncio.sleep(60)

    task = asyncio.create_task(hold())
    await holding.wait()
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert not turns["a"].locked()
