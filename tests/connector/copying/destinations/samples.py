"""Records to copy: plain ones, and whatever hypothesis can think of."""

import hashlib
import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

from hypothesis import strategies as st

from connector.copying.destinations.columns import ColumnKind, RecordTable, unified_table
from connector.copying.destinations.rows import json_of
from connector.copying.ports import CopiedRecord, Gone

WHEN = datetime(2026, 11, 2, 8, 30, 15, 123456, tzinfo=UTC)
ACCOUNT = "acc_1"


def copied(
    id: str = "i1", version: str = "v1", resource: str = "invoices", **record: Any
) -> CopiedRecord:
    """Return a record as it was read."""
    whole = {"id": id, **record}
    return CopiedRecord(
        resource=resource,
        id=id,
        version=version,
        content_hash=hashlib.sha256(json_of(whole).encode()).hexdigest(),
        changed_at=WHEN,
        record=whole,
        raw=json.dumps({"id": id, "raw": version}).encode(),
    )


def gone(id: str = "i1", resource: str = "invoices", noticed_at: datetime = WHEN) -> Gone:
    """Return word that a record isn't there any more."""
    return Gone(resource, id, noticed_at)


# what a database's text can't hold is told apart in tests of its own
texts = st.text(st.characters(exclude_characters="\0", exclude_categories=("Cs",)), max_size=40)
ids = st.text(
    st.characters(exclude_characters="\0", exclude_categories=("Cs",)), min_size=1, max_size=40
)
amounts = st.one_of(
    st.decimals(
        min_value=Decimal("-99999999999999999999"),
        max_value=Decimal("99999999999999999999"),
        places=18,
        allow_nan=False,
    ),
    st.sampled_from(
        [
            Decimal("0.10"),
            Decimal("0.1") + Decimal("0.2"),
            Decimal("1E+19"),
            Decimal("-0.000000000000000001"),
            Decimal("12345678901234567890.123456789012345678"),
            Decimal("-0"),
            Decimal("100.00000000000000000000000"),
        ]
    ),
)
wholes = st.integers(-(2**63), 2**63 - 1)
moments = st.datetimes(
    min_value=datetime(2, 1, 1),  # noqa: DTZ001
    max_value=datetime(9998, 12, 31),  # noqa: DTZ001
    timezones=st.sampled_from([UTC, timezone(timedelta(hours=5, minutes=30))]),
)
parts = st.recursive(
    st.one_of(st.none(), st.booleans(), texts, amounts, st.integers()),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(texts, inner, max_size=3)),
    max_leaves=6,
)
_OF = {
    ColumnKind.TEXT: texts,
    ColumnKind.WHOLE: wholes,
    ColumnKind.AMOUNT: amounts,
    ColumnKind.MOMENT: moments.map(lambda moment: moment.isoformat()),
    ColumnKind.TRUTH: st.booleans(),
    ColumnKind.JSON: st.lists(parts, max_size=3),
}


@st.composite
def records(draw: st.DrawFn, resource: str = "invoices") -> CopiedRecord:
    """Make a record of a resource, each field filled or null."""
    table = unified_table(resource)
    record = {column.field: draw(st.one_of(st.none(), _OF[column.kind])) for column in table.fields}
    whole = {**record, "id": draw(ids)}
    return copied(version=draw(texts), resource=resource, **whole)


def expected(record: CopiedRecord, table: RecordTable) -> dict[str, Any]:
    """Return what a row of the record has to say, by column."""
    return {
        "_account": ACCOUNT,
        "_id": record.id,
        "_version": record.version,
        "_hash": record.content_hash,
        "_changed_at": record.changed_at,
        "_record": json_of(record.record),
        "_raw": record.raw.decode(),
        "_unfit": None,
        **{
            column.name: _meant(column.kind, record.record.get(str(column.field)))
            for column in table.fields
        },
    }


def _meant(kind: ColumnKind, value: Any) -> Any:
    if value is None:
        return None
    match kind:
        case ColumnKind.MOMENT:
            return datetime.fromisoformat(value)
        case ColumnKind.JSON:
            return json.loads(json_of(value))
        case _:
            return value


def comparable(row: Mapping[str, Any], table: RecordTable) -> dict[str, Any]:
    """Return a row that was read with its JSON parsed, since a database may write it its way."""
    kinds = {column.name: column.kind for column in table.columns}
    return {
        name: json.loads(value)
        if kinds.get(name) is ColumnKind.JSON and value is not None
        else value
        for name, value in row.items()
    }
