"""The event a vendor receives: Maesn's five keys, in canonical bytes. Pure."""

import msgspec


class EventBody(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """A thin event: it names what changed and how; the receiver reads the document itself.

    `filterDate` and `userId` are part of the contract and always null for Qonto.
    """

    event_type: str
    filter_date: None = None
    resource: str
    resource_id: str
    user_id: None = None


_encoder = msgspec.json.Encoder()


def event_body(*, event_type: str, resource: str, resource_id: str) -> bytes:
    """Write the event as it is signed and sent; the same event always gives the same bytes."""
    return _encoder.encode(
        EventBody(event_type=event_type, resource=resource, resource_id=resource_id)
    )
