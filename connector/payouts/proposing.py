"""Runs a payout by proposing it: many lines with one request, which people approve.

A batch is stored before it leaves, so that after a crash the same lines are asked for under the
same key, and what came of them is found out before anything else is begun.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime

from connector.errors import (
    DownstreamRefused,
    PaymentsDisabled,
    WriteInProgress,
    WriteOutcomeUnknown,
)
from connector.paying.switch import PaymentSwitch
from connector.payouts.orders import PayoutOrder
from connector.payouts.runs import PayoutHold, RunHalted, RunLater, RunNext, RunStep
from connector.payouts.standing import LineReport
from connector.ports import WriteRequest
from connector.writing.decisions import had_no_effect
from connector.writing.requests.proposal import ProposalRequest, ProposedTransfer
from connector.writing.writing import Writing
from storage.errors import ServiceError
from storage.repositories.payouts import PayoutLineChange

PROPOSE = "payouts.propose"
AT_ONCE = 400
"""Lines of one request."""

_LINE = re.compile(r"transfers[./\[](\d+)")


@dataclass(frozen=True)
class Proposing:
    """Takes one step of a payout: a batch that is asked for, or asked for again."""

    writing: Writing
    switch: PaymentSwitch

    async def step(self, hold: PayoutHold) -> RunStep:
        """Propose the next lines; say what is to be done then."""
        batch = await hold.unfinished_batch()
        if batch is None:
            lines = await hold.lines("OPEN", AT_ONCE)
            if not lines:
                return None
            try:
                await self.switch.settings(hold.account.tenant_id)
            except PaymentsDisabled as error:
                return RunHalted(error)
            batch = await hold.begin_batch([one.line for one in together(lines)])
            if batch is None:
                return RunHalted(None)
        return await self._ask(hold, batch, await hold.batch(batch))

    async def _ask(self, hold: PayoutHold, batch: int, lines: Sequence[LineReport]) -> RunStep:
        request = _request(hold, batch, lines)
        # no key of a caller's has a space
        key = f"{hold.payout.id} {batch}"
        try:
            done = await self.writing.perform(hold.account, PROPOSE, WriteRequest(request), key)
        except (WriteInProgress, WriteOutcomeUnknown) as error:
            if error.retry_after is not None:
                return RunLater(error.retry_after, error)
            await hold.undecided(lines, error)
            return RunNext()
        except ServiceError as error:
            if not had_no_effect(error):
                return RunLater(None, error)
            return await _not_done(hold, lines, error)
        await hold.end_batch(batch, "PROPOSED", done.record_id)
        return RunNext()


async def _not_done(hold: PayoutHold, lines: Sequence[LineReport], error: ServiceError) -> RunStep:
    """Leave out the lines that were refused by themselves; the others leave anew."""
    refused = refused_lines(error)
    changes: list[PayoutLineChange] = []
    for position, one in enumerate(lines):
        if position in refused:
            sealed = hold.seals.sealed_trouble(one.line, *refused[position])
            changes.append(PayoutLineChange(one.line.id, "REFUSED", outcome=sealed))
        else:
            changes.append(PayoutLineChange(one.line.id, "OPEN", keeps_batch=False))
    await hold.note(changes)
    if refused:
        return RunNext()
    return (
        RunLater(getattr(error, "retry_after", None), error)
        if error.retryable
        else RunHalted(error)
    )


def refused_lines(error: ServiceError) -> dict[int, tuple[str, str]]:
    """Return which lines of a request were refused by themselves, and why. Pure."""
    found: dict[int, tuple[str, str]] = {}
    if isinstance(error, DownstreamRefused):
        for entry in error.downstream:
            named = _LINE.search(entry.source or "")
            if named is not None:
                code = (entry.code or "refused").upper()
                found.setdefault(int(named[1]), (code, entry.message or "It was refused."))
    return found


def together(lines: Sequence[LineReport]) -> list[LineReport]:
    """Return the lines that may leave with the first: of one account, on one day. Pure."""
    first = lines[0].order
    return [
        one
        for one in lines
        if (one.order.debit_iban, one.order.day) == (first.debit_iban, first.day)
    ]


def _request(hold: PayoutHold, batch: int, lines: Sequence[LineReport]) -> ProposalRequest:
    begun_at = lines[0].line.begun_at
    assert begun_at is not None
    note = f"{hold.content.file_name} ({hold.payout.id}), part {batch}"
    return _proposal(note, begun_at, [one.order for one in lines])


def _proposal(note: str, begun_at: datetime, orders: Sequence[PayoutOrder]) -> ProposalRequest:
    first = orders[0]
    return ProposalRequest(
        note=note,
        begun_at=begun_at,
        debit_iban=first.debit_iban,
        day=_still_to_come(first.day, begun_at),
        transfers=tuple(
            ProposedTransfer(
                name=one.name,
                iban=one.iban,
                amount=one.amount,
                reference=one.reference,
                attachment_ids=one.attachment_ids,
            )
            for one in orders
        ),
    )


def _still_to_come(day: date | None, now: datetime) -> date | None:
    """Return a day, None when it has come: then it's at once."""
    return day if day is not None and day > now.astimezone(UTC).date() else None


def checking(orders: Sequence[PayoutOrder], now: datetime) -> tuple[str, Sequence[ProposalRequest]]:
    """Return what is to be checked at the target system before anything is stored. Pure."""
    by_account: dict[str | None, PayoutOrder] = {}
    for one in orders:
        by_account.setdefault(one.debit_iban, one)
    return PROPOSE, [_proposal("", now, [one]) for one in by_account.values()]
