"""Runs confirmed payouts: one process works on one payout, step by step, until it's over."""

import asyncio
import secrets
import time
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta

import msgspec

from connector.concurrency import all_of
from connector.payouts.runs import (
    LeaseLost,
    PayoutHold,
    PayoutMeans,
    RunHalted,
    RunLater,
    RunNext,
    RunStep,
)
from connector.payouts.standing import (
    PayoutContent,
    PayoutSeals,
    PayoutTrouble,
    ended_status,
)
from storage.clock import Clock
from storage.errors import ServiceError
from storage.log import logger
from storage.repositories.accounts import Account
from storage.repositories.payouts import StoredPayout
from storage.unit_of_work import UnitOfWork

_WAITS = (2.0, 5.0, 10.0, 30.0, 60.0, 120.0, 300.0)
"""Seconds before a step is taken again, after failures in a row that may pass."""

_LONGEST_BESIDES = 5.0
"""Seconds to wait at most, where somebody said that less would do."""


@dataclass(frozen=True, slots=True)
class RunSettings:
    """`lease` is how long a process may be silent over a payout before another takes it.

    A payout is let go after `turn` seconds, so that others come in between. `at_once` are run at
    the same time by one process.
    """

    lease: timedelta = timedelta(seconds=60)
    turn: float = 20.0
    at_once: int = 4


@dataclass(frozen=True)
class PayoutRuns:
    """Runs the payouts of all accounts. `means` are by mode; `clock` is that of leases."""

    work: UnitOfWork
    seals: PayoutSeals
    clock: Clock
    means: Mapping[str, PayoutMeans]
    settings: RunSettings = RunSettings()
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    owner: str = field(default_factory=lambda: f"payouts_{secrets.token_hex(8)}")

    async def run_due(self) -> int:
        """Take the turns that are due; return how many there were. For a periodic task."""
        return sum(await all_of(self._run_due() for _ in range(self.settings.at_once)))

    async def _run_due(self) -> int:
        turns = 0
        while True:
            now = self.clock()
            async with self.work.writing() as tx:
                payout = await tx.payouts.take_due(
                    self.owner, now=now, until=now + self.settings.lease
                )
                account = None if payout is None else await tx.accounts.get(payout.account_id)
            if payout is None or account is None:
                return turns
            await self._turn(account, payout)
            turns += 1

    async def run(
        self, account: Account, payout_id: str, told: Callable[[], Awaitable[None]]
    ) -> None:
        """Run a payout here until it's over or was stopped; tell after each step.

        While another process works on it, wait.
        """
        while True:
            now = self.clock()
            async with self.work.writing() as tx:
                stored = await tx.payouts.get(payout_id)
                payout = None
                if stored is not None and stored.due_at <= now:
                    payout = await tx.payouts.take(
                        payout_id, self.owner, now=now, until=now + self.settings.lease
                    )
            if stored is None or stored.status != "RUNNING":
                return
            if payout is None:
                await self.sleep(0.5)
            else:
                await self._turn(account, payout, only_one=True)
            await told()

    async def _turn(
        self, account: Account, payout: StoredPayout, *, only_one: bool = False
    ) -> None:
        """Take steps of a payout for a while, and let it go."""
        hold = PayoutHold(self.work, self.seals, self.clock, self.settings.lease, account, payout)
        stepping = asyncio.create_task(self._steps(hold, only_one=only_one))
        keeping = asyncio.create_task(self._keep(hold, stepping))
        try:
            step = await stepping
        except LeaseLost:
            hold.is_lost = True
            step = None
        except asyncio.CancelledError:
            if not hold.is_lost:
                with suppress(ServiceError):
                    await self._let_go(hold, RunNext())
                raise
            step = None
        except ServiceError as error:
            step = RunLater(None, error)
        except Exception as error:
            # one bad payout must not end a loop that others depend on
            logger.error("payout.broken", account_id=account.id, exc_info=error)
            step = RunLater(None, ServiceError("Something went wrong here."))
        finally:
            keeping.cancel()
        if hold.is_lost:
            logger.warning("payout.taken_over", account_id=account.id)
        else:
            await self._let_go(hold, step)

    async def _steps(self, hold: PayoutHold, *, only_one: bool) -> RunStep:
        means = self.means.get(hold.payout.mode)
        if means is None:
            return RunHalted(ServiceError("Payouts can't be run in this way any more."))
        until = time.monotonic() + self.settings.turn
        while True:
            step = await means.step(hold)
            if not isinstance(step, RunNext) or only_one or time.monotonic() >= until:
                return step

    async def _keep(self, hold: PayoutHold, stepping: "asyncio.Task[RunStep]") -> None:
        while True:
            await asyncio.sleep(self.settings.lease.total_seconds() / 3)
            with suppress(ServiceError):
                if not await hold.keep():
                    hold.is_lost = True
                    stepping.cancel()
                    return

    async def _let_go(self, hold: PayoutHold, step: RunStep) -> None:
        now = self.clock()
        payout, content = hold.payout, hold.content
        due_at = now
        async with self.work.writing() as tx:
            match step:
                case RunLater(after, trouble):
                    wait = _wait(content.failures, after, trouble)
                    due_at = now + timedelta(seconds=wait)
                    content = _failed(content, trouble)
                case RunHalted(trouble) if trouble is not None:
                    content = _failed(content, trouble)
                    await tx.payouts.move(payout, "STOPPED", of=("RUNNING",), at=now)
                    logger.warning("payout.halted", account_id=payout.account_id, code=trouble.code)
                case None:
                    states = await tx.payouts.states([payout.id])
                    status = ended_status(states[payout.id])
                    content = msgspec.structs.replace(content, trouble=None, failures=0)
                    if status is not None:
                        await tx.payouts.move(
                            payout, status, of=("RUNNING", "STOPPED"), at=now, ended_at=now
                        )
                case _:
                    content = msgspec.structs.replace(content, trouble=None, failures=0)
            sealed = self.seals.sealed_content(payout, content)
            await tx.payouts.let_go(payout, due_at=due_at, at=now, content=sealed)


def _wait(failures: int, after: float | None, trouble: ServiceError | None) -> float:
    """Return the seconds before the next step: those that were asked for, and ever more."""
    if trouble is None:
        return after or 0.0
    growing = _WAITS[min(failures, len(_WAITS) - 1)]
    return growing if after is None else max(after, min(growing, _LONGEST_BESIDES))


def _failed(content: PayoutContent, trouble: ServiceError | None) -> PayoutContent:
    if trouble is None:
        return msgspec.structs.replace(content, trouble=None, failures=0)
    told = PayoutTrouble(trouble.code, trouble.message)
    return msgspec.structs.replace(content, trouble=told, failures=content.failures + 1)
