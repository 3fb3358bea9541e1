"""``/v2/membership``: the person behind the token; ``/v2/memberships``: everybody."""

from __future__ import annotations

from qonto_simulator.api import Call, Endpoint, Reply
from qonto_simulator.errors import not_found
from qonto_simulator.paging import meta, read_page
from qonto_simulator.render.organisations import listed_membership, membership


async def mine(call: Call) -> Reply:
    for person in call.books.organisation.members:
        if person.id == call.caller.membership_id:
            return Reply(document={"membership": membership(person)})
    raise not_found("membership")


async def index(call: Call) -> Reply:
    people = call.books.organisation.members
    page = call.limited(read_page(call.request.query_params, current_page=True))
    shown = [listed_membership(person) for person in people[page.start : page.stop]]
    return Reply(document={"memberships": shown, "meta": meta(page, len(people), call.quirks)})


ENDPOINTS = (
    Endpoint("GET", "/membership", mine),
    Endpoint("GET", "/memberships", index),
)
