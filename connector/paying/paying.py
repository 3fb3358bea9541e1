"""The use case of every payment: checked, stored, verified, sent once, approved, followed.

    outcome = await paying.pay(account, order, key="a name of the caller's", by=api_key_id)

`pay` returns once there is a transfer, or once somebody has to do something; `outcome.progress`
tells which. The worker goes on with the rest by `run_due`. Asked again with the same key, `pay`
tells where the payment stands, and never makes a second one. `confirm` is for what the vendor's
people have to say, `report` for reading, `withdraw` for calling it off before it was made.
"""

import asyncio
import hashlib
import time
import uuid
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta, tzinfo
from zoneinfo import ZoneInfo

import msgspec
from sqlalchemy.exc import IntegrityError

from connector.errors import (
    IdempotencyKeyReused,
    PaymentUnderWay,
    SecondKeyNeeded,
    WriteInProgress,
)
from connector.paying import limits, states
from connector.paying.order import (
    MADE,
    RELEASED,
    CheckedOrder,
    OrderState,
    Payee,
    PaymentOrder,
    TrackedPayment,
)
from connector.paying.ports import PaymentSystem
from connector.paying.steps import PaymentSteps, StepTaken
from connector.paying.storing import LEASE, PaymentStore, likeness_of, new_owner
from connector.paying.switch import PaymentSwitch, if_enabled
from connector.paying.told import confirm_code, progress
from connector.ports import Found
from connector.registry import Registry
from connector.unified.payment import Payment as UnifiedPayment
from connector.unified.payment_order import PaymentProgress, VerifiedPayee
from connector.writing.fingerprints import key_digest
from connector.writing.writing import Wrote, ignored
from oauth.audit import entry
from oauth.errors import NotSupported
from storage.clock import Clock
from storage.errors import FieldError, Invalid, ServiceError
from storage.ids import new_id
from storage.log import logger
from storage.repositories.accounts import Account
from storage.repositories.payment_orders import StoredPayment
from storage.repositories.payment_settings import PaymentSettings
from storage.sealing import KeyRing
from storage.unit_of_work import UnitOfWork

DEFAULT_ZONE = ZoneInfo("Europe/Paris")
"""Where the days of limits begin unless the service has a zone of its own."""

PREFIX = "pay"
"""What the ids of payments on their way begin with."""

_STATE_KEPT, _KEPT = timedelta(hours=24), timedelta(days=90)
_MOST_STEPS = 200
"""Steps that one look at what is due takes."""


@dataclass(frozen=True, slots=True)
class PaymentOutcome:
    """Where a payment stands. `found` is its transfer, None while there is none."""

    progress: PaymentProgress
    found: Found[UnifiedPayment] | None
    payment: TrackedPayment
    is_replayed: bool = False

    @property
    def warnings(self) -> tuple[str, ...]:
        """What was noticed when it was checked."""
        return self.payment.state.checked.warnings


@dataclass(frozen=True)
class Paying:
    """Pays for linked accounts. `clock` is that of leases; `within` what a request waits for.

    `zone` is where the days of limits begin.
    """

    registry: Registry
    work: UnitOfWork
    ring: KeyRing
    clock: Clock
    zone: tzinfo = DEFAULT_ZONE
    wrote: Wrote = ignored
    within: float = 8.0
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep

    # -- asked by callers ------------------------------------------------------------------------

    async def settings(self, tenant_id: str) -> PaymentSettings:
        """Return what a vendor may pay with. Raises PaymentsDisabled where it may pay nothing."""
        return await PaymentSwitch(self.work).settings(tenant_id)

    async def check(self, account: Account, order: PaymentOrder) -> CheckedOrder:
        """Check a payment without making it; no bank is asked about the payee.

        Raises Invalid with everything that is wrong, PaymentsDisabled, and MissingScope.
        """
        return await self._check(account, order, await self.settings(account.tenant_id))

    async def verify(self, account: Account, name: str, iban: str) -> VerifiedPayee:
        """Ask a payee's bank whether an account is held under a name."""
        await self.settings(account.tenant_id)
        system = self._system(account.target)
        await system.allow(account.id)
        plain = "".join(iban.split()).upper()
        found = await system.verify(account.id, Payee("", name, plain), self.clock())
        return VerifiedPayee(name, plain, found.result, found.matched_name)  # type: ignore[arg-type]

    async def pay(
        self, account: Account, order: PaymentOrder, *, key: str, by: str
    ) -> PaymentOutcome:
        """Make a payment once, however often it is asked for with the same key.

        `by` is the API key that asks. Raises what `check` raises, what the target system refuses
        with, IdempotencyKeyReused for a key of another payment, and WriteInProgress while another
        process is at it. After any of those but the last nothing is on its way.
        """
        allowed = await self.settings(account.tenant_id)
        digest, mark = key_digest(key) or "", _mark(order)
        known = await self._of_key(account, digest, mark)
        if known is not None:
            return await self._told_again(account, known)
        checked = await self._check(account, order, allowed)
        owner = new_owner()
        payment = await self._add(account, checked, digest, mark, by, owner)
        if payment is None:
            known = await self._of_key(account, digest, mark)
            if known is None:
                raise WriteInProgress("A payment with this key has just ended. Send it again.")
            return await self._told_again(account, known)
        taken = await self._advance(account, payment, owner, self.within)
        if taken.error is not None and taken.payment.status == "REFUSED":
            # nothing is on its way: the same key may be used once what is wrong is mended
            async with self.work.writing() as tx:
                await tx.payment_orders.free_key(payment.row.id)
            raise taken.error
        return self._outcome(account, taken.payment)

    async def confirm(
        self, account: Account, payment_id: str, *, confirmed: frozenset[str], by: str
    ) -> PaymentOutcome:
        """Say what a person of the vendor's agreed to, and go on.

        `by` is the API key that says so. Raises NotFound, SecondKeyNeeded for the key that asked,
        Invalid when `confirmed` doesn't name what is to be confirmed, and PaymentsDisabled.
        """
        await self.settings(account.tenant_id)
        owner = new_owner()
        payment = await self._store.get(account.id, payment_id)
        if payment.status not in ("AWAITING_SECOND_KEY", "AWAITING_CONFIRMATION"):
            return self._outcome(account, payment, is_replayed=True)
        payment = await self._store.take(payment, owner)
        try:
            told, what = self._confirmed(payment, confirmed, by)
        except ServiceError:
            await self._store.save(payment, owner, let_go=True)
            raise
        row, detail = payment.row, {"payment_id": payment.row.id, "what": what}
        written = entry(
            "payment.confirmed",
            by=by,
            at=self.clock(),
            tenant_id=row.tenant_id,
            account_id=row.account_id,
            **detail,
        )
        await self._store.save(told, owner, let_go=False, entries=(written,))
        taken = await self._advance(account, told, owner, self.within)
        return self._outcome(account, taken.payment)

    def _confirmed(
        self, payment: TrackedPayment, confirmed: frozenset[str], by: str
    ) -> tuple[TrackedPayment, str]:
        """Return a payment that a person agreed to, and what they agreed to."""
        now = self.clock()
        match payment.status:
            case "AWAITING_SECOND_KEY":
                if by == payment.row.asked_by:
                    raise SecondKeyNeeded(
                        "This vendor's payments take two: another API key than the one that asked "
                        "for it has to confirm it."
                    )
                return states.confirmed_second(payment, by, now), "SECOND_KEY"
            case "AWAITING_CONFIRMATION":
                found = payment.state.verification
                code = confirm_code("" if found is None else found.result)
                if code not in confirmed:
                    raise Invalid(
                        "Say what is confirmed.",
                        (
                            FieldError(
                                "confirm",
                                code,
                                "The payee's bank didn't confirm the name as it is.",
                                f"If a person agrees to it, send the parameter confirm={code}.",
                            ),
                        ),
                    )
                return states.confirmed_payee(payment, by, now), code
            case _:
                raise PaymentUnderWay("There is nothing to confirm any more.")

    async def report(self, account: Account, payment_id: str) -> PaymentOutcome:
        """Return where a payment stands, after the step that is due. Raises NotFound."""
        payment = await self._store.get(account.id, payment_id)
        due = payment.row.due_at
        if due is not None and due <= self.clock():
            owner = new_owner()
            try:
                payment = await self._store.take(payment, owner)
                payment = (await self._advance(account, payment, owner, 0.0)).payment
            except WriteInProgress:
                payment = await self._store.get(account.id, payment_id)
        return self._outcome(account, payment)

    async def withdraw(self, account: Account, payment_id: str, *, by: str) -> PaymentOutcome:
        """Call a payment off before it is made.

        Raises NotFound, and PaymentUnderWay once a transfer may have come of it.
        """
        owner = new_owner()
        payment = await self._store.get(account.id, payment_id)
        payment = await self._store.take(payment, owner)
        if payment.status == "WITHDRAWN" or not states.may_withdraw(payment):
            await self._store.save(payment, owner, let_go=True)
            if payment.status != "WITHDRAWN":
                raise PaymentUnderWay(_too_late(payment))
            return self._outcome(account, payment, is_replayed=True)
        told = states.withdrawn(payment, self.clock())
        row = payment.row
        written = entry(
            "payment.withdrawn",
            by=by,
            at=self.clock(),
            tenant_id=row.tenant_id,
            account_id=row.account_id,
            payment_id=row.id,
        )
        await self._store.save(told, owner, let_go=True, entries=(written,))
        return self._outcome(account, told)

    # -- done by the worker ----------------------------------------------------------------------

    async def run_due(self) -> int:
        """Take every step that is due; return how many payments there were.

        For a periodic task.
        """
        count = 0
        while count < _MOST_STEPS and await self._run_one():
            count += 1
        now = self.clock()
        async with self.work.writing() as tx:
            await tx.payment_orders.forget_states(now - _STATE_KEPT, most=500)
            await tx.payment_orders.delete_ended(now - _KEPT, most=500)
        return count

    async def _run_one(self) -> bool:
        owner = new_owner()
        payment = await self._store.take_due(owner)
        if payment is None:
            return False
        async with self.work.reading() as tx:
            account = await tx.accounts.get(payment.row.account_id)
        if account is None:
            return False
        try:
            await self._advance(account, payment, owner, 0.0)
        except ServiceError as error:
            logger.warning("payment.not_advanced", account_id=account.id, code=error.code)
        except Exception as error:
            # one bad payment must not end a loop that others depend on; its lease runs out
            logger.error("payment.broken", account_id=account.id, exc_info=error)
        return True

    # -- both ------------------------------------------------------------------------------------

    @property
    def _store(self) -> PaymentStore:
        return PaymentStore(self.work, self.ring, self.clock)

    def _system(self, target: str) -> PaymentSystem:
        found = self.registry.get(target).payments
        if found is None:
            raise NotSupported(f"{target} makes no payments.")
        return found

    async def _check(
        self, account: Account, order: PaymentOrder, allowed: PaymentSettings
    ) -> CheckedOrder:
        system = self._system(account.target)
        await system.allow(account.id)
        wrong: list[FieldError] = []
        checked: CheckedOrder | None = None
        today = self._today()
        try:
            checked = await system.check(account.id, order, today)
        except Invalid as error:
            wrong += error.fields
        if all(one.field != limits.AMOUNT or one.code != "INVALID" for one in wrong):
            payees = () if checked is None else self._payees(checked)
            async with self.work.reading() as tx:
                spent = await tx.payment_orders.spent(
                    account.tenant_id, today.isoformat(), payees, RELEASED
                )
            wrong += limits.above_limits(allowed, limits.cents_of(order.amount), spent)
        if checked is None or wrong:
            raise _all_wrong(wrong)
        return checked

    async def _of_key(self, account: Account, digest: str, mark: str) -> TrackedPayment | None:
        known = await self._store.of_key(account.id, digest)
        if known is not None and known.row.fingerprint != mark:
            raise IdempotencyKeyReused(
                "This Idempotency-Key was used for another payment. Use a new key for each."
            )
        return known

    async def _told_again(self, account: Account, known: TrackedPayment) -> PaymentOutcome:
        return replace(await self.report(account, known.row.id), is_replayed=True)

    async def _add(
        self, account: Account, checked: CheckedOrder, digest: str, mark: str, by: str, owner: str
    ) -> TrackedPayment | None:
        """Store a payment within the limits; None when its key is taken."""
        now = self.clock()
        row = StoredPayment(
            id=new_id(PREFIX, now),
            account_id=account.id,
            tenant_id=account.tenant_id,
            key_digest=digest,
            fingerprint=mark,
            likeness=likeness_of(checked),
            status="READY",
            amount_cents=limits.cents_of(checked.order.amount),
            payee=self.ring.digest(checked.payee.iban).value,
            day=self._today().isoformat(),
            asked_by=by,
            created_at=now,
            updated_at=now,
            due_at=now,
            lease_owner=owner,
            lease_until=now + LEASE,
        )
        written = entry(
            "payment.asked",
            by=by,
            at=now,
            tenant_id=account.tenant_id,
            account_id=account.id,
            payment_id=row.id,
        )
        try:
            async with self.work.writing() as tx:
                # one vendor's payments are counted one after the other
                allowed = if_enabled(await tx.payment_settings.get(account.tenant_id, lock=True))
                spent = await tx.payment_orders.spent(
                    account.tenant_id, row.day, self._payees(checked), RELEASED
                )
                wrong = limits.above_limits(allowed, row.amount_cents, spent)
                if wrong:
                    raise _all_wrong(wrong)
                if allowed.four_eyes:
                    until = now + states.CONFIRM_WITHIN
                    row = replace(row, status="AWAITING_SECOND_KEY", due_at=until)
                state = OrderState(checked=checked, key=str(uuid.uuid4()))
                await self._store.add(tx, TrackedPayment(row, state))
                await tx.audit.add(written)
        except IntegrityError:
            return None
        return TrackedPayment(row, state)

    async def _advance(
        self, account: Account, payment: TrackedPayment, owner: str, within: float
    ) -> StepTaken:
        """Take the steps that are due, and for some seconds those that soon are; then let go."""
        steps = PaymentSteps(self._system(account.target), self._store, self.clock, owner)
        deadline = time.monotonic() + within
        taken = StepTaken(payment)
        while True:
            payment = taken.payment
            now = self.clock()
            step = states.next_step(payment, now)
            due = payment.row.due_at
            if step is None or due is None or (step in ("follow", "poll") and due > now):
                break
            wait = (due - now).total_seconds()
            if wait > 0 and time.monotonic() + wait > deadline:
                break
            if wait > 0:
                await self.sleep(wait)
            before, error = payment, taken.error
            taken = await steps.take(payment, step)
            if taken.error is None:
                taken = replace(taken, error=error if taken.payment.status == "REFUSED" else None)
            await self._tell(account, before, taken.payment)
        await self._store.save(taken.payment, owner, let_go=True)
        return taken

    async def _tell(self, account: Account, before: TrackedPayment, after: TrackedPayment) -> None:
        """Have events told of a transfer that is new, or stands otherwise."""
        if after.status != before.status and after.status in MADE:
            await self.wrote(account.id, account.target, "PAYMENT")

    def _outcome(
        self, account: Account, payment: TrackedPayment, *, is_replayed: bool = False
    ) -> PaymentOutcome:
        raw = payment.state.answer
        found = None if raw is None else self._system(account.target).read(raw).found
        return PaymentOutcome(progress(payment), found, payment, is_replayed)

    def _payees(self, checked: CheckedOrder) -> list[str]:
        return [one.value for one in self.ring.digests(checked.payee.iban)]

    def _today(self) -> date:
        now: datetime = self.clock()
        return now.astimezone(self.zone).date()


def _mark(order: PaymentOrder) -> str:
    return hashlib.sha256(msgspec.json.encode(order, order="sorted")).hexdigest()


def _all_wrong(wrong: list[FieldError]) -> Invalid:
    count = len(wrong)
    noun = "thing is" if count == 1 else "things are"
    return Invalid(f"{count} {noun} wrong with what was to be paid.", wrong)


def _too_late(payment: TrackedPayment) -> str:
    if payment.row.transfer_id is not None:
        return f"It was made: cancel the transfer {payment.row.transfer_id} instead."
    if payment.row.ended_at is not None:
        return f"It has ended: {payment.status}."
    return "It may have been made already; nobody can tell yet."
