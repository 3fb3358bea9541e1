"""What the database says about deliveries, read from its tables."""

from collections import Counter
from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy import func, select

from storage.tables import AttemptRow, DeliveryRow
from storage.unit_of_work import UnitOfWork
from storage.values import table_of
from tests.chaos.vendor import Subscribed

_deliveries = table_of(DeliveryRow)
_attempts = table_of(AttemptRow)


async def statuses(work: UnitOfWork) -> Counter[str]:
    """Count the deliveries by status."""
    query = select(_deliveries.c.status, func.count()).group_by(_deliveries.c.status)
    async with work.reading() as tx:
        return Counter({row[0]: row[1] for row in await tx.connection.execute(query)})


async def outcomes(work: UnitOfWork, subscription_id: str) -> Counter[str]:
    """Count a subscription's attempts by what came of them: an error's name, or OK."""
    query = (
        select(_attempts.c.error)
        .join(_deliveries, _deliveries.c.id == _attempts.c.delivery_id)
        .where(_deliveries.c.subscription_id == subscription_id)
    )
    async with work.reading() as tx:
        return Counter(row[0] or "OK" for row in await tx.connection.execute(query))


async def late_starts(work: UnitOfWork, subscriptions: Sequence[Subscribed]) -> list[timedelta]:
    """Say how long after the answer to its DELETE each attempt began that began after it."""
    ended = {one.id: one.ended_at for one in subscriptions if one.ended_at is not None}
    query = select(_deliveries.c.subscription_id, _attempts.c.started_at).join(
        _deliveries, _deliveries.c.id == _attempts.c.delivery_id
    )
    async with work.reading() as tx:
        rows = (await tx.connection.execute(query)).all()
    return [at - ended[one] for one, at in rows if one in ended and at > ended[one]]
