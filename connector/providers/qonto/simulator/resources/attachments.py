"""``GET /v2/attachments/{id}``: a fresh link to a stored file."""

from __future__ import annotations

from connector.providers.qonto.simulator.api import Call, Endpoint, Reply
from connector.providers.qonto.simulator.errors import not_found
from connector.providers.qonto.simulator.render.attachments import attachment


async def show(call: Call) -> Reply:
    """404 as long as a file is still being made."""
    one = call.world.attachments.get(call.id)
    if one is None or one.organisation_id != call.books.organisation.id:
        raise not_found("attachment")
    if call.now < one.ready_at:
        raise not_found("attachment")
    return Reply(document={"attachment": attachment(call.world, one, call.now)})


ENDPOINTS = (Endpoint("GET", "/attachments/{id}", "attachment.read", show),)
