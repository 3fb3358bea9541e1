"""``DELETE /v2/oauth2/consents``: the person behind the token disconnects the application."""

from __future__ import annotations

from qonto_simulator.api import Call, Endpoint, Reply
from qonto_simulator.webhooks.revocation import revoke_consent


async def revoke(call: Call) -> Reply:
    """Ends what this person allowed this application in this organisation, and nothing else."""
    revoke_consent(
        call.world,
        call.grants,
        call.caller.client_id or "",
        call.books.organisation.id,
        call.now,
        membership_id=call.caller.membership_id,
    )
    return Reply(204)


ENDPOINTS = (Endpoint("DELETE", "/oauth2/consents", revoke),)
