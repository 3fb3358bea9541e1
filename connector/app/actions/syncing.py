"""Copies an account's records here and now, telling how far it is, and lists what was copied."""

import json
import sys
from collections.abc import Collection
from datetime import datetime, timedelta

import msgspec

from connector.app.actions.assembled import assembled
from connector.app.actions.owners import account_of
from connector.app.actions.records import show_records
from connector.app.sync_progress import COUNTS, shown_progress
from connector.app.terminal import out, run
from connector.faces.rest.syncing import SyncRun, shown_run
from storage.clock import iso_millis
from storage.repositories.copies import CopyRun

_COLUMNS = ("id", "resource", "status", "startedDate", "durationSeconds", *COUNTS)


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
            with shown_progress() as tell:
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
    counts = ", ".join(f"{getattr(one, name)} {name}" for name in COUNTS)
    told = f"{one.resource}: {one.status}, from {begin} to {end}: {counts}"
    if one.code is not None:
        return f"{told}. {one.code}: {one.message} The next run begins where this one did."
    return f"{told}. The next run begins at {end}, and a little before."
