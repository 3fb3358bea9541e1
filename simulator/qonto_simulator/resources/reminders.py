"""``/v2/reminders``: at most one per client, and none without the add-on."""

from __future__ import annotations

from qonto_simulator.api import Call, Endpoint, Handler, Reply, list_reply
from qonto_simulator.collection import Selection
from qonto_simulator.errors import not_found, refuse
from qonto_simulator.fields import Fields
from qonto_simulator.filters import many
from qonto_simulator.paging import MOST_INVOICING, read_page
from qonto_simulator.records.recurring import Reminder, ReminderRule
from qonto_simulator.render.common import Document
from qonto_simulator.render.recurring import reminder
from qonto_simulator.rules import reminders as rules

from .invoice_bodies import named_client
from .mail_bodies import read_addresses

_MOST_DAYS = 365


def _find(call: Call) -> Reminder:
    one = call.books.reminders.get(call.id)
    if one is None:
        raise not_found("reminder")
    return one


def _one(call: Call, one: Reminder) -> Document:
    return {"reminder": call.shaped(reminder(one))}


async def index(call: Call) -> Reply:
    """One per client that has any; ``client_ids`` says which."""
    query = call.request.query_params
    clients = [*many(query, "client_ids"), *many(query, "filter[client_ids]")]
    wanted: Selection[Reminder] = Selection(
        where=(lambda one: one.client_id in clients,) if clients else ()
    )
    page = read_page(query, most=MOST_INVOICING)
    return list_reply(call, "reminders", call.books.reminders, wanted, page, reminder)


async def show(call: Call) -> Reply:
    return Reply(document=_one(call, _find(call)))


async def create(call: Call) -> Reply:
    """Replaces the reminder that the client may have, without a word of it."""
    fields = Fields(await call.json())
    client = named_client(call, fields)
    settings = _read(fields)
    if client is None:
        raise refuse(422, "invalid", "the body can't be used")
    made = rules.put(call.world, call.books, client.id, settings, at=call.now)
    return call.created(_one(call, made))


async def update(call: Call) -> Reply:
    """Replaces everything but the client."""
    one = _find(call)
    settings = _read(Fields(await call.json()))
    rules.replace(call.world, call.books, one, settings, at=call.now)
    return Reply(document=_one(call, one))


async def delete(call: Call) -> Reply:
    call.books.reminders.remove(_find(call))
    return Reply(204)


def _read(fields: Fields) -> rules.ReminderFields:
    """The complete settings; 422 with everything that is wrong with the body."""
    send_to = read_addresses(fields)
    copy_to_self = fields.flag("copy_to_self")
    entries = list(fields.each("rules", "/data/attributes/rules", required=True))
    if len(entries) > rules.MOST_RULES:
        fields.problem("rules", "invalid", f"rules has at most {rules.MOST_RULES} entries")
    each = tuple(_rule(inner) for _, inner in entries)
    fields.check()
    return rules.ReminderFields(send_to, copy_to_self is not False, each)


def _rule(fields: Fields) -> ReminderRule:
    title = fields.text("email_title", required=True)
    body = fields.text("email_body")
    operator = fields.choice("operator", rules.OPERATORS) or "after"
    days = fields.decimal("offset_days", required=operator != "on") or 0
    if days != int(days) or not 0 <= days <= _MOST_DAYS:
        detail = f"offset_days must be a whole number from 0 to {_MOST_DAYS}"
        fields.problem("offset_days", "invalid", detail)
    elif operator == "on" and days:
        fields.problem("offset_days", "invalid", "offset_days must be 0 on the due date itself")
    return ReminderRule(operator, int(days), title or "", body)


def _with_add_on(handle: Handler) -> Handler:
    """403 on every call without the add-on."""

    async def checked(call: Call) -> Reply:
        if not call.books.organisation.invoice_automation:
            raise refuse(403, "forbidden", "the Invoice Automation add-on is needed")
        return await handle(call)

    return checked


def _endpoint(method: str, path: str, handle: Handler) -> Endpoint:
    return Endpoint(method, f"/reminders{path}", _with_add_on(handle))


ENDPOINTS = (
    _endpoint("GET", "", index),
    _endpoint("POST", "", create),
    _endpoint("GET", "/{id}", show),
    _endpoint("PUT", "/{id}", update),
    _endpoint("DELETE", "/{id}", delete),
)
