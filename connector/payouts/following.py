"""Looks at what became of lines that were proposed or sent, after their payout was run.

What people approved counts as sent; what they declined, or took back, as refused. A payment that is
sent is settled once the money has moved.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from connector.paying.paying import Paying
from connector.payouts.paying_lines import STATE_OF
from connector.payouts.standing import LineReport, PayoutSeals, ended_status
from connector.registry import Registry
from connector.unified.proposal import Proposal
from storage.clock import Clock
from storage.errors import NotFound
from storage.repositories.accounts import Account
from storage.repositories.payouts import PayoutLineChange, StoredPayout
from storage.unit_of_work import UnitOfWork

_AT_ONCE = 400
UNSEEN = (
    "What was decided can't be read here: the consent or the price plan doesn't show requests. "
    "See them in the target system's app."
)


@dataclass(frozen=True)
class PayoutFollowing:
    """Follows the lines of payouts."""

    registry: Registry
    work: UnitOfWork
    seals: PayoutSeals
    clock: Clock
    paying: Paying

    async def follow(self, account: Account, payout: StoredPayout) -> tuple[str, ...]:
        """Note what became of a payout's lines; return warnings."""
        warnings = await self._follow_proposals(account, payout)
        await self._follow_payments(account, payout)
        async with self.work.writing() as tx:
            states = await tx.payouts.states([payout.id])
            status = ended_status(states[payout.id])
            if status is not None:
                await tx.payouts.move(payout, status, of=("DONE", "PARTIAL"), at=self.clock())
        return warnings

    async def _follow_proposals(self, account: Account, payout: StoredPayout) -> tuple[str, ...]:
        lines = await self._lines(payout, "PROPOSED", 0)
        if not lines:
            return ()
        proposals = self.registry.get(account.target).proposals
        since = payout.confirmed_at or payout.created_at
        known = None if proposals is None else await proposals.states(account.id, since)
        if known is None:
            return (UNSEEN,)
        while lines:
            changes = [
                change
                for one in lines
                if (change := self._decided(one, known.get(one.line.result_id or ""))) is not None
            ]
            await self._settle(changes, "PROPOSED")
            lines = await self._lines(payout, "PROPOSED", lines[-1].line.number)
        return ()

    def _decided(self, one: LineReport, proposal: Proposal | None) -> PayoutLineChange | None:
        """Return what is to be noted of a line; None where nothing was decided yet."""
        match "PENDING" if proposal is None else proposal.status:
            case "APPROVED":
                return PayoutLineChange(one.line.id, "SENT")
            case "DECLINED" | "CANCELED" as status:
                assert proposal is not None
                why = proposal.note or f"The proposal was {status.lower()}."
                sealed = self.seals.sealed_trouble(one.line, status, why)
                return PayoutLineChange(one.line.id, "REFUSED", outcome=sealed)
            case _:
                return None

    async def _follow_payments(self, account: Account, payout: StoredPayout) -> None:
        if payout.mode != "PAY":
            return
        lines = await self._lines(payout, "SENT", 0)
        while lines:
            changes = [
                change for one in lines if (change := await self._moved(account, one)) is not None
            ]
            await self._settle(changes, "SENT")
            lines = await self._lines(payout, "SENT", lines[-1].line.number)

    async def _moved(self, account: Account, one: LineReport) -> PayoutLineChange | None:
        try:
            told = (await self.paying.report(account, one.line.result_id or "")).progress
        except NotFound:
            return None  # its end is too long ago to be known
        state = STATE_OF[told.status]
        if state not in ("SETTLED", "REFUSED"):
            return None
        sealed = None
        if told.error_code is not None or state == "REFUSED":
            code = told.error_code or told.status
            message = told.error_message or f"The transfer was {told.status.lower()}."
            sealed = self.seals.sealed_trouble(one.line, code, message)
        return PayoutLineChange(one.line.id, state, outcome=sealed)

    async def _lines(self, payout: StoredPayout, state: str, after: int) -> list[LineReport]:
        async with self.work.reading() as tx:
            found = await tx.payouts.lines(payout.id, state=state, after=after, most=_AT_ONCE)
        return [self.seals.line(one) for one in found]

    async def _settle(self, changes: Sequence[PayoutLineChange], of: str) -> None:
        async with self.work.writing() as tx:
            await tx.payouts.settle(changes, of=of, at=self.clock())
