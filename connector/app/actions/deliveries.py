"""Shows what was sent, and sends a test event."""

import json
from datetime import datetime

import msgspec

from connector.app.actions.assembled import assembled
from connector.app.actions.owners import owner_of, owner_of_delivery
from connector.app.actions.records import show_record, show_records
from connector.app.terminal import out, run
from webhooks import log_operations
from webhooks.asking import LIMITS
from webhooks.choices import DeliveryStatus, EventType, Origin
from webhooks.log import DeliveryQuery


def send_test(webhook: str, as_json: bool) -> None:
    """Send a test event and print its delivery."""

    async def send() -> log_operations.WebhookDelivery:
        async with assembled() as container:
            owner = await owner_of(container, webhook)
            return log_operations.shown(await container.relay.tester.send(owner, webhook))

    show_record(msgspec.to_builtins(run(send())), as_json)


def show_all(
    webhook: str,
    *,
    status: DeliveryStatus | None,
    event_type: EventType | None,
    event_id: str | None,
    resource_id: str | None,
    origin: Origin | None,
    since: datetime | None,
    until: datetime | None,
    most: int,
    as_json: bool,
) -> None:
    """Print what was sent for a subscription, newest first."""
    asked = DeliveryQuery(
        status=status,
        event_type=event_type,
        event_id=event_id,
        resource_id=resource_id,
        origin=origin,
        since=since,
        until=until,
    )

    async def look() -> list[log_operations.WebhookDelivery]:
        async with assembled() as container:
            owner = await owner_of(container, webhook)
            found: list[log_operations.WebhookDelivery] = []
            before: str | None = None
            while len(found) < most:
                number = min(max(LIMITS), most - len(found))
                page = await container.relay.log.page(
                    owner, webhook, asked, before=before, most=number
                )
                found += [log_operations.shown(one) for one in page.deliveries]
                before = page.next_before
                if before is None:
                    break
            return found

    columns = ("id", "createdDate", "status", "attemptCount", "eventType", "resourceId", "origin")
    show_records(run(look()), columns, as_json)


def show(delivery: str, as_json: bool) -> None:
    """Print a delivery with every attempt."""

    async def look() -> log_operations.WebhookDeliveryDetail:
        async with assembled() as container:
            owner = await owner_of_delivery(container, delivery)
            return log_operations.shown_in_full(await container.relay.log.detail(owner, delivery))

    shown = msgspec.to_builtins(run(look()))
    if as_json:
        print(json.dumps(shown))
        return
    attempts = shown.pop("attempts")
    show_record(shown, as_json=False)
    for one in attempts:
        out.print(f"\nattempt {one['number']}", highlight=False)
        show_record(one, as_json=False)
