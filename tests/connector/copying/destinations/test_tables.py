"""What is written comes back exactly, once, from every destination that has tables."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from connector.copying.destinations.columns import (
    ColumnKind,
    RecordColumn,
    RecordTable,
    unified_table,
)
from connector.copying.ports import CopiedRecord
from storage.errors import Conflict
from tests.connector.copying.destinations.kept import Tables
from tests.connector.copying.destinations.samples import (
    ACCOUNT,
    WHEN,
    comparable,
    copied,
    expected,
    gone,
    records,
)

DATABASES = ("sqlite", "duckdb", "postgres")
lists_of_records = st.lists(records(), max_size=3, unique_by=lambda one: one.id)


@settings(
    max_examples=15,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(batch=lists_of_records)
async def test_whatever_is_written_comes_back(tables: Tables, batch: list[CopiedRecord]) -> None:
    table = unified_table("invoices")
    opened = tables.opened()
    await opened.write(ACCOUNT, batch)
    await opened.write(ACCOUNT, batch)
    await opened.close()
    if not batch:
        return
    rows = {row["_id"]: row for row in await tables.rows("invoices")}
    for one in batch:
        assert comparable(rows[one.id], table) == expected(one, table)


async def test_decimals_are_decimals_and_never_floats(tables: Tables) -> None:
    exact = Decimal("12345678901234567890.123456789012345678")
    opened = tables.opened()
    await opened.write(ACCOUNT, [copied(totalAmount=exact, sumNetAmount=Decimal("0.10"))])
    await opened.close()
    (row,) = await tables.rows("invoices")
    assert isinstance(row["total_amount"], Decimal)
    assert row["total_amount"] == exact
    assert row["sum_net_amount"] + row["sum_net_amount"] * 2 == Decimal("0.30")


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("totalAmount", Decimal("1E-30000")),
        ("totalAmount", Decimal("NaN")),
        ("totalAmount", Decimal("Infinity")),
        ("totalAmount", "12 EUR"),
        ("paymentTermDuration", 2**63),
        ("paymentTermDuration", True),
        ("dueDate", "2026-11-01"),
        ("dueDate", "2026-11-01T09:15:12.0000001Z"),
        ("dueDate", "0001-01-01T00:00:00+14:00"),
        ("name", "half of a pair \ud83d"),
        ("name", {"not": "a text"}),
        ("lineItems", [{"name": "\ud83d"}]),
    ],
)
async def test_what_a_column_cannot_hold_is_named_and_stays_in_the_whole_record(
    tables: Tables, field: str, value: object
) -> None:
    """One odd value neither stops a copy nor gets lost. SQLite's texts hold any decimal."""
    one = copied(currency="EUR", **{field: value})
    opened = tables.opened()
    await opened.write(ACCOUNT, [one])
    await opened.close()
    (row,) = await tables.rows("invoices")
    if tables.kind == "sqlite" and value == Decimal("1E-30000"):
        assert (row["total_amount"], row["_unfit"]) == (value, None)
        return
    (column,) = [one for one in unified_table("invoices").fields if one.field == field]
    assert row[column.name] is None
    assert row["_unfit"] == column.name
    assert row["currency"] == "EUR"
    assert row["_record"] == expected(one, unified_table("invoices"))["_record"]


async def test_a_text_with_a_nul_is_kept_where_the_database_can(tables: Tables) -> None:
    opened = tables.opened()
    await opened.write(ACCOUNT, [copied(name="a\0b", lineItems=[{"name": "a\0b"}])])
    await opened.close()
    (row,) = await tables.rows("invoices")
    if tables.kind == "postgres":
        assert (row["name"], row["line_items"]) == (None, None)
        assert set(row["_unfit"].split()) == {"name", "line_items"}
        assert row["_record"].count("a\\u0000b") == 2
    else:
        assert (row["name"], row["_unfit"]) == ("a\0b", None)


async def test_what_is_no_text_is_left_out_of_raw_and_named(tables: Tables) -> None:
    opened = tables.opened()
    await opened.write(ACCOUNT, [replace(copied(name="Zoë"), raw=b'{"name": "Zo\xeb"}')])
    await opened.close()
    (row,) = await tables.rows("invoices")
    assert (row["name"], row["_raw"], row["_unfit"]) == ("Zoë", None, "_raw")


async def test_a_newer_version_replaces_the_record_and_gone_takes_it_out(tables: Tables) -> None:
    opened = tables.opened()
    await opened.write(ACCOUNT, [copied("i1", name="first"), copied("i2", name="other")])
    await opened.write(ACCOUNT, [copied("i1", "v2", name="second"), gone("i2"), gone("unknown")])
    await opened.close()
    (row,) = await tables.rows("invoices")
    assert (row["_id"], row["_version"], row["name"]) == ("i1", "v2", "second")


async def test_a_batch_is_carried_out_in_its_order(tables: Tables) -> None:
    opened = tables.opened()
    await opened.write(
        ACCOUNT,
        [
            copied("i1", "v1"),
            copied("i1", "v2", name="newest"),
            copied("i2"),
            gone("i2"),
            gone("i3"),
            copied("i3", name="back"),
        ],
    )
    await opened.close()
    rows = await tables.rows("invoices")
    assert [(row["_id"], row["name"]) for row in rows] == [("i1", "newest"), ("i3", "back")]


async def test_accounts_and_resources_are_told_apart(tables: Tables) -> None:
    opened = tables.opened()
    await opened.write(
        "acc_1", [copied("same", name="one"), copied("same", resource="bankAccounts")]
    )
    await opened.write("acc_2", [copied("same", name="two")])
    await opened.write("acc_2", [gone("same", resource="bankAccounts")])
    await opened.close()
    rows = await tables.rows("invoices")
    assert [(row["_account"], row["name"]) for row in rows] == [("acc_1", "one"), ("acc_2", "two")]
    assert len(await tables.rows("bank_accounts")) == 1


async def test_a_resource_without_a_model_is_kept_whole(tables: Tables) -> None:
    opened = tables.opened()
    await opened.write(ACCOUNT, [copied("x", resource="newThings", price=Decimal("1.10"))])
    await opened.close()
    (row,) = await tables.rows("new_things")
    assert row["_record"] == '{"id":"x","price":"1.10"}'


async def test_a_new_field_becomes_a_column_of_a_table_that_is_there(tables: Tables) -> None:
    before = RecordTable("invoices", (RecordColumn("name", ColumnKind.TEXT, "name"),))
    after = RecordTable(
        "invoices",
        (
            *before.fields,
            RecordColumn("fee", ColumnKind.AMOUNT, "fee"),
            RecordColumn("fee_due", ColumnKind.MOMENT, "feeDue"),
            RecordColumn("parts", ColumnKind.JSON, "parts"),
        ),
    )
    opened = tables.opened(table_of=lambda _resource: before, history=True)
    await opened.write(ACCOUNT, [copied("i1", name="old"), copied("i2", name="old")])
    await opened.close()
    opened = tables.opened(table_of=lambda _resource: after, history=True)
    await opened.write(
        ACCOUNT,
        [
            copied("i2", "v2", name="new", fee=Decimal("0.10"), feeDue=WHEN, parts=[1]),
            copied("i3", name="new", fee=Decimal("0.2")),
        ],
    )
    await opened.close()
    rows = await tables.rows("invoices", after)
    assert [(row["name"], row["fee"]) for row in rows] == [
        ("old", None),
        ("new", Decimal("0.10")),
        ("new", Decimal("0.2")),
    ]
    assert rows[1]["fee_due"] == WHEN


@pytest.mark.parametrize("tables", DATABASES, indirect=True)
async def test_an_older_version_writes_to_a_table_with_more_columns(tables: Tables) -> None:
    older = RecordTable("invoices", ())
    opened = tables.opened()
    await opened.write(ACCOUNT, [copied("i1", name="new")])
    await opened.close()
    opened = tables.opened(table_of=lambda _resource: older)
    await opened.write(ACCOUNT, [copied("i2", name="not known")])
    await opened.close()
    rows = await tables.rows("invoices")
    assert [row["name"] for row in rows] == ["new", None]


@pytest.mark.parametrize("tables", DATABASES, indirect=True)
async def test_each_version_is_kept_on_request(tables: Tables) -> None:
    opened = tables.opened(history=True)
    batches = [
        [copied("i1", "v1", name="first")],
        [copied("i1", "v2", name="second"), copied("i2", "v1")],
        [gone("i1")],
    ]
    for batch in batches:
        await opened.write(ACCOUNT, batch)
        await opened.write(ACCOUNT, batch)
    await opened.write(ACCOUNT, [gone("i1", noticed_at=WHEN + timedelta(days=1))])
    await opened.close()
    assert [row["_id"] for row in await tables.rows("invoices")] == ["i2"]
    rows = await tables.rows("invoices_history")
    assert [(row["_id"], row["name"], row["_gone_at"]) for row in rows] == [
        ("i1", None, WHEN),
        ("i1", "first", None),
        ("i1", "second", None),
        ("i2", None, None),
    ]


@pytest.mark.parametrize("tables", DATABASES, indirect=True)
async def test_without_that_there_is_no_history(tables: Tables) -> None:
    opened = tables.opened()
    await opened.write(ACCOUNT, [copied()])
    await opened.close()
    with pytest.raises(Exception, match="invoices_history"):
        await tables.rows("invoices_history")


@pytest.mark.parametrize("tables", DATABASES, indirect=True)
async def test_a_table_of_somebody_elses_is_left_alone(tables: Tables) -> None:
    theirs = RecordTable("users", (RecordColumn("name", ColumnKind.TEXT, "name"),))
    opened = tables.opened(table_of=lambda _resource: theirs)
    await opened.write(ACCOUNT, [copied("u1", resource="users", name="theirs")])
    await opened.close()
    await _rename_key(tables)
    before = await _columns(tables)
    opened = tables.opened()
    with pytest.raises(Conflict, match="a table users that wasn't made by a copy"):
        await opened.write(ACCOUNT, [copied("i1"), copied("u2", resource="users")])
    await opened.close()
    assert await _columns(tables) == before
    with pytest.raises(Exception, match="invoices"):
        await tables.rows("invoices")


async def _run(tables: Tables, statement: str) -> list[tuple[object, ...]]:
    """Run a statement with means other than ours."""
    match tables.kind:
        case "sqlite":
            import sqlite3

            with sqlite3.connect(tables.at) as connection:
                found = connection.execute(statement).fetchall()
            connection.close()
            return found
        case "duckdb":
            import duckdb

            with duckdb.connect(tables.at) as opened:
                return opened.execute(statement).fetchall()
        case _:
            import asyncpg

            server = await asyncpg.connect(tables.at)
            try:
                return [tuple(row) for row in await server.fetch(statement)]
            finally:
                await server.close()


async def _rename_key(tables: Tables) -> None:
    name = "books.users" if tables.kind == "postgres" else "users"
    if tables.kind == "duckdb":  # doesn't rename what an index is on
        await _run(tables, "DROP TABLE users")
        await _run(tables, "CREATE TABLE users (id VARCHAR PRIMARY KEY, name VARCHAR)")
    else:
        await _run(tables, f'ALTER TABLE {name} RENAME COLUMN "_account" TO "theirs"')


async def _columns(tables: Tables) -> list[tuple[object, ...]]:
    if tables.kind == "sqlite":
        return await _run(tables, "SELECT name FROM pragma_table_info('users')")
    return await _run(
        tables,
        "SELECT column_name FROM information_schema.columns WHERE table_name = 'users' ORDER BY 1",
    )


def test_the_tables_of_all_resources_have_names_and_columns_of_their_own() -> None:
    from connector.resources import RESOURCES

    tables = [unified_table(one.name) for one in RESOURCES]
    assert len({table.name for table in tables}) == len(tables)
    for table in tables:
        names = [column.name for column in table.columns]
        assert len(set(names)) == len(names)
        assert {column.field for column in table.fields} >= {"id"}
    kinds = {column.name: column.kind for column in unified_table("invoices").fields}
    assert kinds["total_amount"] is ColumnKind.AMOUNT
    assert kinds["due_date"] is ColumnKind.MOMENT
    assert kinds["e_invoicing_status"] is ColumnKind.TEXT
    assert kinds["payment_term_duration"] is ColumnKind.WHOLE
    assert kinds["line_items"] is ColumnKind.JSON
    assert ColumnKind.TRUTH in {column.kind for table in tables for column in table.fields}


def test_nothing_is_made_before_something_is_written(tmp_path: Path) -> None:
    Tables("sqlite", str(tmp_path / "copy.db")).opened()
    assert list(tmp_path.iterdir()) == []
