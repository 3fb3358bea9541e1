"""Jobs: work that is done step by step, by whichever process is free."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Dialect, bindparam, delete, null, or_, select, update
from sqlalchemy.sql.selectable import ReturnsRows

from storage.connection import SqlConnection, insert_for
from storage.prepared import PreparedQuery
from storage.tables import JobRow
from storage.values import as_row, as_value, columns_of, table_of

_table = table_of(JobRow)

GOING_ON = ("OPEN", "IN_PROGRESS")


@dataclass(frozen=True, slots=True)
class Job:
    """One job. Its sealed state belongs to `state_place`."""

    id: str
    account_id: str
    kind: str
    key_digest: str | None
    fingerprint: str
    status: str
    """OPEN, IN_PROGRESS, SUCCESS, PARTIAL_SUCCESS or FAILED."""
    state: bytes = field(repr=False)
    due_at: datetime
    created_at: datetime
    updated_at: datetime
    ended_at: datetime | None = None
    lease_owner: str | None = None
    lease_until: datetime | None = None

    @property
    def state_place(self) -> str:
        """Where the sealed state belongs."""
        return f"jobs.state:{self.id}"


_columns = columns_of(Job, _table)


def _begin(dialect: Dialect) -> ReturnsRows:
    values: dict[str, Any] = {one.name: bindparam(one.name) for one in _columns}
    return (
        insert_for(dialect, _table)
        .values(**values)
        .on_conflict_do_nothing(index_elements=["account_id", "kind", "key_digest"])
        .returning(_table.c.id)
    )


# every issued invoice asks for both
_begins = PreparedQuery(_begin)
_advances = PreparedQuery(
    lambda _: (
        update(_table)
        .where(_table.c.id == bindparam("job"), _table.c.lease_owner == bindparam("owner"))
        .values(
            status=bindparam("to"),
            state=bindparam("known"),
            due_at=bindparam("due"),
            updated_at=bindparam("at"),
            ended_at=bindparam("ended"),
            lease_owner=null(),
            lease_until=null(),
        )
        .returning(_table.c.id)
    )
)


class JobRepository:
    _columns = _columns

    def __init__(self, connection: SqlConnection) -> None:
        self._connection = connection

    async def begin(self, job: Job) -> bool:
        """Store a job; False when its key is taken already."""
        return bool(await _begins.fetch(self._connection, as_row(job)))

    async def of_key(self, account_id: str, kind: str, key_digest: str) -> Job | None:
        """Return the job that a caller's key was used for."""
        query = select(*self._columns).where(
            _table.c.account_id == account_id,
            _table.c.kind == kind,
            _table.c.key_digest == key_digest,
        )
        row = (await self._connection.execute(query)).first()
        return None if row is None else as_value(Job, row)

    async def take(self, job_id: str, owner: str, *, now: datetime, until: datetime) -> bool:
        """Take a job that nobody works on, ended or not; False when somebody does."""
        taken = await self._connection.execute(
            update(_table)
            .where(
                _table.c.id == job_id,
                or_(_table.c.lease_until.is_(None), _table.c.lease_until <= now),
            )
            .values(status="IN_PROGRESS", ended_at=None, lease_owner=owner, lease_until=until)
        )
        return taken.rowcount == 1

    async def forget(self, job: Job) -> None:
        """Drop a job that had no effect."""
        await self._connection.execute(
            delete(_table).where(_table.c.id == job.id, _table.c.lease_owner == job.lease_owner)
        )

    async def get(self, job_id: str) -> Job | None:
        query = select(*self._columns).where(_table.c.id == job_id)
        row = (await self._connection.execute(query)).first()
        return None if row is None else as_value(Job, row)

    async def take_due(self, owner: str, *, now: datetime, until: datetime) -> Job | None:
        """Take the job whose step has been due the longest and that nobody works on."""
        free = (
            select(_table.c.id)
            .where(
                _table.c.status.in_(GOING_ON),
                _table.c.due_at <= now,
                or_(_table.c.lease_until.is_(None), _table.c.lease_until <= now),
            )
            .order_by(_table.c.due_at)
            .limit(1)
            .with_for_update(skip_locked=True)
            .cte()
        )
        rows = await self._connection.execute(
            update(_table)
            .where(_table.c.id.in_(select(free.c.id)))
            .values(status="IN_PROGRESS", lease_owner=owner, lease_until=until)
            .returning(*self._columns)
        )
        row = rows.first()
        return None if row is None else as_value(Job, row)

    async def keep(self, job: Job, *, until: datetime) -> bool:
        """Move the end of a lease; False when the job isn't this owner's any more."""
        changed = await self._connection.execute(
            update(_table)
            .where(_table.c.id == job.id, _table.c.lease_owner == job.lease_owner)
            .values(lease_until=until)
        )
        return changed.rowcount == 1

    async def advance(
        self, job: Job, *, status: str, state: bytes, due_at: datetime, at: datetime
    ) -> bool:
        """Write down a step, and let go; False when the job isn't this owner's any more."""
        values = {
            "job": job.id,
            "owner": job.lease_owner,
            "to": status,
            "known": state,
            "due": due_at,
            "at": at,
            "ended": None if status in GOING_ON else at,
        }
        return bool(await _advances.fetch(self._connection, values))

    async def delete_ended(self, before: datetime, *, most: int) -> int:
        """Delete up to `most` jobs that ended before a moment; return how many there were."""
        old = select(_table.c.id).where(_table.c.ended_at < before).limit(most).scalar_subquery()
        deleted = await self._connection.execute(delete(_table).where(_table.c.id.in_(old)))
        return deleted.rowcount
