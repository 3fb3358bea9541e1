"""Random writes with random failures between; at the end both sides are held against each other.

Customers are made, changed and deleted; then documents of all kinds are made, issued, sent and
credited, on both databases, and the auditor of the chaos tests compares.
"""

import asyncio
import itertools
import random
import uuid
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest
import pytest_asyncio
from qonto_simulator.records.client import Client

from connector.app.sandbox import Sandbox
from tests.chaos.audit import complaints
from tests.chaos.books import Bookkeeping
from tests.chaos.clerk import Clerk
from tests.chaos.errands import KINDS, Errand, Kind, Office
from tests.chaos.gate import CALLS
from tests.journeys.desk import Desk, Failure, at_desk, code, company

pytestmark = pytest.mark.loopback

FAILURES: tuple[Failure | None, ...] = (
    *(None, None, None),
    *("lost_response", "malformed", "drop", "html", "status"),
)
REFUSALS = (400, 422)
STEPS = 6
SEEDS = 3


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def desk(lasting: Sandbox) -> AsyncIterator[Desk]:
    async with at_desk(lasting) as it:
        yield it


@dataclass
class Asked:
    """One creation: the name it's for, its key, and what was answered last."""

    name: str
    key: str
    status: int = 0
    code: str = ""
    id: str | None = None


@dataclass
class History:
    """What was asked for so far."""

    desk: Desk
    chance: random.Random
    asked: list[Asked] = field(default_factory=list[Asked])
    wanted: dict[str, dict[str, Any] | None] = field(
        default_factory=dict[str, dict[str, Any] | None]
    )
    """By id: what a record must say at the end, None when it must be gone."""

    name: str = field(default_factory=lambda: f"history {uuid.uuid4()}")

    def there(self) -> list[Client]:
        """List what Qonto has of it."""
        return [one for one in self.desk.books.clients if one.name.startswith(self.name)]

    async def create(self) -> None:
        """Ask for one to three, some alike, at the same time."""
        count = self.chance.choice((1, 3))
        names = [f"{self.name} {self.chance.choice('abc')}" for _ in range(count)]
        self.fail("POST", "/v2/clients", times=self.chance.randint(1, len(names)))
        new = [Asked(name, str(uuid.uuid4())) for name in names]
        self.asked.extend(new)
        await asyncio.gather(*map(self.ask, new))

    async def ask(self, one: Asked) -> None:
        answer = await self.desk.ask("POST", "customers", company(one.name), key=one.key)
        one.status, one.id = answer.status_code, None
        one.code = "" if answer.status_code < 300 else code(answer)
        if answer.status_code == 201:
            one.id = str(answer.json()["data"]["id"])
            self.wanted.setdefault(one.id, {})

    async def change(self) -> None:
        """Change or delete one that is there; what was refused or is unknown may be either way."""
        there = [id for id, wanted in self.wanted.items() if wanted is not None]
        if not there:
            return
        id, delete = self.chance.choice(there), self.chance.random() < 0.4
        method, body = ("DELETE", None) if delete else ("PATCH", self.change_body())
        self.fail(method, "/v2/clients/*")
        before = self.desk.books.clients.get(id)
        locale = before and before.locale
        answer = await self.desk.ask(method, f"customers/{id}", body, key=str(uuid.uuid4()))
        after = self.desk.books.clients.get(id)
        if answer.status_code == 200:
            self.wanted[id] = None if body is None else body
        elif code(answer) == "OUTCOME_UNKNOWN":
            self.wanted[id] = None if after is None else {"locale": after.locale}
        else:
            assert after is not None and after.locale == locale, "a refused write had an effect"

    def change_body(self) -> dict[str, Any]:
        return {"locale": self.chance.choice(("fr", "en", "de", "es"))}

    def fail(self, method: str, path: str, times: int = 1) -> None:
        """Plan what goes wrong with the next of these calls, if anything does."""
        self.desk.control.clear_faults()
        kind = self.chance.choice(FAILURES)
        if kind == "status":
            status = self.chance.choice((*REFUSALS, 500, 503))
            self.desk.control.fault(path, kind, method=method, status=status, times=times)
        elif kind is not None:
            self.desk.control.fault(path, kind, method=method, times=times)

    def check(self) -> None:
        """Every success is there once, every refusal isn't, what nobody knows is at most once."""
        told = [one.id for one in self.asked if one.id is not None]
        assert len(told) == len(set(told)), "two writes were told the same record"
        gone = sum(wanted is None for wanted in self.wanted.values())
        there = {one.id: one for one in self.there()}
        done = len(told)
        unknown = sum(one.code == "OUTCOME_UNKNOWN" for one in self.asked)
        assert done - gone <= len(there) <= done - gone + unknown
        for record, wanted in self.wanted.items():
            assert (record in there) is (wanted is not None)
            if wanted:
                assert there[record].locale == wanted["locale"]
        for one in self.asked:
            assert one.status == 201 or one.code in (*("OUTCOME_UNKNOWN", "DOWNSTREAM_REFUSED"),), (
                one
            )


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize("seed", range(SEEDS))
async def test_random_histories_with_faults(desk: Desk, seed: int) -> None:
    history = History(desk, random.Random(seed))
    for _ in range(STEPS):
        await (history.create() if history.chance.random() < 0.6 else history.change())
    desk.control.clear_faults()
    history.check()
    await _ask_again(history)
    history.check()
    assert all(one.status == 201 for one in history.asked), "asking again long enough always tells"
    gone = Counter(one.name for one in history.asked if history.wanted[str(one.id)] is None)
    assert Counter(one.name for one in history.there()) == (
        Counter(one.name for one in history.asked) - gone
    )


async def _ask_again(history: History) -> None:
    """Send everything that didn't succeed again with its key, when enough time has passed."""
    for _ in range(3):
        left = [one for one in history.asked if one.status != 201]
        if not left:
            return
        history.desk.later(61)
        for one in left:
            await history.ask(one)


PATHS: dict[Kind, Sequence[str]] = {
    "customer": (CALLS["customer"],),
    "draft": (CALLS["draft"],),
    "finalize": (CALLS["finalize"],),
    "mail": (CALLS["mail"],),
    "credit note": (CALLS["credit note"],),
    "bills": (CALLS["bills"], CALLS["file"]),
    "issue": (CALLS["customer"], CALLS["draft"], CALLS["finalize"]),
}


@dataclass
class Paperwork:
    """Documents that were asked for, and what goes wrong with the calls for them."""

    desk: Desk
    chance: random.Random
    office: Office
    clerk: Clerk
    errands: list[Errand] = field(default_factory=list[Errand])

    async def turn(self, kind: Kind) -> None:
        """Ask for one to three of a kind at the same time, each by one or two clients at once."""
        control = self.desk.control
        control.clear_faults()
        path = self.chance.choice(PATHS[kind])
        failure = self.chance.choice(FAILURES)
        if failure is not None:
            status = {"status": self.chance.choice((*REFUSALS, 429, 500, 503))}
            times = self.chance.choice((1, 1, 2, 5))
            control.fault(path, failure, method="POST", times=times, **status)  # type: ignore[arg-type]
        if self.chance.random() < 0.5:  # nobody can look, or what is read after a change fails
            status, skip = self.chance.choice((429, 503)), self.chance.choice((0, 1, 2, 3))
            control.fault("/v2/cl*", "status", method="GET", status=status, times=4, skip=skip)
        new = [self.office.think_of(kind) for _ in range(self.chance.choice((1, 2, 3)))]
        self.errands += new
        askers = [one for one in new for _ in range(self.chance.choice((1, 1, 2)))]
        await asyncio.gather(*map(self.clerk.ask, askers))

    async def end(self) -> None:
        """Ask again for all that wasn't told, a good minute later each time."""
        self.desk.control.clear_faults()
        for _ in range(6):
            left = [one for one in self.errands if not one.said]
            if not left:
                return
            self.desk.later(62)
            await asyncio.gather(*map(self.clerk.ask, left))


@pytest.mark.both_databases
@pytest.mark.parametrize("seed", range(3))
async def test_random_histories_of_documents(running: Sandbox, seed: int) -> None:
    """Two clients at once, and lost answers, make nothing twice and lose nothing."""
    running.simulators["qonto"].control.set_quirks(rate_limits=False, pdf_delay=0)
    async with at_desk(running) as desk:
        chance = random.Random(seed)
        books = Bookkeeping(desk.simulator)
        customer = await desk.customer("Everybody")
        books.close()
        office = Office(customer, chance, books.draft, books.final, itertools.count(1), twins=0.3)
        paperwork = Paperwork(desk, chance, office, Clerk(desk.client, [""], {}, chance, 0.1))
        kinds = list(KINDS)
        chance.shuffle(kinds)
        for kind in kinds:
            await paperwork.turn(kind)
        await paperwork.end()
        finals = (
            one.id
            for one in desk.books.client_invoices
            if one.status != "draft" and not one.purchase_order
        )
        seen = books.seen({f"/v2/client_invoices/{one}/finalize": 1 for one in finals})
        wrong = complaints(paperwork.errands, seen)
        assert not wrong, "\n".join(wrong)
        assert sum(seen.effects["issue"].values()) and sum(seen.effects["draft"].values())
