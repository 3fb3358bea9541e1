"""The states of a link, played with several processes: nothing but its owner ends it.

Real vaults, refreshers and resumers; rows, disk and provider are models, and time is virtual,
so that hours take milliseconds. `make test` plays a fixed set, `make chaos` many more.
"""

import asyncio
import os
from collections.abc import Callable
from datetime import timedelta
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, example, given, settings
from hypothesis import strategies as st

from oauth.errors import ProviderError, ProviderUnavailable, ReauthRequired
from oauth.tokens import Access
from storage.errors import StorageUnavailable
from tests.oauth.virtual import VirtualLoop, run
from tests.oauth.world import ACCOUNT, HEALED_AFTER, POINTS, Life, World

EXAMPLES = 3000 if os.environ.get("CHAOS") else 60
SLACK = 100.0
"""Seconds by which clocks that are wrong may make an access look alive."""

pytestmark = pytest.mark.covers("QX-03")

PROCESSES = st.integers(0, 2)
STEPS = st.one_of(
    st.tuples(st.just("wait"), st.sampled_from((1, 7, 19, 30, 61, 75, 150, 600, 3500, 3700, 9000))),
    st.tuples(st.just("call"), PROCESSES),
    st.tuples(st.just("calls"), PROCESSES),
    st.tuples(st.just("refused"), PROCESSES),
    st.tuples(st.just("arm kill"), PROCESSES, st.sampled_from(POINTS)),
    st.tuples(st.just("arm cut"), PROCESSES, st.sampled_from(POINTS)),
    st.tuples(st.just("kill"), PROCESSES),
    st.tuples(st.just("start"), PROCESSES),
    st.tuples(st.just("cut"), PROCESSES),
    st.tuples(st.just("join"), PROCESSES),
    st.tuples(st.just("database"), st.sampled_from((True, False))),
    st.tuples(st.just("clock"), PROCESSES, st.sampled_from((-45, 0, 45))),
    st.tuples(st.just("mood"), st.sampled_from(("slow", "lost", "503", "429"))),
)


class Play:
    """Does the steps, and looks after each whether the promises hold."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.calls: list[asyncio.Task[None]] = []
        self.most_rotations = 0

    async def play(self, steps: list[Any]) -> None:
        for process in self.world.processes[:2]:
            await process.start()
        for step in steps:
            await self.act(*step)
            await self.wait(0.5)
        await self.recover()

    async def act(self, name: str, *arguments: Any) -> None:
        world = self.world
        match name, arguments:
            case "wait", (seconds,):
                await self.wait(seconds)
            case "database", (is_up,):
                world.is_up = is_up
            case "mood", (mood,):
                world.answers.append(mood)
            case _, (number, *rest):
                process = world.processes[number]
                match name:
                    case "call":
                        self.call(number)
                    case "calls":
                        for _ in range(10):
                            self.call(number)
                    case "refused":
                        self.call(number, refused=True)
                    case "arm kill":
                        process.armed[rest[0]] = "kill"
                    case "arm cut":
                        process.armed[rest[0]] = "cut"
                    case "kill":
                        process.kill()
                    case "start":
                        await process.start()
                    case "cut" | "join":
                        process.is_cut = name == "cut"
                    case _:
                        process.ahead = rest[0]

    def call(self, number: int, *, refused: bool = False) -> None:
        self.calls.append(asyncio.create_task(self._call(number, refused=refused)))

    async def _call(self, number: int, *, refused: bool) -> None:
        vault = self.world.processes[number].vault
        if vault is None:
            return
        try:
            access = await vault.get(ACCOUNT)
            self.check(access)
            if refused:
                self.check(await vault.renew(ACCOUNT, access))
        except (ProviderError, StorageUnavailable, TimeoutError):
            pass  # 503 with Retry-After

    def check(self, access: Access) -> None:
        token = access.headers["Authorization"].removeprefix("Bearer ")
        family = self.world.family
        assert family.access[token] + SLACK > self.world.loop.time()

    async def wait(self, seconds: float) -> None:
        end = self.world.loop.time() + seconds
        while self.world.loop.time() < end:
            await asyncio.sleep(min(1.0, end - self.world.loop.time()))
            await self.heal()
            self.holds()

    async def heal(self) -> None:
        """Be there within half a minute, when the new tokens are at the provider alone.

        That is the one loss which is declared: nobody looks within the grace.
        """
        since = self.world.orphaned_since()
        if since is None or self.world.loop.time() - since < HEALED_AFTER:
            return
        self.world.is_up, self.world.answers = True, []
        for process in self.world.processes:
            process.is_cut, process.armed = False, {}
        await self.world.processes[0].start()

    def holds(self) -> None:
        assert not self.world.family.is_revoked, "the family was ended by us"
        assert self.world.row.status == "ACTIVE"
        for one in self.calls:
            if one.done():
                one.result()  # nobody was told that the customer must act
        self.calls = [one for one in self.calls if not one.done()]

    async def recover(self) -> None:
        """Let the trouble end: the link works, and each rotation has become one version."""
        world = self.world
        world.is_up, world.answers = True, []
        for process in world.processes:
            process.is_cut, process.armed, process.ahead = False, {}, 0.0
            await process.start()
        await self.wait(180)
        for process in world.processes:
            assert process.vault is not None
            assert not process.held()
            self.check(await process.vault.get(ACCOUNT))
        await self.wait(1)
        assert world.rotations() == world.row.tokens.version - 1


@pytest.fixture(autouse=True)
def without_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    async def at_once(work: Callable[..., Any], *arguments: Any) -> Any:
        return work(*arguments)

    async def end_consent(*_: Any, **__: Any) -> bool:
        raise ReauthRequired

    monkeypatch.setattr(asyncio, "to_thread", at_once)
    monkeypatch.setattr("oauth.refreshing.end_consent", end_consent)


def play(steps: list[Any]) -> None:
    async def work(loop: VirtualLoop) -> None:
        await Play(World(loop)).play(steps)

    run(work)


@settings(
    max_examples=EXAMPLES,
    derandomize=not os.environ.get("CHAOS"),
    deadline=None,
    database=None,
    suppress_health_check=list(HealthCheck),
    phases=(Phase.explicit, Phase.generate, Phase.shrink),
)
@given(st.lists(STEPS, min_size=4, max_size=25))
@example([("arm kill", 0, "rotated"), ("wait", 3500), ("call", 0), ("wait", 150)])
@example([("arm cut", 0, "rotated"), ("wait", 3500), ("call", 0), ("wait", 600), ("join", 0)])
@example([("kill", 0), ("kill", 0), ("call", 0), ("mood", "lost"), ("mood", "429"), ("refused", 1)])
@example([("mood", "lost"), ("mood", "429"), ("kill", 0), ("kill", 0), ("refused", 1), ("cut", 2)])
@example([("arm kill", 0, "spilled"), ("wait", 3700), ("call", 0), ("wait", 600), ("start", 0)])
def test_nothing_but_its_owner_ends_a_link(steps: list[Any]) -> None:
    play(steps)


@pytest.mark.parametrize("effect", ["kill", "cut"])
@pytest.mark.parametrize("point", POINTS)
@pytest.mark.parametrize("away", [0, 75, 600])
def test_every_point_of_a_refresh_survives(effect: str, point: str, away: int) -> None:
    """Who refreshes is killed or cut off there, and the database is away for a while."""
    play(
        [
            (f"arm {effect}", 0, point),
            ("wait", 3500),
            ("calls", 0),
            ("database", not away),
            ("wait", away or 1),
            ("database", True),
            ("start", 0),
            ("join", 0),
            ("wait", 150),
            ("calls", 1),
        ]
    )


def test_who_waits_for_a_lease_looks_less_and_less_often(monkeypatch: pytest.MonkeyPatch) -> None:
    """After 0.1 s and twice as long each time, up to a second; and gives up after two leases."""
    looks: list[float] = []
    writing = Life.writing

    def counted(life: Life) -> Any:
        looks.append(life.world.loop.time())
        return writing(life)

    monkeypatch.setattr(Life, "writing", counted)

    async def work(loop: VirtualLoop) -> None:
        world = World(loop)
        world.row.owner, world.row.until = "another", world.now() + timedelta(hours=1)
        await world.processes[0].start()
        vault = world.processes[0].vault
        assert vault is not None
        access = await vault.get(ACCOUNT)
        with pytest.raises(ProviderUnavailable, match="still renewing"):
            await vault.renew(ACCOUNT, access)

    run(work)
    gaps = [after - before for before, after in pairwise(looks)]
    assert gaps[:5] == pytest.approx([0.1, 0.2, 0.4, 0.8, 1.0], abs=0.02)
    assert gaps[5:] == pytest.approx([1.0] * len(gaps[5:]), abs=0.02)
    assert 40 < looks[-1] - looks[0] < 42
