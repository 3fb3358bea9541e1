"""A record that is gone is told as DELETED, to the subscriptions that ask for that."""

from collections.abc import Sequence

from connector.copying.ports import Gone
from storage.ids import new_id
from storage.repositories.events import Event
from storage.unit_of_work import DatabaseTransaction

_WORDS = {
    "invoices": ("INVOICE", "BOOKING_PROPOSAL"),
    "bills": ("BILL", "BOOKING_PROPOSAL"),
    "transactions": ("TRANSACTION",),
}
"""What subscriptions call the kinds of records that are copied."""


async def announce_deletions(
    tx: DatabaseTransaction, account_id: str, gone: Sequence[Gone]
) -> None:
    """Store that records are deleted, and plan what is sent of it.

    Once, however often it's noticed: two copies of one account see the same.
    """
    events = [_event(account_id, one, word) for one in gone for word in _WORDS[one.resource]]
    new = await tx.events.add_new(events)
    for event in events:
        if event.id in new:
            await tx.deliveries.announce(event, event.received_at)


def _event(account_id: str, gone: Gone, resource: str) -> Event:
    return Event(
        id=new_id("evt", gone.noticed_at),
        account_id=account_id,
        upstream_event_id=f"gone:{resource}:{gone.id}",
        resource=resource,
        resource_id=gone.id,
        event_type="DELETED",
        occurred_at=gone.noticed_at,
        received_at=gone.noticed_at,
        body_sha256="",
        source="POLL",
    )
