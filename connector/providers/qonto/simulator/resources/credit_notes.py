"""``/v2/credit_notes``."""

from __future__ import annotations

from connector.providers.qonto.simulator.api import Call, Endpoint, Reply, list_reply
from connector.providers.qonto.simulator.collection import Selection
from connector.providers.qonto.simulator.errors import not_found
from connector.providers.qonto.simulator.filters import sorting, window
from connector.providers.qonto.simulator.paging import read_page
from connector.providers.qonto.simulator.records.credit_note import CreditNote
from connector.providers.qonto.simulator.render.common import Document
from connector.providers.qonto.simulator.render.credit_notes import credit_note

READ, WRITE = "client_invoices.read", "client_invoice.write"


def _one(call: Call, note: CreditNote) -> Document:
    return {"credit_note": call.shaped(credit_note(note, call.books.organisation.id))}


async def index(call: Call) -> Reply:
    query = call.request.query_params
    order, direction = sorting(query, ("created_at", "updated_at"), "created_at:desc")
    wanted: Selection[CreditNote] = Selection(
        created=window(query, "created_at"),
        updated=window(query, "updated_at"),
        order="created_at" if order == "created_at" else "updated_at",
        descending=direction == "desc",
    )
    page, organisation_id = read_page(query), call.books.organisation.id
    return list_reply(
        call,
        "credit_notes",
        call.books.credit_notes,
        wanted,
        page,
        lambda note: credit_note(note, organisation_id),
    )


async def show(call: Call) -> Reply:
    note = call.books.credit_notes.get(call.id)
    if note is None:
        raise not_found("credit note")
    return Reply(document=_one(call, note))


ENDPOINTS = (
    Endpoint("GET", "/credit_notes", READ, index),
    Endpoint("GET", "/credit_notes/{id}", READ, show),
)
