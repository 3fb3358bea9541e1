"""``GET /v2/membership``: the person behind the token."""

from __future__ import annotations

from connector.providers.qonto.simulator.api import Call, Endpoint, Reply
from connector.providers.qonto.simulator.errors import not_found
from connector.providers.qonto.simulator.render.organisations import membership


async def mine(call: Call) -> Reply:
    for person in call.books.organisation.members:
        if person.id == call.caller.membership_id:
            return Reply(document={"membership": membership(person)})
    raise not_found("membership")


ENDPOINTS = (Endpoint("GET", "/membership", "membership.read", mine, oauth_only=True),)
