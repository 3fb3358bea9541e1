"""What has been kept long enough, found and deleted a few rows at a time.

Ids carry the time they were made, so that old rows are walked by their primary key and nothing
young is ever looked at. What still waits or is held is no old row, however old it is.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, delete, func, select

from storage.connection import SqlConnection
from storage.ids import first_id
from storage.tables import (
    AccountRow,
    AttemptRow,
    DeliveryRow,
    EventRow,
    KnownRecordRow,
    SubscriptionRow,
)
from storage.values import table_of

_accounts = table_of(AccountRow)
_attempts = table_of(AttemptRow)
_deliveries = table_of(DeliveryRow)
_events = table_of(EventRow)
_known = table_of(KnownRecordRow)
_subscriptions = table_of(SubscriptionRow)

FINISHED = ("DELIVERED", "GIVEN_UP", "CANCELED", "MERGED")


@dataclass(frozen=True, slots=True)
class RetentionBatch:
    """Rows of one look: which of them may go, and the id to go on after; None at the end."""

    ids: tuple[str, ...]
    last: str | None


class RetentionRepository:
    def __init__(self, connection: SqlConnection) -> None:
        self._connection = connection

    async def deliveries(self, after: str, before: datetime, *, most: int) -> RetentionBatch:
        """Look at the next `most` deliveries planned before a moment, and choose the finished."""
        rows = (
            await self._connection.execute(
                select(_deliveries.c.id, _finished(before).label("may_go"))
                .where(_deliveries.c.id > after, _deliveries.c.id < first_id("dlv", before))
                .order_by(_deliveries.c.id)
                .limit(most)
            )
        ).all()
        ids = tuple(row.id for row in rows if row.may_go)
        return RetentionBatch(ids, rows[-1].id if len(rows) == most else None)

    async def delete_deliveries(self, ids: Sequence[str], before: datetime) -> int:
        """Delete those of them that are finished, with their attempts; return how many there
        were."""
        rows = await self._connection.execute(
            select(_deliveries.c.id)
            .where(_deliveries.c.id.in_(ids), _finished(before))
            .order_by(_deliveries.c.id)
            .with_for_update(skip_locked=True)
        )
        found = [row.id for row in rows]
        if found:
            await self._connection.execute(
                delete(_attempts).where(_attempts.c.delivery_id.in_(found))
            )
            await self._connection.execute(delete(_deliveries).where(_deliveries.c.id.in_(found)))
        return len(found)

    async def events(self, after: str, before: datetime, *, most: int) -> RetentionBatch:
        """Look at the next `most` events received before a moment; choose those nothing keeps.

        An event is kept by a delivery that isn't finished, or was finished later.
        """
        kept = (
            select(_deliveries.c.id)
            .where(
                _deliveries.c.event_id == _events.c.id,
                ~((_deliveries.c.id < first_id("dlv", before)) & _finished(before)),
            )
            .exists()
        )
        rows = (
            await self._connection.execute(
                select(_events.c.id, (~kept).label("may_go"))
                .where(_events.c.id > after, _events.c.id < first_id("evt", before))
                .order_by(_events.c.id)
                .limit(most)
            )
        ).all()
        ids = tuple(row.id for row in rows if row.may_go)
        return RetentionBatch(ids, rows[-1].id if len(rows) == most else None)

    async def delete_events(self, ids: Sequence[str]) -> int:
        """Delete those of them that have no delivery; return how many there were."""
        used = select(_deliveries.c.id).where(_deliveries.c.event_id == _events.c.id).exists()
        rows = await self._connection.execute(
            select(_events.c.id)
            .where(_events.c.id.in_(ids), ~used)
            .order_by(_events.c.id)
            .with_for_update(skip_locked=True)
        )
        found = [row.id for row in rows]
        if found:
            await self._connection.execute(delete(_events).where(_events.c.id.in_(found)))
        return len(found)

    async def unlinked_accounts(self) -> list[tuple[str, int]]:
        """List the accounts that ended and have no subscription, with their known records."""
        live = (
            select(_subscriptions.c.id)
            .where(
                _subscriptions.c.account_id == _accounts.c.id, _subscriptions.c.deleted_at.is_(None)
            )
            .exists()
        )
        rows = await self._connection.execute(
            select(_accounts.c.id, func.count())
            .join(_known, _known.c.account_id == _accounts.c.id)
            .where(_accounts.c.status == "REVOKED", ~live)
            .group_by(_accounts.c.id)
        )
        return [(row[0], row[1]) for row in rows]

    async def delete_known_records(self, account_id: str, *, most: int) -> int:
        """Delete what is known of up to `most` records of an account; return how many."""
        some = (
            select(_known.c.resource, _known.c.resource_id)
            .where(_known.c.account_id == account_id)
            .order_by(_known.c.resource, _known.c.resource_id)
            .limit(most)
        )
        found = (await self._connection.execute(some)).all()
        for resource in {row.resource for row in found}:
            ids = [row.resource_id for row in found if row.resource == resource]
            await self._connection.execute(
                delete(_known).where(
                    _known.c.account_id == account_id,
                    _known.c.resource == resource,
                    _known.c.resource_id.in_(ids),
                )
            )
        return len(found)


def _finished(before: datetime) -> ColumnElement[bool]:
    return _deliveries.c.status.in_(FINISHED) & (_deliveries.c.completed_at < before)
