"""``/v2/membership``: the person behind the token; ``/v2/memberships``: everybody; invitations."""

from __future__ import annotations

from qonto_simulator.api import Call, Endpoint, Reply
from qonto_simulator.errors import refuse
from qonto_simulator.fields import Fields
from qonto_simulator.paging import meta, read_page
from qonto_simulator.render.organisations import listed_membership, membership
from qonto_simulator.rules import people

from .mail_bodies import ADDRESS


async def mine(call: Call) -> Reply:
    return Reply(document={"membership": membership(call.member)})


async def index(call: Call) -> Reply:
    people = call.books.organisation.members
    page = call.limited(read_page(call.request.query_params, current_page=True))
    shown = [listed_membership(person) for person in people[page.start : page.stop]]
    return Reply(document={"memberships": shown, "meta": meta(page, len(people), call.quirks)})


async def invite(call: Call) -> Reply:
    """``{membership: {email, first_name, last_name, role, team_id?}}``; mails the invitation."""
    call.require_admin()
    organisation = call.books.organisation
    fields = Fields(await call.json(), lambda name: f"/{name}").nested("membership", required=True)
    if fields is None:
        raise refuse(422, "required", "membership is required", pointer="/membership")
    email = (fields.text("email", most=250, required=True) or "").strip().lower()
    if email and not ADDRESS.fullmatch(email):
        fields.problem("email", "invalid", "email must be an e-mail address")
    elif any(one.email == email for one in organisation.members):
        fields.problem("email", "invalid", "email belongs to a member already")
    first_name = fields.text("first_name", most=60, required=True) or ""
    last_name = fields.text("last_name", most=60, required=True) or ""
    role = fields.choice("role", people.INVITED_ROLES, required=True) or ""
    team_id = fields.text("team_id") or call.member.team_id
    if all(one.id != team_id for one in organisation.teams):
        fields.problem("team_id", "invalid", "team_id is unknown")
    fields.check()
    person = people.Newcomer(email, first_name, last_name, role, team_id)
    invited = people.invite(call.world, call.books, person, by=call.member, at=call.now)
    return call.created({"membership": membership(invited)})


ENDPOINTS = (
    Endpoint("GET", "/membership", mine),
    Endpoint("GET", "/memberships", index),
    Endpoint("POST", "/memberships/invite_employee_or_accountant", invite),
)
