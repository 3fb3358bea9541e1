"""``/v2/teams``: the names under which people work together."""

from __future__ import annotations

from qonto_simulator.api import Call, Endpoint, Reply
from qonto_simulator.fields import Fields
from qonto_simulator.paging import meta, read_page
from qonto_simulator.records.organisation import Team
from qonto_simulator.render.common import Document
from qonto_simulator.rules import people


def _team(one: Team) -> Document:
    return {"id": one.id, "name": one.name}


async def index(call: Call) -> Reply:
    page, rows = call.limited(read_page(call.request.query_params)), call.books.organisation.teams
    shown = [_team(one) for one in rows[page.start : page.stop]]
    return Reply(document={"teams": shown, "meta": meta(page, len(rows), call.quirks)})


async def create(call: Call) -> Reply:
    """A flat body with the name."""
    call.require_admin()
    fields = Fields(await call.json())
    name = fields.text("name", most=100, required=True)
    fields.check()
    team = people.add_team(call.world, call.books, name or "", at=call.now)
    return call.created({"team": _team(team)}, 201)


ENDPOINTS = (
    Endpoint("GET", "/teams", index),
    Endpoint("POST", "/teams", create),
)
