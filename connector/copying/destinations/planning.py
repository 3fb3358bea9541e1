"""What a batch does to a database: the tables that have to be there, then statements with rows."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from connector.copying.destinations import statements
from connector.copying.destinations.changes import ChangeRound, rounds_of
from connector.copying.destinations.columns import TableOf
from connector.copying.destinations.rows import moment_text, row_of
from connector.copying.destinations.statements import SqlDialect, WantedTable
from connector.copying.ports import CopiedRecord, Gone
from storage.errors import Conflict


@dataclass(frozen=True, slots=True)
class BatchStep:
    """A statement to be run for each row; `inserts` says that it takes rows of whole records."""

    statement: str
    rows: list[list[Any]]
    inserts: bool


@dataclass(frozen=True, slots=True)
class BatchPlan:
    """What is done in one transaction."""

    tables: dict[str, WantedTable]
    steps: list[BatchStep]


def plan(
    account_id: str,
    batch: Sequence[CopiedRecord | Gone],
    *,
    table_of: TableOf,
    dialect: SqlDialect,
    history: bool,
) -> BatchPlan:
    """Plan what a batch does; `history` keeps each version that was seen."""
    planned = BatchPlan({}, [])
    for one in rounds_of(batch):
        _plan_round(planned, account_id, one, table_of, dialect, history)
    return planned


def missing(wanted: WantedTable, existing: set[str], dialect: SqlDialect) -> list[str]:
    """Return the statements that add what an existing table lacks.

    Raises Conflict when the table isn't a copy's.
    """
    if not existing >= set(wanted.key):
        raise Conflict(
            f"The destination has a table {wanted.name} that wasn't made by a copy. Choose another "
            "database or schema."
        )
    return [
        statements.add_column(wanted, column, dialect)
        for column in wanted.columns
        if column.name not in existing
    ]


def _plan_round(
    planned: BatchPlan,
    account_id: str,
    one: ChangeRound,
    table_of: TableOf,
    dialect: SqlDialect,
    history: bool,
) -> None:
    table = table_of(one.resource)
    now, before = statements.current(table), statements.former(table)
    for wanted in (now, before) if history else (now,):
        planned.tables[wanted.name] = wanted
    rows = [row_of(account_id, record, table, dialect.limits) for record in one.records]
    keys: list[list[Any]] = [[account_id, gone.id] for gone in one.gone]
    if rows and history:
        planned.steps.append(BatchStep(statements.keep(before, dialect), rows, inserts=True))
    if rows:
        planned.steps.append(BatchStep(statements.upsert(now, dialect), rows, inserts=True))
    if keys and history:
        noted: list[list[Any]] = [
            [*key, f"gone {moment_text(gone.noticed_at)}", gone.noticed_at, *key]
            for key, gone in zip(keys, one.gone, strict=True)
        ]
        planned.steps.append(BatchStep(statements.keep_gone(table, dialect), noted, inserts=False))
    if keys:
        planned.steps.append(BatchStep(statements.delete(now, dialect), keys, inserts=False))
