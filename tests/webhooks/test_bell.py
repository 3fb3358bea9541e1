"""A loop is woken, and never sleeps over what came while it worked."""

import asyncio
from datetime import timedelta

from webhooks.bell import Bell

LONG = timedelta(hours=1)


async def test_a_loop_that_waits_is_woken() -> None:
    bell = Bell()
    waiting = asyncio.create_task(bell.wait(LONG))
    await asyncio.sleep(0)
    assert not waiting.done()
    bell.ring()
    await asyncio.wait_for(waiting, 30)


async def test_rung_before_anybody_waits_it_is_heard_once() -> None:
    bell = Bell()
    bell.ring()
    bell.ring()
    await asyncio.wait_for(bell.wait(LONG), 30)
    waiting = asyncio.create_task(bell.wait(LONG))
    await asyncio.sleep(0)
    assert not waiting.done()
    waiting.cancel()


async def test_nobody_waits_longer_than_asked() -> None:
    await asyncio.wait_for(Bell().wait(timedelta(0)), 30)
