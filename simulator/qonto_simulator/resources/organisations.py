"""``GET /v2/organization``."""

from __future__ import annotations

from qonto_simulator.api import Call, Endpoint, Reply
from qonto_simulator.filters import flag
from qonto_simulator.render.organisations import organisation


async def show(call: Call) -> Reply:
    """The organisation behind the credentials; external accounts only on request."""
    external = flag(call.request.query_params, "include_external_accounts") or False
    document = organisation(call.books.organisation, external=external)
    return Reply(document={"organization": document})


ENDPOINTS = (Endpoint("GET", "/organization", show),)
