"""The event a vendor receives: Maesn's five keys, in canonical bytes. Pure."""

from typing import Annotated

import msgspec

from connector.api.meaning import meaning
from webhooks.words import EventWord, ResourceWord


class EventBody(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    __doc__ = """A thin event: it names what changed and how; receivers read the document itself.

    `filterDate` and `userId` are part of the contract and always null for Qonto.
    """

    event_type: Annotated[EventWord, meaning("What happened to the record.")]
    filter_date: Annotated[None, meaning("Always null.")] = None
    resource: Annotated[ResourceWord, meaning("What kind of record it is.")]
    resource_id: Annotated[str, meaning("The record's id.")]
    user_id: Annotated[None, meaning("Always null.")] = None


_encoder = msgspec.json.Encoder()


def event_body(*, event_type: str, resource: str, resource_id: str) -> bytes:
    """Write the event as it is signed and sent; the same event always gives the same bytes."""
    return _encoder.encode(
        EventBody(event_type=event_type, resource=resource, resource_id=resource_id)
    )
