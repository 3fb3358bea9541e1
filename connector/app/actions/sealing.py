"""Shows the sealing keys in use, and seals everything under the first."""

import json
import sys
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import asdict
from typing import Any

from rich.progress import BarColumn, MofNCompleteColumn, TextColumn
from rich.progress import Progress as Bars
from rich.text import Text

from connector.app.actions.assembled import assembled
from connector.app.container import Container
from connector.app.terminal import err, out, print_rows, run
from oauth.audit import OPERATOR, entry
from storage import resealing
from storage.clock import iso_millis
from storage.resealing import Pending, Resealed, ResealingProgress, Usage


def show_keys(as_json: bool) -> None:
    """Print which sealing keys are in use, by how many values, and which can be retired."""

    async def look() -> list[Usage]:
        async with assembled() as container:
            return await _usage(container)

    print_rows([_row(one) for one in run(look())], as_json)


def rotate(as_json: bool) -> None:
    """Seal every stored secret under the first key; exit code 1 when a value can't be read."""

    async def rotate() -> tuple[Resealed, list[Usage], Pending]:
        async with assembled() as container:
            with _shown(quiet=as_json) as progress:
                done = await resealing.reseal(
                    container.storage.work, container.storage.ring, progress
                )
            at = container.storage.clock()
            async with container.storage.work.writing() as tx:
                await tx.audit.add(
                    entry("keys.rotated", by=OPERATOR, at=at, key=container.storage.ring.newest)
                )
            waiting = await resealing.pending(container.storage.work, container.storage.ring, at)
            return done, await _usage(container), waiting

    done, used, waiting = run(rotate())
    if as_json:
        print(json.dumps(_facts(done, used, waiting)))
    else:
        _tell(done, used, waiting)
    if done.unreadable:
        sys.exit(1)


async def _usage(container: Container) -> list[Usage]:
    return await resealing.usage(
        container.storage.work, container.storage.ring, container.storage.clock()
    )


@contextmanager
def _shown(*, quiet: bool) -> Generator[Callable[[ResealingProgress], None]]:
    """Show progress: bars on a terminal, a line for each finished column elsewhere."""
    if quiet:
        yield lambda _: None
        return
    if not err.is_terminal:
        yield _say
        return
    columns = (TextColumn("{task.description}", markup=False), BarColumn(), MofNCompleteColumn())
    with Bars(*columns, console=err) as bars:
        tasks: dict[str, Any] = {}

        def move(at: ResealingProgress) -> None:
            task = tasks.setdefault(at.column, None)
            if task is None:
                task = tasks[at.column] = bars.add_task(at.column, total=at.total)
            bars.update(task, completed=at.done, total=at.total)

        yield move


def _say(at: ResealingProgress) -> None:
    err.print(f"{at.column}  {at.done}/{at.total}", highlight=False)


def _row(one: Usage) -> dict[str, str]:
    if not one.is_configured:
        state = "NOT CONFIGURED"
    elif one.is_newest:
        state = "seals"
    else:
        state = "can be retired" if one.can_be_retired else "needed"
    return {
        "key": one.key,
        "state": state,
        "sealed": str(one.sealed),
        "apiKeys": str(one.api_keys),
        "accountKeys": str(one.account_keys),
    }


def _waiting_rows(waiting: Pending) -> list[dict[str, str]]:
    whose = [(key, key.tenant_id) for key in waiting.api_keys]
    more = [(key, key.account_id) for key in waiting.account_keys]
    return [
        {
            "id": key.id,
            "of": of,
            "name": key.name,
            "hint": key.hint,
            "hashKey": key.hash_key_id,
            "lastUsed": "" if key.last_used_at is None else iso_millis(key.last_used_at),
        }
        for key, of in (*whose, *more)
    ]


def _facts(done: Resealed, used: list[Usage], waiting: Pending) -> dict[str, Any]:
    return {
        "moved": done.moved,
        "overtaken": done.overtaken,
        "unreadable": [asdict(one) for one in done.unreadable],
        "waiting": _waiting_rows(waiting),
        "keys": [_row(one) for one in used],
    }


def _tell(done: Resealed, used: list[Usage], waiting: Pending) -> None:
    out.print(
        f"{done.moved} values sealed anew; {done.overtaken} changed meanwhile by others",
        highlight=False,
    )
    for one in done.unreadable:
        out.print(
            Text("unreadable ", "red"),
            f"{one.table}.{one.column} of {one.row_id}: {one.reason}",
            soft_wrap=True,
        )
    if rows := _waiting_rows(waiting):
        out.print("\nThese keys' hashes move when they are next used, or end when revoked:")
        print_rows(rows, as_json=False)
    out.print()
    print_rows([_row(one) for one in used], as_json=False)
    for one in used:
        if one.is_newest or not one.is_configured:
            continue
        verdict = (
            "can be retired: take it out of CONNECTOR_SEALING__KEYS and restart, at the soonest "
            "15 minutes after the newest key came in"
            if one.can_be_retired
            else "is still needed"
        )
        out.print(f"{one.key} {verdict}", highlight=False, soft_wrap=True)
