"""The queries that the guide shows tell what was written."""

import re
import sqlite3
from contextlib import closing
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest

from connector.copying.destinations.opening import open_destination
from tests.connector.copying.destinations.samples import copied, gone

GUIDE = Path(__file__).parents[4] / "docs" / "copies.md"
QUERIES = dict(re.findall(r'```sql title="(\w+)"\n(.*?)```', GUIDE.read_text(), re.DOTALL))


async def written(to: str) -> None:
    """Write some invoices, and what became of them."""
    opened = open_destination(to)
    lines = [
        {"name": "Work", "grossAmount": Decimal("0.10")},
        {"name": "Travel", "grossAmount": Decimal("0.20")},
    ]
    await opened.write(
        "acc",
        [
            copied("i1", "v1", currency="EUR", totalAmount=Decimal("9.99")),
            copied("i2", "v1", currency="EUR", totalAmount=Decimal("0.20")),
            copied("i3", "v1", currency="EUR", totalAmount=Decimal("5")),
        ],
    )
    await opened.write(
        "acc",
        [
            copied("i1", "v2", currency="EUR", totalAmount=Decimal("0.10"), lineItems=lines),
            gone("i3"),
        ],
    )
    await opened.close()


async def test_sqlite_adds_up_in_cents(tmp_path: Path) -> None:
    await written(f"sqlite:///{tmp_path}/copy.db")
    with closing(sqlite3.connect(tmp_path / "copy.db")) as connection:
        found = connection.execute(QUERIES["sqlite"]).fetchall()
    assert found == [("acc", "EUR", 30)]


@pytest.mark.parametrize(
    ("kind", "found"),
    [
        ("duckdb", [("i1", "Travel", Decimal("0.20")), ("i1", "Work", Decimal("0.10"))]),
        ("jsonl", [("acc", "i1", Decimal("0.10")), ("acc", "i2", Decimal("0.20"))]),
    ],
)
async def test_duckdb_reads_lines(kind: str, found: list[Any], tmp_path: Path) -> None:
    path = tmp_path / "copy"
    await written(f"duckdb:///{path}" if kind == "duckdb" else f"jsonl:{path}")
    query = QUERIES[kind].replace("'*.jsonl'", f"'{path}/*.jsonl'")
    with closing(duckdb.connect(str(path) if kind == "duckdb" else ":memory:")) as connection:
        assert sorted(connection.execute(query).fetchall()) == found


async def test_the_newest_row_in_parquet_tells_how_a_record_is(tmp_path: Path) -> None:
    await written(f"parquet:{tmp_path}/copy")
    query = QUERIES["parquet"].replace("'*/", f"'{tmp_path}/copy/*/")
    with closing(duckdb.connect()) as connection:
        done = connection.sql(query).project("_id, _version, total_amount")
        assert sorted(done.fetchall()) == [
            ("i1", "v2", Decimal("0.10")),
            ("i2", "v1", Decimal("0.20")),
        ]


def test_every_query_is_tried() -> None:
    assert set(QUERIES) == {"sqlite", "duckdb", "jsonl", "parquet"}
