"""``GET /v2/settings``: whether documents are numbered automatically."""

from __future__ import annotations

from qonto_simulator.api import Call, Endpoint, Reply


async def show(call: Call) -> Reply:
    automatic = call.books.organisation.automatic_numbering
    return Reply(document={"settings": {"numbering_mode": "automatic" if automatic else "manual"}})


ENDPOINTS = (Endpoint("GET", "/settings", show),)
