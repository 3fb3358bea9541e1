"""Writes while processes die and answers are lost: nothing twice, nothing lost, doubt is told.

`make test` does a few of each, chosen by a fixed seed, with leases of seconds; `make chaos` kills a
thousand times, loses a thousand answers of each kind, and asks for a thousand writes several times
at once, on each database, with the leases that ship.
"""

import asyncio
import itertools
import os
import signal
from collections import Counter
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

import httpx2
import pytest
from qonto_simulator import Simulator, serving

from connector.providers.qonto.provider import FULL_SCOPES
from storage.clock import system_clock
from storage.sealing import KeyRing
from tests.bench.linking import link
from tests.chaos.audit import complaints, tally
from tests.chaos.books import Bookkeeping
from tests.chaos.clerk import Clerk
from tests.chaos.conftest import FULL, SEED
from tests.chaos.errands import KINDS, Errand, Kind, Office
from tests.chaos.gate import CALLS, STAGES, UNANSWERED, Call, Gate, Stage, Trouble
from tests.chaos.journey import all_ready
from tests.chaos.processes import KEY, Member, Nursery, environment, server, worker
from tests.journeys.desk import company

pytestmark = [pytest.mark.loopback, pytest.mark.both_databases]

TIMES = int(os.environ.get("CHAOS_WRITES", "1000" if FULL else "0"))
"""How much of each there is; 0 is a slice."""
KILLS = TIMES or 4
LOST = TIMES or 2
SAME = TIMES or 14

SECONDS = float(os.environ.get("CHAOS_WRITE_SECONDS", "60" if FULL else "4"))
"""How long a write is waited for."""
ACCOUNTS = 8 if TIMES else 1
"""Of one organisation; each has a few calls under way at most."""
AT_ONCE = int(os.environ.get("CHAOS_CLIENTS", "150")) if TIMES else 12
LIMIT = 3600 if TIMES else 240


@dataclass
class Scene:
    """A deployment, its Qonto, and clients who want things done."""

    by_port: dict[int, Member]
    """The processes, by the port at which Qonto hears of each."""
    gate: Gate
    books: Bookkeeping
    desks: Sequence[tuple[Office, Clerk]]
    """One for each linked account."""
    errands: list[Errand] = field(default_factory=list[Errand])
    logs: list[str] = field(default_factory=list[str])
    """What processes logged that are dead."""

    async def keep_busy(
        self, kinds: Callable[[], Kind | None], at_once: int, askers: Callable[[], int] = lambda: 1
    ) -> None:
        """Run errands of these kinds, many at once, until there are no more kinds."""

        async def client(office: Office, clerk: Clerk) -> None:
            while (kind := kinds()) is not None:
                errand = office.think_of(kind, large=office.chance.random() < 0.05)
                self.errands.append(errand)
                async with asyncio.TaskGroup() as group:
                    for _ in range(askers()):
                        group.create_task(clerk.run(errand))

        async with asyncio.TaskGroup() as group:
            for number in range(at_once):
                group.create_task(client(*self.desks[number % len(self.desks)]))

    async def check(self, figure: Callable[[str, object], None]) -> None:
        """Ask once more for each kind, untroubled; hold what was told against what there is."""
        self.gate.blind, self.gate.plan = 0.0, lambda _: None
        await self.gate.settled()
        kinds = iter(KINDS)
        await self.keep_busy(lambda: next(kinds, None), len(KINDS))
        await self.gate.settled()
        seen = self.books.seen(self.gate.applied)
        wrong = complaints(self.errands, seen)
        told = tally(self.errands)
        figure("writes asked for", len(self.errands))
        figure("requests made for them", sum(one.attempts for one in self.errands))
        figure("done / refused / unknown", "{done} / {refused} / {unknown}".format(**told))
        figure("e-mails sent", sum(seen.effects["mail"].values()))
        answers = Counter(one.partition(" at ")[0] for it in self.errands for one in it.answers)
        figure("answers", dict(sorted(answers.items())))
        figure("done twice, lost, or told wrongly", len(wrong))
        for member in self.by_port.values():
            self.logs.append(member.said())
        for log in self.logs:
            _, found, trouble = log.partition("Traceback")
            assert not found, trouble
        assert not wrong, "\n".join(wrong[:50])
        assert all(sum(marks.values()) for marks in seen.effects.values()), "some do nothing at all"


@asynccontextmanager
async def scene(
    nursery: Nursery, folder: Path, database_url: str, chance: Random
) -> AsyncIterator[Scene]:
    """Link an account and start the processes: one on SQLite, two and a worker on PostgreSQL."""
    simulator = Simulator(seed=1)
    simulator.control.set_quirks(rate_limits=False, pdf_delay=0.3)
    gate = Gate(simulator.app, chance, patience=SECONDS / 4)
    simulator.app = gate
    token = simulator.issue_access_token(FULL_SCOPES)
    accounts = await link(
        database_url, KeyRing([KEY]), ACCOUNTS, access=token, scopes=frozenset(FULL_SCOPES)
    )
    more = {} if SECONDS == 60 else {"CHAOS_WRITE_SECONDS": str(SECONDS)}
    names = ("serve-1",) if database_url.startswith("sqlite") else ("serve-1", "serve-2", "worker")
    async with AsyncExitStack() as stack:
        by_port: dict[int, Member] = {}
        for name in names:
            address = await stack.enter_async_context(serving(simulator))
            env = environment(
                database_url,
                CONNECTOR_QONTO__API_URL=address,
                CONNECTOR_RATE__TEN_SECONDS="0",
                CONNECTOR_RATE__TEN_MINUTES="0",
                **more,
            )
            born = worker if name == "worker" else server
            member = born(nursery, folder, env, name=name)
            by_port[int(address.rpartition(":")[2])] = member
            stack.push_async_callback(member.kill)
        await all_ready(list(by_port.values()))
        http = await stack.enter_async_context(
            httpx2.AsyncClient(timeout=90, limits=httpx2.Limits(max_connections=500))
        )
        addresses = [one.address for one in by_port.values() if one.address]
        books = Bookkeeping(simulator)
        made = await http.post(
            f"{addresses[0]}/accounting/customers", json=company("Everybody"), headers=accounts[0]
        )
        assert made.status_code == 201, made.text
        books.close()
        customer_id, numbers = made.json()["data"]["id"], itertools.count()
        desks = [
            (
                Office(customer_id, chance, books.draft, books.final, numbers),
                Clerk(http, addresses, headers, chance, pause=1.0 if FULL else 0.2),
            )
            for headers in accounts
        ]
        yield Scene(by_port, gate, books, desks)


@dataclass
class Executioner:
    """Kills processes at random moments, and at each stage of each call to Qonto."""

    scene: Scene
    chance: Random
    killed: int = 0
    at: Counter[str] = field(default_factory=Counter[str])
    _wanted: tuple[Call, Stage] | None = None
    _struck: asyncio.Event = field(default_factory=asyncio.Event)
    _doomed: list[Member] = field(default_factory=list[Member])

    async def run(self, times: int) -> None:
        """Kill until that many have died; all are up again at the end."""
        self.scene.gate.step = self._step
        each: list[tuple[Call, Stage] | None] = [None, *itertools.product(CALLS, STAGES)]
        self.chance.shuffle(each)
        steps = itertools.cycle(each)
        members = list(self.scene.by_port.values())
        while self.killed < times:
            self._doomed = []
            wanted = next(steps)
            if wanted is not None:
                self._struck.clear()
                self._wanted = wanted
                with suppress(TimeoutError):
                    async with asyncio.timeout(20):
                        await self._struck.wait()
                self._wanted = None
            if not self._doomed:
                await asyncio.sleep(self.chance.random())
                self.at["any moment"] += 1
                count = min(len(members), self.chance.choice((1, 1, 2)))
                for member in self.chance.sample(members, count):
                    await self._kill(member)
            for member in self._doomed:
                await member.start()
            await asyncio.gather(*(member.ready() for member in self._doomed))

    async def _step(self, call: Call, stage: Stage, port: int) -> None:
        if self._wanted != (call, stage):
            return
        self._wanted = None
        self.at[f"{call}, {stage}"] += 1
        await self._kill(self.scene.by_port[port])
        self._struck.set()

    async def _kill(self, member: Member) -> None:
        self._doomed.append(member)
        self.scene.logs.append(member.said())
        self.killed += await member.kill(signal.SIGKILL) == -signal.SIGKILL


@pytest.mark.timeout(LIMIT)
async def test_killed_at_any_step_no_write_is_done_twice_or_lost(
    born: Nursery, database_url: str, tmp_path: Path, figure: Callable[[str, object], None]
) -> None:
    chance = Random(SEED)
    async with scene(born, tmp_path, database_url, chance) as it:
        executioner = Executioner(it, chance)
        kinds = itertools.cycle(KINDS)
        is_over = False
        it.gate.blind = 0.01
        it.gate.plan = lambda call: chance.choice(UNANSWERED) if chance.random() < 0.02 else None

        def kind() -> Kind | None:
            return None if is_over else next(kinds)

        began = system_clock()
        busy = asyncio.create_task(it.keep_busy(kind, AT_ONCE))
        await executioner.run(KILLS)
        figure("kills", executioner.killed)
        figure("seconds under load", round((system_clock() - began).total_seconds()))
        figure("kills, by step", dict(sorted(executioner.at.items())))
        is_over = True
        await busy
        await it.check(figure)
        assert executioner.killed >= KILLS


ASKED_BY: dict[Kind, Call] = {
    "customer": "customer",
    "draft": "draft",
    "finalize": "finalize",
    "mail": "mail",
    "credit note": "credit note",
    "bills": "bills",
}


@pytest.mark.timeout(LIMIT)
async def test_answers_lost_at_each_kind_of_write_do_nothing_twice(
    born: Nursery, database_url: str, tmp_path: Path, figure: Callable[[str, object], None]
) -> None:
    """Done and unheard, never arrived, hanging, done later than anybody waits; and refusals."""
    chance = Random(SEED)
    async with scene(born, tmp_path, database_url, chance) as it:
        others: tuple[Trouble | None, ...] = (None, None, "refused", "failed")

        def plan(call: Call) -> Trouble | None:
            if it.gate.unanswered(call) >= 2 * LOST or not kind():  # enough, or over
                return None
            return chance.choice(UNANSWERED) if chance.random() < 0.6 else chance.choice(others)

        def kind() -> Kind | None:
            left = [one for one, call in ASKED_BY.items() if it.gate.unanswered(call) < LOST]
            return chance.choice((*left, *left, "issue")) if left else None

        it.gate.plan, it.gate.blind = plan, 0.05
        await it.keep_busy(kind, AT_ONCE)
        for trouble in UNANSWERED:
            counts = {call: it.gate.troubles[call, trouble] for call in CALLS}
            figure(f"answers that were {trouble}", counts)
        await it.check(figure)
        assert all(it.gate.unanswered(call) >= LOST for call in ASKED_BY.values())


@pytest.mark.timeout(LIMIT)
async def test_one_key_from_many_at_once_is_one_write(
    born: Nursery, database_url: str, tmp_path: Path, figure: Callable[[str, object], None]
) -> None:
    """Also when answers are lost meanwhile; all are told the same."""
    chance = Random(SEED)
    async with scene(born, tmp_path, database_url, chance) as it:
        kinds = itertools.islice(itertools.cycle(KINDS), SAME)
        it.gate.plan = lambda _: chance.choice(UNANSWERED) if chance.random() < 0.1 else None
        await it.keep_busy(
            lambda: next(kinds, None), AT_ONCE // 3, lambda: chance.choice((2, 3, 5))
        )
        figure("keys", len({one.key for one in it.errands}))
        figure("askers", sum(len(one.said) for one in it.errands))
        assert len(it.errands) == SAME
        await it.check(figure)
