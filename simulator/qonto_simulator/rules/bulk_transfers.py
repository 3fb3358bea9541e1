"""Transfers that are sent together: taken first, looked at line by line afterwards."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from qonto_simulator.errors import Problem
from qonto_simulator.records.transfer import BulkLine, BulkTransfer
from qonto_simulator.world import Books, World

from . import transfers
from .payees import Payee, known

MOST_LINES = 400


@dataclass(frozen=True, slots=True)
class Line:
    """One transfer as it is asked for; ``id`` is the application's own."""

    id: str
    order: transfers.Order
    payee: Payee


def accept(
    world: World, books: Books, lines: Sequence[Line], *, initiator_id: str, at: datetime
) -> BulkTransfer:
    """A new bulk of which every line is pending; each is looked at in its turn."""
    bulk = books.bulk_transfers.add(
        BulkTransfer(
            id=world.ids.uuid7(at),
            initiator_id=initiator_id,
            lines=tuple(BulkLine(line.id, "pending") for line in lines),
            created_at=at,
            updated_at=at,
            status="pending",
        )
    )
    step = timedelta(seconds=world.quirks.bulk_delay) / len(lines)
    for position, line in enumerate(lines):
        due = at + step * (position + 1)
        world.agenda.at(due, partial(_look_at, world, books, bulk, position, line))
    return bulk


def _look_at(
    world: World, books: Books, bulk: BulkTransfer, position: int, line: Line, at: datetime
) -> None:
    found = transfers.objections(world, books, line.order, at=at)
    if found:
        here = f"/bulk_transfers/{position}"
        problems = tuple(Problem(one.code, one.detail, f"{here}/{one.field}") for one in found)
        seen = BulkLine(line.id, "failed", problems=problems)
    else:
        payee = known(world, books, line.payee, at=at)
        made = transfers.make(
            world, books, line.order, payee, initiator_id=bulk.initiator_id, at=at
        )
        seen = BulkLine(line.id, "completed", made.id)
    bulk.lines = (*bulk.lines[:position], seen, *bulk.lines[position + 1 :])
    if not bulk.count("pending"):
        bulk.status = "completed"
    books.bulk_transfers.save(bulk, at)
