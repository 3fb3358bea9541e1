"""``/v2/attachments``: fresh links to stored files, and uploads."""

from __future__ import annotations

from qonto_simulator.api import Call, Endpoint, Reply
from qonto_simulator.errors import not_found
from qonto_simulator.render.attachments import attachment

from .uploads import REQUEST_LIMIT, read_upload


async def show(call: Call) -> Reply:
    """404 as long as a file is still being made."""
    one = call.world.attachments.get(call.id)
    if one is None or one.organisation_id != call.books.organisation.id or call.now < one.ready_at:
        raise not_found("attachment")
    return Reply(document={"attachment": attachment(call.world, one, call.now)})


async def create(call: Call) -> Reply:
    """Answers with the id alone."""
    one = await read_upload(call, most=REQUEST_LIMIT)
    return Reply(document={"attachment": {"id": one.id}})


ENDPOINTS = (
    Endpoint("POST", "/attachments", create, replays=True),
    Endpoint("GET", "/attachments/{id}", show),
)
