"""Copies an account's records here and now, telling how far it is, and lists what was copied."""

import json
import sys
import time
from collections.abc import Collection, Generator
from contextlib import contextmanager
from datetime import datetime, timedelta

import msgspec
from rich.live import Live
from rich.table import Table

from connector.app.actions.assembled import assembled
from connector.app.actions.owners import account_of
from connector.app.actions.records import show_records
from connector.app.terminal import err, out, run
from connector.copying.work import Tell
from connector.faces.rest.syncing import SyncRun, shown_run
from storage.clock import iso_millis
from storage.repositories.copies import CopyRun

_TOLD_EVERY = 5.0
"""Seconds between two lines of a plain log."""

_COUNTS = ("read", "changed", "gone", "downloaded", "pending", "failed")
_COLUMNS = ("id", "resource", "status", "startedDate", "durationSeconds", *_COUNTS)


def sync(
    account_id: str,
    kinds: Collection[str],
    since: datetime | None,
    to: str | None,
    documents: str | None,
    every: int | None,
    *,
    as_json: bool,
) -> None:
    """Copy, and print what it came to; exit code 1 when something failed."""

    async def make() -> list[CopyRun]:
        async with assembled() as container:
            account = await account_of(container, account_id)
            with _progress() as tell:
                made = await container.copies.run_here(account, kinds, to, documents, since, tell)
            if every is not None:
                wait = timedelta(minutes=every)
                await container.copies.set_interval(account, kinds, to, wait)
            return made

    made = run(make())
    if as_json:
        print(json.dumps([msgspec.to_builtins(shown_run(one)) for one in made]))
    else:
        for one in made:
            out.print(_summary(one), highlight=False, soft_wrap=True)
    if any(one.status not in ("SUCCESS", "PARTIAL_SUCCESS") for one in made):
        sys.exit(1)


def show_runs(account_id: str, kind: str | None, most: int, as_json: bool) -> None:
    """Print what was copied of an account."""

    async def look() -> list[SyncRun]:
        async with assembled() as container:
            account = await account_of(container, account_id)
            runs, _ = await container.copies.runs(account.id, resource=kind, before=None, most=most)
            return [shown_run(one) for one in runs]

    show_records(run(look()), _COLUMNS, as_json)


def _summary(one: CopyRun) -> str:
    """Say in words what a run came to, and where the next one begins."""
    begin = "the beginning" if one.since is None else iso_millis(one.since)
    end = "" if one.until is None else iso_millis(one.until)
    counts = ", ".join(f"{getattr(one, name)} {name}" for name in _COUNTS)
    told = f"{one.resource}: {one.status}, from {begin} to {end}: {counts}"
    if one.code is not None:
        return f"{told}. {one.code}: {one.message} The next run begins where this one did."
    return f"{told}. The next run begins at {end}, and a little before."


@contextmanager
def _progress() -> Generator[Tell]:
    """Show how far runs are: live on a terminal, else as a line now and then."""
    runs: dict[str, CopyRun] = {}
    if err.is_interactive:
        with Live(console=err, refresh_per_second=4, transient=True) as live:

            def show(one: CopyRun) -> None:
                runs[one.id] = one
                live.update(_table(runs))

            yield show
        return
    told: dict[str, tuple[str, float]] = {}

    def log(one: CopyRun) -> None:
        status, at = told.get(one.id, ("", 0.0))
        now = time.monotonic()
        if status != one.status or now - at >= _TOLD_EVERY:
            told[one.id] = one.status, now
            counts = " ".join(f"{name}={getattr(one, name)}" for name in _COUNTS)
            err.print(f"{one.resource} {one.status} {counts}", highlight=False, soft_wrap=True)

    yield log


def _table(runs: dict[str, CopyRun]) -> Table:
    table = Table("resource", "status", *_COUNTS, box=None, pad_edge=False)
    for one in runs.values():
        table.add_row(one.resource, one.status, *(str(getattr(one, name)) for name in _COUNTS))
    return table
