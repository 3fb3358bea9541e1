"""Accepted changes. Written in batches: the intake commits what queued while it committed."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Select, Table, select, tuple_

from storage.connection import SqlConnection
from storage.prepared import Prepared
from storage.tables import EventRow, KnownRecordRow
from storage.values import Value, as_value, columns_of, table_of, types_of

_table = table_of(EventRow)
_known = table_of(KnownRecordRow)


def _keys_in(table: "Table[Any]", wanted: list[tuple[str, str, str]]) -> Select[Any, Any, Any]:
    triple = (table.c.account_id, table.c.resource, table.c.resource_id)
    return select(*triple).where(tuple_(*triple).in_(wanted))


class Event(Value, frozen=True):
    """A change of one resource of one account; no document."""

    id: str
    account_id: str
    upstream_event_id: str
    resource: str
    resource_id: str
    event_type: str
    occurred_at: datetime
    received_at: datetime
    body_sha256: str
    """Empty for one that was found by asking, which had no body."""
    source: str = "WEBHOOK"
    """WEBHOOK, POLL or TEST."""


_add = Prepared(
    Event,
    types_of(Event, _table),
    lambda given: given.insert(_table).on_conflict_do_nothing().returning(_table.c.id),
)


def in_order(events: Sequence[Event]) -> list[Event]:
    """Sort events as everybody stores several: two processes that take in the same ones would else
    wait for each other's rows. The first of its kind stays the first.
    """
    return sorted(events, key=lambda event: (event.account_id, event.upstream_event_id))


class EventRepository:
    def __init__(self, connection: SqlConnection) -> None:
        self._connection = connection

    async def seen(self, keys: Iterable[tuple[str, str, str]]) -> set[tuple[str, str, str]]:
        """Return which (account id, resource, resource id) have had an event before.

        Known records count as well, since old events are deleted.
        """
        wanted = list(keys)
        if not wanted:
            return set()
        rows = await self._connection.execute(
            _keys_in(_table, wanted).union(_keys_in(_known, wanted))
        )
        return {(row[0], row[1], row[2]) for row in rows}

    async def add_new(self, events: Sequence[Event]) -> set[str]:
        """Store those events that aren't stored yet; return the ids of the ones that were new.

        Of several with the same upstream id the first counts.
        """
        if not events:
            return set()
        rows = await _add.fetch(self._connection, in_order(events))
        return {row[0] for row in rows}

    async def get(self, event_ids: Sequence[str]) -> dict[str, Event]:
        """Return the events with these ids, by id."""
        if not event_ids:
            return {}
        rows = await self._connection.execute(
            select(*columns_of(Event, _table)).where(_table.c.id.in_(event_ids))
        )
        return {row.id: as_value(Event, row) for row in rows}
