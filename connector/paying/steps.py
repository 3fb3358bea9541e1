"""The steps of a payment: each one call at the target system, and what follows from its answer."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import assert_never

from sqlalchemy.exc import IntegrityError

from connector.errors import (
    CallsSuspended,
    DocumentNotFound,
    DownstreamRefused,
    MissingScope,
    NotReached,
    PaymentsDisabled,
    RateLimited,
)
from connector.paying import states
from connector.paying.order import IN_DOUBT, Setback, TrackedPayment
from connector.paying.ports import (
    ApprovalUnusable,
    Challenged,
    NotEnrolled,
    PaymentSystem,
    TransferAnswer,
    Transferred,
)
from connector.paying.states import Step
from connector.paying.storing import PaymentStore
from connector.paying.switch import PaymentSwitch
from connector.ports import WriteDone
from connector.unified.payment import Payment as UnifiedPayment
from connector.writing.decisions import CLOCK_MARGIN, Absent, Adopt, Undecided, decide
from oauth.audit import SYSTEM, entry
from oauth.errors import AccountInactive, NotSupported, ReauthRequired, SandboxTokenMissing
from storage.clock import Clock
from storage.errors import Invalid, ServiceError
from storage.log import logger
from storage.repositories.audit import AuditEntry
from storage.repositories.writes import Alike

_NOT_SENT = (
    RateLimited,
    NotReached,
    PaymentsDisabled,
    CallsSuspended,
    ReauthRequired,
    AccountInactive,
    SandboxTokenMissing,
)
"""It never left, or was turned away before anybody looked at it."""

_REFUSED = (DownstreamRefused, DocumentNotFound, MissingScope, NotSupported, Invalid)

_MAYBE = (408, 409, 425)
"""Statuses of refusals behind which the same request may be on its way all the same."""


@dataclass(frozen=True, slots=True)
class StepTaken:
    """What a step led to; `error` is what it failed with."""

    payment: TrackedPayment
    error: ServiceError | None = None


@dataclass(frozen=True)
class PaymentSteps:
    """Takes the steps of payments that `owner` has taken."""

    system: PaymentSystem
    store: PaymentStore
    clock: Clock
    owner: str

    async def take(self, payment: TrackedPayment, step: Step) -> StepTaken:
        """Take a step and store what came of it. Raises WriteInProgress when somebody else did."""
        match step:
            case "verify":
                taken = await self._verify(payment)
            case "send":
                taken = await self._send(payment)
            case "poll":
                taken = await self._poll(payment)
            case "look":
                taken = await self._look(payment)
            case "follow":
                taken = await self._follow(payment)
            case "expire":
                taken = StepTaken(states.expired(payment, self.clock()))
            case _:
                assert_never(step)
        return await self._stored(payment, taken, step)

    async def _stored(self, before: TrackedPayment, taken: StepTaken, step: Step) -> StepTaken:
        try:
            await self._save(before, taken.payment)
        except IntegrityError:
            # another payment that looks the same has taken this transfer for its own
            # what the key of this one answered is its own, whoever else thinks so
            own = taken.payment.row.transfer_id if step == "send" else None
            unknown = states.contested(taken.payment, own, self.clock())
            await self._save(before, unknown)
            return StepTaken(unknown)
        return taken

    async def _save(self, before: TrackedPayment, after: TrackedPayment) -> None:
        entries = _entries(before, after)
        await self.store.save(after, self.owner, let_go=False, entries=entries)

    async def _turned_off(self, payment: TrackedPayment) -> StepTaken | None:
        """Stop a payment that hasn't left when its vendor may pay no more."""
        if payment.state.doubt_since is not None:
            return None
        try:
            await PaymentSwitch(self.store.work).settings(payment.row.tenant_id)
        except PaymentsDisabled as error:
            return StepTaken(states.refused(payment, _setback(error), self.clock()), error)
        return None

    async def _verify(self, payment: TrackedPayment) -> StepTaken:
        if (off := await self._turned_off(payment)) is not None:
            return off
        try:
            found = await self.system.verify(
                payment.row.account_id, payment.state.checked.payee, self.clock()
            )
        except ServiceError as error:
            return StepTaken(states.refused(payment, _setback(error), self.clock()), error)
        return StepTaken(states.verified(payment, found, self.clock()))

    async def _send(self, payment: TrackedPayment) -> StepTaken:
        if (off := await self._turned_off(payment)) is not None:
            return off
        state = payment.state
        request = state.request
        if request is None or payment.status == "READY":
            assert state.verification is not None
            request = self.system.request(state.checked, state.verification.proof)
        leaving = states.leaving(payment, request, self.clock())
        await self._save(payment, leaving)
        approval = state.approval
        token = None if approval is None or not approval.is_allowed else approval.token
        method = state.checked.order.approve_by
        try:
            answer = await self.system.send(
                payment.row.account_id, request, state.key, method, token
            )
        except ServiceError as error:
            return self._failed(leaving, error)
        return StepTaken(self._answered(leaving, answer))

    def _answered(self, payment: TrackedPayment, answer: TransferAnswer) -> TrackedPayment:
        now = self.clock()
        match answer:
            case Transferred():
                return states.transferred(payment, answer, now)
            case Challenged(token):
                return states.challenged(payment, token, now)
            case NotEnrolled():
                why = Setback(
                    "APPROVAL_NOT_SET_UP",
                    "The owner has no device to approve payments with. Let them pair one in the "
                    "bank's app, then pay anew.",
                )
                return states.refused(payment, why, now)
            case ApprovalUnusable():
                why = Setback("NOT_APPROVED", "The owner's approval was not taken. Pay anew.")
                return states.refused(payment, why, now)

    def _failed(self, payment: TrackedPayment, error: ServiceError) -> StepTaken:
        now, why = self.clock(), _setback(error)
        if isinstance(error, _NOT_SENT):
            after = getattr(error, "retry_after", None)
            return StepTaken(states.not_sent(payment, why, now, after), error)
        if isinstance(error, _REFUSED) and getattr(error, "status", None) not in _MAYBE:
            return StepTaken(states.refused(payment, why, now), error)
        logger.warning("payment.lost", account_id=payment.row.account_id, code=error.code)
        return StepTaken(states.lost(payment, now), error)

    async def _poll(self, payment: TrackedPayment) -> StepTaken:
        approval = payment.state.approval
        assert approval is not None
        method = payment.state.checked.order.approve_by
        try:
            seen = await self.system.approval(payment.row.account_id, approval.token, method)
        except ServiceError as error:
            after = getattr(error, "retry_after", None)
            return StepTaken(states.not_polled(payment, self.clock(), after), error)
        return StepTaken(states.polled(payment, seen, self.clock()))

    async def _look(self, payment: TrackedPayment) -> StepTaken:
        """Search the list of transfers for what may have come of it."""
        state, row = payment.state, payment.row
        since = state.doubt_since or row.created_at
        assert state.request is not None
        try:
            found = await self.system.find(row.account_id, state.request, since - CLOCK_MARGIN)
        except ServiceError as error:
            unknown = states.still_unknown(payment, state.candidates, self.clock())
            return StepTaken(unknown, error)
        return StepTaken(await self._decided(payment, found))

    async def _decided(
        self, payment: TrackedPayment, found: Sequence[WriteDone[UnifiedPayment]]
    ) -> TrackedPayment:
        row, now = payment.row, self.clock()
        since = payment.state.doubt_since or row.created_at
        until = states.may_be_made_until(payment)
        found = [one for one in found if one.made_at is None or one.made_at <= until]
        made = [one.made_id for one in found if one.made_id is not None]
        async with self.store.work.reading() as tx:
            taken = await tx.payment_orders.taken_ids(row.account_id, made)
            others = await tx.payment_orders.alike(row, IN_DOUBT, until)
        if payment.state.contested is not None:
            return states.still_unknown(payment, (payment.state.contested,), now)
        if (
            "SENDING" in others
        ):  # their keys tell which transfers are theirs; then it's this one's turn
            return states.still_unknown(payment, (), now)
        alike = Alike(1 + len(others), 0)
        verdict = decide(found, taken, alike, sent_at=since, now=now)
        match verdict:
            case Adopt(done) if done.found is not None:
                return states.transferred(payment, self.system.read(done.found.raw), now)
            case Adopt(done):
                return states.still_unknown(payment, (done.made_id or "",), now)
            case Absent():
                return states.not_found(payment, now)
            case Undecided(ids):
                return states.still_unknown(payment, ids, now)

    async def _follow(self, payment: TrackedPayment) -> StepTaken:
        assert payment.row.transfer_id is not None
        try:
            found = await self.system.look(payment.row.account_id, payment.row.transfer_id)
        except ServiceError as error:
            return StepTaken(states.not_followed(payment, self.clock()), error)
        return StepTaken(states.transferred(payment, found, self.clock()))


def _setback(error: ServiceError) -> Setback:
    return Setback(error.code, error.message)


def _entries(before: TrackedPayment, after: TrackedPayment) -> list[AuditEntry]:
    """Write down a change of status in the audit trail, once for each."""
    if before.status == after.status:
        return []
    row = after.row
    detail = {"payment_id": row.id, "status": after.status}
    if row.transfer_id is not None:
        detail["transfer_id"] = row.transfer_id
    return [
        entry(
            "payment.moved",
            by=SYSTEM,
            at=row.updated_at,
            tenant_id=row.tenant_id,
            account_id=row.account_id,
            **detail,
        )
    ]
