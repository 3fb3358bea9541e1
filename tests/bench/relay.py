"""The relay: what it costs to take an event in, to send it on, and what disturbs the two.

Everything is on 127.0.0.1. This process is Qonto; the vendor, and whatever is measured, run in
processes of their own. docs/benchmarks.md says what each figure means.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence

from tests.bench import (
    relay_burst,
    relay_delivery,
    relay_hanging,
    relay_history,
    relay_intake,
    relay_latency,
    relay_loud,
)
from tests.bench.figures import Figure
from tests.bench.stage import Stage, staged

Part = Callable[[Stage], Awaitable[Sequence[Figure]]]

PARTS: tuple[tuple[Part, float], ...] = (
    (relay_intake.run, 9),
    (relay_delivery.run, 8),
    (relay_latency.run, 12),
    (relay_burst.run, 8),
    (relay_hanging.run, 9),
    (relay_loud.run, 9),
)
LONG: tuple[tuple[Part, float], ...] = (
    (relay_history.run, 3_600),
    (relay_history.run_backlog, 1_200),
)
"""Each with the seconds that it has; it makes fewer rounds when they don't suffice."""
_GRACE = 2
_SHORT = 56
"""Seconds for all the short ones, with the time it takes to set the stage."""
_PATIENT = 40
"""Seconds that each of them has when there is time: seven rounds take less."""


async def run(long: bool) -> Sequence[Figure]:
    """Run the short parts; one that takes too long is left out.

    With `long` they have all the time they need, and the long ones follow.
    """
    figures: list[Figure] = []
    end = time.perf_counter() + _SHORT
    async with staged() as stage:
        for part, most in PARTS:
            left = _PATIENT if long else min(most, end - time.perf_counter() - _GRACE)
            figures += await _within(part, stage, left)
        for part, most in LONG if long else ():
            figures += await _within(part, stage, most)
    return figures


async def _within(part: Part, stage: Stage, seconds: float) -> Sequence[Figure]:
    print(f"  {part.__module__.rpartition('.')[2]} ...", flush=True)
    stage.until = time.perf_counter() + seconds
    try:
        async with asyncio.timeout(seconds + _GRACE):
            return await part(stage)
    except TimeoutError:
        print("  left out: the machine is too busy", flush=True)
        return ()
