"""What a way of running payouts is given, and what it answers. The lease is held here."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Protocol, TypeAlias

from connector.payouts.standing import LineReport, PayoutContent, PayoutSeals
from storage.clock import Clock
from storage.errors import ServiceError
from storage.repositories.accounts import Account
from storage.repositories.payouts import PayoutLineChange, StoredPayout, StoredPayoutLine
from storage.unit_of_work import UnitOfWork


@dataclass(frozen=True, slots=True)
class RunNext:
    """There may be another step, at once."""


@dataclass(frozen=True, slots=True)
class RunLater:
    """There is another step after some seconds, None where nobody said how many.

    `trouble` is what stood against it.
    """

    after: float | None
    trouble: ServiceError | None = None


@dataclass(frozen=True, slots=True)
class RunHalted:
    """Nothing more is begun: because of `trouble`, or since it was stopped or taken over."""

    trouble: ServiceError | None


RunStep: TypeAlias = RunNext | RunLater | RunHalted | None
"""What follows from a step; None when nothing is left to be done."""


class LeaseLost(Exception):
    """Somebody else works on the payout by now: what is done here must not be noted."""


@dataclass
class PayoutHold:
    """A running payout whose lease is held here, and all that may be done with it."""

    work: UnitOfWork
    seals: PayoutSeals
    clock: Clock
    lease: timedelta
    account: Account
    payout: StoredPayout
    content: PayoutContent = field(init=False)
    is_lost: bool = False

    def __post_init__(self) -> None:
        self.content = self.seals.content(self.payout)

    async def keep(self) -> bool:
        """Move the end of the lease; False when it isn't held any more."""
        async with self.work.writing() as tx:
            return await tx.payouts.keep(self.payout, until=self.clock() + self.lease)

    async def unfinished_batch(self) -> int | None:
        """Return the first batch that left and of which nobody knows what came."""
        async with self.work.reading() as tx:
            return await tx.payouts.unfinished_batch(self.payout.id)

    async def lines(self, state: str, most: int, *, after: int = 0) -> list[LineReport]:
        """Return lines in a state, in the order of the file."""
        async with self.work.reading() as tx:
            found = await tx.payouts.lines(self.payout.id, state=state, after=after, most=most)
        return [self.seals.line(one) for one in found]

    async def batch(self, number: int) -> list[LineReport]:
        """Return the lines of a batch of which nobody knows what came."""
        async with self.work.reading() as tx:
            found = await tx.payouts.lines(
                self.payout.id, state="SENDING", batch=number, most=10_000
            )
        return [self.seals.line(one) for one in found]

    async def begin_batch(self, lines: Sequence[StoredPayoutLine]) -> int | None:
        """Note that open lines are about to leave; None when nothing may be begun any more."""
        now = self.clock()
        async with self.work.writing() as tx:
            return await tx.payouts.begin_batch(self.payout, lines, at=now, until=now + self.lease)

    async def end_batch(self, batch: int, state: str, result_id: str | None) -> None:
        """Note what came of all lines of a batch. Raises LeaseLost."""
        async with self.work.writing() as tx:
            held = await tx.payouts.end_batch(
                self.payout, batch, state, result_id=result_id, at=self.clock()
            )
        if not held:
            raise LeaseLost

    async def note(self, changes: Sequence[PayoutLineChange]) -> None:
        """Note what came of single lines. Raises LeaseLost."""
        async with self.work.writing() as tx:
            held = await tx.payouts.note(self.payout, changes, at=self.clock())
        if not held:
            raise LeaseLost

    async def undecided(self, lines: Sequence[LineReport], error: ServiceError) -> None:
        """Note that nobody can tell what came of lines. Raises LeaseLost."""
        await self.note(
            [
                PayoutLineChange(
                    one.line.id,
                    "UNDECIDED",
                    one.line.result_id,
                    self.seals.sealed_trouble(one.line, error.code, error.message),
                )
                for one in lines
            ]
        )


class PayoutMeans(Protocol):
    """One way of running payouts: takes one step, and has stored before whatever may leave."""

    async def step(self, hold: PayoutHold) -> RunStep: ...
