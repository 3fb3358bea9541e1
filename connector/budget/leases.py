"""Blocks of requests leased from the row that all processes behind one address share.

A lease lasts until its slot of half a second ends, by the database's clock; what is left lapses. So
a process that dies loses nothing but its lease, and the database is asked a few times a second
at full speed, never for each call.

A call granted in a slot may arrive after it, as long as it is under way. Each request for a lease
tells the row of such calls. When none is made, one follows half a window after the slot's end,
before the row forgets that they count. A process that can't tell it by then, since the database is
away or it stands still for seconds, may have calls under way that the others know nothing of.

While the database can't be asked, a process gives itself its part of the steady rate: the limit of
the longest window spread evenly, divided by the processes last seen, two at least. That is slow and
safe; what was taken before may exceed the limit together with it for the rest of one window.
"""

import asyncio
import secrets
import time
from collections.abc import Callable, Sequence

from connector.budget.alarm import Alarm, CallLater
from connector.budget.late import BudgetSlot, LateCalls
from connector.budget.ledger import SLOT, BudgetLease, Demand, Ledger, Rate
from storage.log import logger
from storage.unit_of_work import UnitOfWork

PATIENCE = 1.0
"""Seconds to wait for the database before going on without it."""

ALONE_FOR = 1.0
"""Seconds to go on without it before asking again."""

Count = Callable[[], tuple[int, int]]
"""Returns how many calls wait, and how many accounts are active."""


class Leases:
    """What this process may send at the moment. One per process and target system."""

    def __init__(
        self,
        work: UnitOfWork,
        name: str,
        rates: Sequence[Rate],
        *,
        now: Callable[[], float] = time.monotonic,
        call_later: CallLater | None = None,
    ) -> None:
        """`name` is the row's: processes that leave through one address use the same.

        `call_later` waits by `now`.
        """
        self._work = work
        self._name = name
        self._rates = tuple(rates)
        self._now = now
        self._process = secrets.token_hex(4)
        self._asking: asyncio.Task[None] | None = None
        self._late = LateCalls(SLOT, max(rate.seconds for rate in self._rates))
        self._slot = self._late.open(None, 0.0, 0.0)
        self._report_after = min(rate.seconds for rate in self._rates) / 2
        self._alarm = Alarm(self._report, now=now, call_later=call_later)
        self._asked: tuple[Count, Callable[[], None]] | None = None
        """By whom a lease was asked for last, and who was told."""
        self._left = 0
        self._spent = 0
        self._refused = 0
        self._pause_until = 0.0
        self._processes = 1
        self.until = 0.0
        """When what is left lapses."""
        self.none_before = 0.0
        """Before then, asking for more is of no use."""
        self.limit: int | None = None
        """The limit that is the reason."""
        self.paused_until = 0.0
        self.others = 0
        """Active accounts at other processes."""
        self.elsewhere: tuple[int, ...] = tuple(0 for _ in self._rates)
        """What other processes took in each window, as of the last lease."""
        self.refused_elsewhere = 0

    @property
    def is_asking(self) -> bool:
        return self._asking is not None

    def has_any(self, now: float) -> bool:
        return self._left > 0 and now < self.until

    def take(self) -> BudgetSlot:
        """Use one of those there are, for a call that is under way until its `end`."""
        self._left -= 1
        self._spent += 1
        self._slot.under_way += 1
        return self._slot

    def end(self, slot: BudgetSlot, now: float) -> None:
        """Note the end of a call."""
        self._late.end(slot, now)

    def put_back(self, slot: BudgetSlot) -> None:
        """Give back one that wasn't used, if its slot still runs."""
        slot.under_way -= 1
        if slot is self._slot and self._now() < self.until:
            self._left += 1
            self._spent -= 1

    def refused(self) -> None:
        """Count an answer 401; the others hear of it with the next lease."""
        self._refused += 1

    def pause(self, until: float, count: Count, then: Callable[[], None]) -> None:
        """Tell the others that the target system takes nothing for a while."""
        self._pause_until = until
        self.ask(count, then)

    def ask(self, count: Count, then: Callable[[], None]) -> None:
        """Begin to get a lease for those who wait and as many more as came last; `then` is told.

        Does nothing while asking already.
        """
        self._asked = count, then
        if self._asking is not None:
            return
        task = asyncio.create_task(self._ask(count))
        self._asking = task

        def done(_: asyncio.Task[None]) -> None:
            self._asking = None
            if not task.cancelled():
                then()

        task.add_done_callback(done)

    async def close(self) -> None:
        """Wait for what is under way, and leave the row as it should be."""
        self._alarm.stop()
        if self._asking is not None:
            await asyncio.wait([self._asking])
        if self._asked is not None and self._late.any(self._now()):
            await self._ask(self._asked[0])
        self._alarm.stop()

    def _report(self) -> None:
        """Tell the row of calls that it counts in the wrong place."""
        if self._asked is None or not self._late.any(self._now()):
            return
        if self._asking is None and not self.has_any(self._now()):
            self.ask(*self._asked)
        else:
            self._alarm.set(max(self.until, self._now()))

    async def _ask(self, count: Count) -> None:
        # counted only now, when all calls that began together wait
        waiting, accounts = count()
        recent = self._spent if self._now() < self.until + SLOT else 0
        wanted = waiting + recent if waiting else 0
        refused = self._refused
        pause = max(0.0, self._pause_until - self._now())
        moves = self._late.moves(self._now())
        demand = Demand(self._process, wanted, max(1, accounts), refused, moves, pause)
        try:
            async with asyncio.timeout(PATIENCE), self._work.writing() as tx:
                text = await tx.rate_budgets.open(self._name)
                asked_at = self._now()
                at = await tx.rate_budgets.clock()
                ledger = Ledger(self._rates, text)
                lease = ledger.lease(demand, at)
                await tx.rate_budgets.put(self._name, ledger.dump(), at)
        except Exception as error:
            # whatever it is, calls must go on; who waits would otherwise wait in vain
            logger.warning("rate_budget.alone", error=type(error).__name__)
            self._go_on_alone()
            return
        self._refused -= refused
        self._late.moved(at, asked_at, asked_at + lease.lasts)
        self._arrived(lease, at, asked_at)

    def _arrived(self, lease: BudgetLease, at: float, asked_at: float) -> None:
        """Count from the moment before the database's clock was read: never longer than it says."""
        now = self._now()
        until = asked_at + lease.lasts
        if now < self.until and until - self.until < SLOT / 2:
            self._left += lease.granted
            self.until = self._slot.until = min(self.until, until)
        else:
            self._left, self._spent, self.until = lease.granted, 0, until
            self._slot = self._late.open(at, asked_at, until)
        self._alarm.stop()
        self._alarm.set(until + self._report_after)
        self.none_before = asked_at + lease.wait
        self.limit = lease.limit
        self.paused_until = asked_at + lease.paused if lease.paused else 0.0
        self.others = lease.others
        self.elsewhere = lease.elsewhere
        self.refused_elsewhere = lease.refused_elsewhere
        self._processes = lease.processes

    def _go_on_alone(self) -> None:
        steady = min(rate.limit / rate.seconds for rate in self._rates) / max(2, self._processes)
        lasts = max(ALONE_FOR, 1 / steady)
        self._left, self._spent = max(1, int(steady * lasts)), 0
        self.elsewhere = tuple(0 for _ in self._rates)
        self.until = self.none_before = self._now() + lasts
        self._slot = self._late.open(None, self._now(), self.until)
        self._alarm.stop()
        self._alarm.set(self.until + ALONE_FOR)
