"""Runs a payout by paying it: each line is a payment of its own, verified just before it leaves.

A line's payment has the line's key, which was stored with the file: asked for again, it's the same
payment. A line counts as sent once there is a transfer; what the owner has to approve, or a second
key to confirm, is waited for, and no more than some lines wait at a time.
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Literal

from connector.errors import (
    DocumentNotFound,
    DownstreamForbidden,
    DownstreamRefused,
    PaymentsDisabled,
    WriteOutcomeUnknown,
)
from connector.paying.order import PaymentOrder
from connector.paying.paying import Paying
from connector.payouts.orders import PayoutOrder
from connector.payouts.runs import PayoutHold, RunHalted, RunLater, RunNext, RunStep
from connector.payouts.standing import LineReport
from connector.ports import Query
from connector.reading import Reading
from connector.unified.payment_order import PaymentProgress
from oauth.errors import AccountInactive, NotSupported, ReauthRequired, SandboxTokenMissing
from storage.errors import Invalid, NotFound, ServiceError
from storage.repositories.payouts import PayoutLineChange

AT_ONCE = 16
"""Lines that are being paid at the same time."""

LINES_OF_STEP = 64
MOST_WAITING = 64
"""Lines that may wait for somebody, or for an answer; meanwhile no other is begun."""

KEYS_KNOWN = timedelta(hours=20)
"""So long the key of a line that began is certain to be known; payments keep theirs for a day."""

_LOOK_EVERY = 2.0
_TOO_OLD = WriteOutcomeUnknown(
    "What ran this line ended in the middle, more than a day ago. Compare it with the transfers at "
    "GET /accounting/payments; it isn't paid again by itself."
)
_OF_ALL = (
    DownstreamForbidden,
    PaymentsDisabled,
    ReauthRequired,
    AccountInactive,
    NotSupported,
    SandboxTokenMissing,
)
"""What stands against one line stands against all."""

_OF_ONE = (Invalid, DownstreamRefused, DocumentNotFound)

PaidState = Literal["SENDING", "AWAITING_SCA", "SENT", "SETTLED", "REFUSED", "UNDECIDED"]

STATE_OF: Mapping[str, PaidState] = {
    "AWAITING_SECOND_KEY": "AWAITING_SCA",
    "READY": "SENDING",
    "AWAITING_CONFIRMATION": "AWAITING_SCA",
    "SENDING": "SENDING",
    "AWAITING_APPROVAL": "AWAITING_SCA",
    "APPROVED": "SENDING",
    "UNKNOWN": "UNDECIDED",
    "PENDING": "SENT",
    "PROCESSING": "SENT",
    "SETTLED": "SETTLED",
    "DECLINED": "REFUSED",
    "CANCELED": "REFUSED",
    "REFUSED": "REFUSED",
    "DENIED": "REFUSED",
    "EXPIRED": "REFUSED",
    "WITHDRAWN": "REFUSED",
}
"""What a line is when its payment stands so."""


@dataclass
class _Batch:
    """What came of some lines so far; `halt` stands against all of them."""

    halt: ServiceError | None = None
    later: ServiceError | None = None


@dataclass(frozen=True)
class PayingLines:
    """Takes one step of a payout: some lines that are paid, or looked at."""

    paying: Paying
    reading: Reading
    places: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(AT_ONCE))

    async def step(self, hold: PayoutHold) -> RunStep:
        """Pay the next lines; say what is to be done then."""
        under_way = await hold.lines("SENDING", LINES_OF_STEP * 2)
        under_way += await hold.lines("AWAITING_SCA", MOST_WAITING * 2)
        asked = [one for one in under_way if one.line.result_id is not None]
        left = [one for one in under_way if one.line.result_id is None]
        if not left:
            begun = await self._begin(hold, min(MOST_WAITING - len(asked), LINES_OF_STEP))
            if begun is None:
                return RunHalted(None)
            left = begun
        left = await self._recent(hold, left)
        batch = _Batch()
        await asyncio.gather(*(self._look(hold, one) for one in asked))
        if left:
            accounts = await self._accounts(hold, left)
            await asyncio.gather(*(self._pay(hold, one, accounts, batch) for one in left))
        if batch.halt is not None:
            return RunHalted(batch.halt)
        if batch.later is not None:
            return RunLater(getattr(batch.later, "retry_after", None), batch.later)
        if left:
            return RunNext()
        return RunLater(_LOOK_EVERY) if asked else None

    async def _recent(self, hold: PayoutHold, lines: list[LineReport]) -> list[LineReport]:
        """Leave out lines that began so long ago that their keys may be forgotten."""
        before = hold.clock() - KEYS_KNOWN
        old = [one for one in lines if one.line.begun_at and one.line.begun_at < before]
        if old:
            await hold.undecided(old, _TOO_OLD)
        return [one for one in lines if one not in old]

    async def _begin(self, hold: PayoutHold, most: int) -> list[LineReport] | None:
        """Store that lines are about to be paid; None when nothing may be begun any more."""
        if most <= 0:
            return []
        lines = await hold.lines("OPEN", most)
        if lines and await hold.begin_batch([one.line for one in lines]) is None:
            return None
        return lines

    async def _accounts(self, hold: PayoutHold, lines: Sequence[LineReport]) -> Mapping[str, str]:
        """Return the ids of the organisation's accounts by IBAN, where a line names one."""
        if all(one.order.debit_iban is None for one in lines):
            return {}
        page = await self.reading.list(
            hold.account, lambda readers: readers.bank_accounts, Query(limit=100)
        )
        return {(one.iban or "").replace(" ", ""): one.id for one in page.items}

    async def _pay(
        self, hold: PayoutHold, one: LineReport, accounts: Mapping[str, str], batch: _Batch
    ) -> None:
        async with self.places:
            if batch.halt is not None:
                await hold.note([PayoutLineChange(one.line.id, "OPEN", keeps_batch=False)])
                return
            try:
                await self._ask(hold, one, accounts)
            except _OF_ALL as error:
                batch.halt = error
                await hold.note([PayoutLineChange(one.line.id, "OPEN", keeps_batch=False)])
            except _OF_ONE as error:
                await hold.note([_refused(hold, one, error)])
            except ServiceError as error:
                # nothing is on its way, or it is known under the line's key: it's asked for again
                batch.later = error

    async def _ask(self, hold: PayoutHold, one: LineReport, accounts: Mapping[str, str]) -> None:
        order = _payment(one.order, accounts)
        by = hold.content.confirmed_by or hold.content.asked_by or "payouts"
        outcome = await self.paying.pay(hold.account, order, key=one.line.key, by=by)
        await hold.note([change_of(hold, one, outcome.progress)])

    async def _look(self, hold: PayoutHold, one: LineReport) -> None:
        try:
            async with self.places:
                outcome = await self.paying.report(hold.account, one.line.result_id or "")
        except NotFound:
            await hold.undecided([one], _TOO_OLD)
            return
        change = change_of(hold, one, outcome.progress)
        if change.state != one.line.state:
            await hold.note([change])


def _payment(order: PayoutOrder, accounts: Mapping[str, str]) -> PaymentOrder:
    bank_account_id = None
    if order.debit_iban is not None:
        bank_account_id = accounts.get(order.debit_iban, "")
    return PaymentOrder(
        amount=order.amount,
        reference=order.reference,
        iban=order.iban,
        payee_name=order.name,
        bank_account_id=bank_account_id,
        day=None if order.day is None else order.day.isoformat(),
        file_ids=order.attachment_ids,
    )


def _refused(hold: PayoutHold, one: LineReport, error: ServiceError) -> PayoutLineChange:
    code, message = error.code, error.message
    if isinstance(error, Invalid) and error.fields:
        code, message = error.fields[0].code, " ".join(each.message for each in error.fields)
    sealed = hold.seals.sealed_trouble(one.line, code, message)
    return PayoutLineChange(one.line.id, "REFUSED", outcome=sealed)


def change_of(hold: PayoutHold, one: LineReport, told: PaymentProgress) -> PayoutLineChange:
    """Return what is to be noted of a line whose payment stands so."""
    state = STATE_OF[told.status]
    sealed = None
    if told.error_code is not None:
        message = told.error_message or told.error_code
        sealed = hold.seals.sealed_trouble(one.line, told.error_code, message)
    elif told.action is not None:
        sealed = hold.seals.sealed_trouble(one.line, told.action.type, told.action.message)
    return PayoutLineChange(one.line.id, state, told.task_id, sealed)
