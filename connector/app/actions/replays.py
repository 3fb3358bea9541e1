"""Sends again what was sent before, and shows how far that is."""

from datetime import datetime

import msgspec

from connector.app.actions.assembled import assembled
from connector.app.actions.owners import owner_of, owner_of_delivery
from connector.app.actions.records import show_record, show_records
from connector.app.terminal import out, run
from webhooks import log_operations, replay_operations
from webhooks.replays import Criteria


def begin(
    target: str,
    *,
    only_failed: bool,
    resource_id: str | None,
    since: datetime | None,
    until: datetime | None,
    as_json: bool,
) -> None:
    """Send a delivery again, or those of a subscription, and print what was begun."""
    criteria = Criteria(only_failed, resource_id=resource_id, since=since, until=until)

    async def send() -> tuple[msgspec.Struct, tuple[str, ...]]:
        async with assembled() as container:
            if target.startswith("dlv_"):
                owner = await owner_of_delivery(container, target)
                return log_operations.shown(await container.relay.replays.one(owner, target)), ()
            owner = await owner_of(container, target)
            begun, warnings = await container.relay.replays.begin(owner, target, criteria)
            return replay_operations.shown_replay(begun), warnings

    made, warnings = run(send())
    show_record(msgspec.to_builtins(made), as_json)
    if not as_json:
        for warning in warnings:
            out.print(warning, highlight=False)


def show_all(webhook: str, *, cancel: str | None, most: int, as_json: bool) -> None:
    """Print a subscription's replays, after one of them was cancelled if that is asked."""

    async def look() -> list[replay_operations.WebhookReplay]:
        async with assembled() as container:
            owner = await owner_of(container, webhook)
            if cancel is not None:
                await container.relay.replays.cancel(owner, webhook, cancel)
            found, _ = await container.relay.replays.list(owner, webhook, most=most)
            return [replay_operations.shown_replay(one) for one in found]

    columns = ("id", "createdDate", "state", "status", "total", "planned", "delivered", "failed")
    show_records(run(look()), columns, as_json)
