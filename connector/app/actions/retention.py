"""Deletes what has been kept for long enough."""

from dataclasses import asdict
from typing import Any

from connector.app.actions.assembled import assembled
from connector.app.actions.records import show_record
from connector.app.terminal import run as run_work


def run(*, dry_run: bool, as_json: bool) -> None:
    """Delete it, or only count it, and print how much that is."""

    async def clean() -> dict[str, Any]:
        async with assembled() as container:
            work = container.relay.retention
            return asdict(await (work.look() if dry_run else work.run()))

    show_record(run_work(clean()), as_json)
