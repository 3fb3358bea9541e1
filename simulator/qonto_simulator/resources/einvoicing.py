"""``GET /v2/einvoicing/settings``: bare, without an envelope."""

from __future__ import annotations

from qonto_simulator.api import Call, Endpoint, Reply


async def settings(call: Call) -> Reply:
    organisation = call.books.organisation
    return Reply(
        document={
            "sending_status": organisation.einvoicing_sending,
            "receiving_status": organisation.einvoicing_receiving,
        }
    )


ENDPOINTS = (Endpoint("GET", "/einvoicing/settings", settings),)
