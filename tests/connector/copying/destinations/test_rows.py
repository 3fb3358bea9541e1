"""Records as they really are fit their tables in full."""

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from connector.copying.destinations.columns import ColumnKind, unified_table
from connector.copying.destinations.rows import RowLimits, row_of
from connector.resources import RESOURCES
from tests.connector.copying.destinations.samples import ACCOUNT, copied

EXAMPLES = Path(__file__).parents[4] / "connector" / "app" / "examples.json"
NARROWEST = RowLimits(20, 18, nul_in_text=False)


def records_in(value: Any, names: set[str]) -> list[dict[str, Any]]:
    """Find the objects that have all fields of a record."""
    if isinstance(value, dict):
        if names <= set(value):
            return [value]
        value = list(value.values())
    if isinstance(value, list):
        return [found for one in value for found in records_in(one, names)]
    return []


@pytest.mark.parametrize("resource", [one.name for one in RESOURCES])
def test_the_records_of_the_apis_examples_fit_in_full(resource: str) -> None:
    """The examples are answers that were given."""
    examples = json.loads(EXAMPLES.read_text(), parse_float=Decimal)["operations"]
    table = unified_table(resource)
    names = {str(column.field) for column in table.fields}
    found = [
        record
        for name, example in examples.items()
        if name.lower().removeprefix("list").startswith(resource.lower())
        for record in records_in(example, names)
    ]
    assert found
    for record in found:
        row = dict(
            zip(
                (column.name for column in table.columns),
                row_of(ACCOUNT, copied(**record), table, NARROWEST),
                strict=True,
            )
        )
        assert row["_unfit"] is None
        for column in table.fields:
            assert (row[column.name] is None) == (record[str(column.field)] is None)
            if column.kind is ColumnKind.AMOUNT and row[column.name] is not None:
                assert isinstance(row[column.name], Decimal)
                assert row[column.name] == Decimal(str(record[str(column.field)]))
