"""Payments in the database: sealed and opened, taken and saved by whoever works on them."""

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

import msgspec

from connector.errors import WriteInProgress
from connector.paying.order import CheckedOrder, OrderState, TrackedPayment
from storage.clock import Clock
from storage.errors import NotFound
from storage.repositories.audit import AuditEntry
from storage.repositories.payment_orders import StoredPayment
from storage.sealing import KeyRing
from storage.unit_of_work import DatabaseTransaction, UnitOfWork

LEASE = timedelta(seconds=60)
"""Outlasts a step; who takes the next takes it anew."""


def new_owner() -> str:
    """Return a name for one worker's turn with one payment."""
    return f"pay_{secrets.token_hex(8)}"


def likeness_of(checked: CheckedOrder) -> str:
    """Return what the transfers of two payments have in common that can't be told apart."""
    order = checked.order
    seen = (
        checked.payee.id,
        checked.bank_account_id,
        order.amount,
        order.reference,
    )
    return hashlib.sha256(msgspec.json.encode(seen)).hexdigest()


@dataclass(frozen=True)
class PaymentStore:
    """Reads and writes payments. `clock` is that of leases."""

    work: UnitOfWork
    ring: KeyRing
    clock: Clock

    async def get(self, account_id: str, payment_id: str) -> TrackedPayment:
        """Return an account's payment. Raises NotFound."""
        async with self.work.reading() as tx:
            row = await tx.payment_orders.get(payment_id)
        if row is None or row.account_id != account_id or row.state is None:
            raise NotFound("This account has no such payment on its way.")
        return self.opened(row)

    async def of_key(self, account_id: str, key_digest: str) -> TrackedPayment | None:
        """Return the payment that a caller's key was used for."""
        async with self.work.reading() as tx:
            row = await tx.payment_orders.of_key(account_id, key_digest)
        return None if row is None else self.opened(row)

    async def add(self, tx: DatabaseTransaction, payment: TrackedPayment) -> None:
        """Store a new one. Raises IntegrityError when its key is taken."""
        await tx.payment_orders.add(self._sealed(payment))

    async def take(self, payment: TrackedPayment, owner: str) -> TrackedPayment:
        """Return it as it is now, for this owner alone. Raises WriteInProgress."""
        now = self.clock()
        async with self.work.writing() as tx:
            row = await tx.payment_orders.take(payment.row.id, owner, now=now, until=now + LEASE)
        if row is None:
            raise WriteInProgress("This payment is being worked on. Ask again.")
        return self.opened(row)

    async def take_due(self, owner: str) -> TrackedPayment | None:
        """Return the payment whose next step is due the longest, for this owner alone."""
        now = self.clock()
        async with self.work.writing() as tx:
            row = await tx.payment_orders.take_due(owner, now=now, until=now + LEASE)
        return None if row is None else self.opened(row)

    async def save(
        self,
        payment: TrackedPayment,
        owner: str,
        *,
        let_go: bool,
        entries: Sequence[AuditEntry] = (),
    ) -> None:
        """Store where it stands, and let go of it or keep it. Raises WriteInProgress when it
        isn't this owner's any more, and IntegrityError when its transfer is another's."""
        row = replace(
            payment.row,
            lease_owner=None if let_go else owner,
            lease_until=None if let_go else self.clock() + LEASE,
        )
        async with self.work.writing() as tx:
            if not await tx.payment_orders.save(self._sealed(replace(payment, row=row)), owner):
                raise WriteInProgress("Another process goes on with this payment. Ask again.")
            for entry in entries:
                await tx.audit.add(entry)

    def _sealed(self, payment: TrackedPayment) -> StoredPayment:
        place = payment.row.state_place
        sealed = self.ring.seal(msgspec.json.encode(payment.state), associated_data=place)
        return replace(payment.row, state=sealed)

    def opened(self, row: StoredPayment) -> TrackedPayment:
        """Return a stored payment with its state."""
        opened = self.ring.open(row.state or b"", associated_data=row.state_place)
        return TrackedPayment(row, msgspec.json.decode(opened, type=OrderState))
