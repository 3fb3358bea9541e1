"""Payments on their way: stored before they leave, and worked on by one process at a time."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import ColumnElement, delete, func, insert, or_, select, update

from storage.connection import SqlConnection
from storage.tables import PaymentOrderRow
from storage.values import as_row, as_value, columns_of, table_of

_table = table_of(PaymentOrderRow)


@dataclass(frozen=True, slots=True)
class StoredPayment:
    """One payment. Its sealed state belongs to `state_place`."""

    id: str
    account_id: str
    tenant_id: str
    key_digest: str | None
    fingerprint: str
    likeness: str
    status: str
    amount_cents: int
    payee: str
    day: str
    asked_by: str
    created_at: datetime
    updated_at: datetime
    confirmed_by: str | None = None
    state: bytes | None = field(default=None, repr=False)
    transfer_id: str | None = None
    due_at: datetime | None = None
    ended_at: datetime | None = None
    lease_owner: str | None = None
    lease_until: datetime | None = None

    @property
    def state_place(self) -> str:
        """Where the sealed state belongs."""
        return f"payment_orders.state:{self.id}"


@dataclass(frozen=True, slots=True)
class Spent:
    """What counts against the limits of a day, in cents."""

    in_all: int
    to_payee: int


class PaymentOrderRepository:
    _columns = columns_of(StoredPayment, _table)

    def __init__(self, connection: SqlConnection) -> None:
        self._connection = connection

    async def add(self, payment: StoredPayment) -> None:
        """Store a payment that is about to be made. Raises IntegrityError when its key is taken."""
        await self._connection.execute(insert(_table).values(**as_row(payment)))

    async def get(self, payment_id: str) -> StoredPayment | None:
        return await self._one(_table.c.id == payment_id)

    async def of_key(self, account_id: str, key_digest: str) -> StoredPayment | None:
        """Return the payment that a caller's key was used for."""
        return await self._one(_table.c.account_id == account_id, _table.c.key_digest == key_digest)

    async def of_account(self, account_id: str) -> list[StoredPayment]:
        """List an account's payments, oldest first."""
        query = select(*self._columns).where(_table.c.account_id == account_id)
        rows = await self._connection.execute(query.order_by(_table.c.id))
        return [as_value(StoredPayment, row) for row in rows]

    async def _one(self, *where: ColumnElement[bool]) -> StoredPayment | None:
        row = (await self._connection.execute(select(*self._columns).where(*where))).first()
        return None if row is None else as_value(StoredPayment, row)

    async def spent(
        self, tenant_id: str, day: str, payees: Collection[str], released: Sequence[str]
    ) -> Spent:
        """Add up a vendor's payments of a day; those in a `released` status come to nothing."""
        amount = _table.c.amount_cents
        counted = (
            _table.c.tenant_id == tenant_id,
            _table.c.day == day,
            _table.c.status.not_in(released),
        )
        to_payee = func.sum(amount).filter(_table.c.payee.in_(payees))
        row = (
            await self._connection.execute(
                select(func.coalesce(func.sum(amount), 0), func.coalesce(to_payee, 0)).where(
                    *counted
                )
            )
        ).one()
        return Spent(int(row[0]), int(row[1]))

    async def take(
        self, payment_id: str, owner: str, *, now: datetime, until: datetime
    ) -> StoredPayment | None:
        """Take a payment that nobody works on; None when somebody does."""
        row = (
            await self._connection.execute(
                update(_table)
                .where(_table.c.id == payment_id, _is_free(now))
                .values(lease_owner=owner, lease_until=until)
                .returning(*self._columns)
            )
        ).first()
        return None if row is None else as_value(StoredPayment, row)

    async def take_due(self, owner: str, *, now: datetime, until: datetime) -> StoredPayment | None:
        """Take the payment whose next step has been due the longest."""
        due = (
            select(_table.c.id)
            .where(_table.c.due_at <= now, _is_free(now))
            .order_by(_table.c.due_at)
            .limit(1)
            .with_for_update(skip_locked=True)
            .cte()
        )
        row = (
            await self._connection.execute(
                update(_table)
                .where(_table.c.id.in_(select(due.c.id)))
                .values(lease_owner=owner, lease_until=until)
                .returning(*self._columns)
            )
        ).first()
        return None if row is None else as_value(StoredPayment, row)

    async def save(self, payment: StoredPayment, owner: str) -> bool:
        """Store where a payment stands; False when it isn't this owner's any more.

        Raises IntegrityError when the transfer belongs to another payment.
        """
        values = as_row(payment)
        changed = await self._connection.execute(
            update(_table)
            .where(_table.c.id == payment.id, _table.c.lease_owner == owner)
            .values(**values)
        )
        return changed.rowcount == 1

    async def free_key(self, payment_id: str) -> None:
        """Let a caller's key be used again."""
        await self._connection.execute(
            update(_table).where(_table.c.id == payment_id).values(key_digest=None)
        )

    async def alike(
        self, payment: StoredPayment, statuses: Sequence[str], created_before: datetime
    ) -> list[str]:
        """Return where the other payments stand whose transfers look the same.

        Only those in these statuses that were asked for before a moment.
        """
        found = await self._connection.execute(
            select(_table.c.status).where(
                _table.c.account_id == payment.account_id,
                _table.c.likeness == payment.likeness,
                _table.c.id != payment.id,
                _table.c.status.in_(statuses),
                _table.c.created_at <= created_before,
            )
        )
        return [row.status for row in found]

    async def taken_ids(self, account_id: str, transfer_ids: Sequence[str]) -> frozenset[str]:
        """Return which of these transfers are known to have been made by payments."""
        rows = await self._connection.execute(
            select(_table.c.transfer_id).where(
                _table.c.account_id == account_id, _table.c.transfer_id.in_(transfer_ids)
            )
        )
        return frozenset(row.transfer_id for row in rows)

    async def forget_states(self, before: datetime, *, most: int) -> int:
        """Erase the keys of payments that ended before a moment, and what was paid to whom."""
        old = (
            select(_table.c.id)
            .where(_table.c.ended_at < before, _table.c.state.is_not(None))
            .limit(most)
        )
        changed = await self._connection.execute(
            update(_table)
            .where(_table.c.id.in_(old.scalar_subquery()))
            .values(state=None, key_digest=None)
        )
        return changed.rowcount

    async def delete_ended(self, before: datetime, *, most: int) -> int:
        """Delete up to `most` payments that ended before a moment; return how many there were."""
        old = select(_table.c.id).where(_table.c.ended_at < before).limit(most)
        deleted = await self._connection.execute(
            delete(_table).where(_table.c.id.in_(old.scalar_subquery()))
        )
        return deleted.rowcount


def _is_free(now: datetime) -> ColumnElement[bool]:
    return or_(_table.c.lease_until.is_(None), _table.c.lease_until <= now)
