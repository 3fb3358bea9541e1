"""``/v2/credit_notes``."""

from __future__ import annotations

from qonto_simulator.api import Call, Endpoint, Reply, list_reply
from qonto_simulator.collection import Selection
from qonto_simulator.errors import not_found, refuse
from qonto_simulator.fields import Fields
from qonto_simulator.filters import sorting, window
from qonto_simulator.paging import read_page
from qonto_simulator.records.client_invoice import ClientInvoice
from qonto_simulator.records.credit_note import CreditNote
from qonto_simulator.render.common import Document
from qonto_simulator.render.credit_notes import credit_note
from qonto_simulator.rules import credit_notes as rules

from .levy_bodies import read_levies
from .lines import read_discount, read_lines


def _one(call: Call, note: CreditNote) -> Document:
    return {"credit_note": call.shaped(_render(call, note))}


def _render(call: Call, note: CreditNote) -> Document:
    return credit_note(note, call.books.organisation.id, call.world.base_url)


async def index(call: Call) -> Reply:
    query = call.request.query_params
    order, direction = sorting(query, ("created_at", "updated_at"), "created_at:desc")
    wanted: Selection[CreditNote] = Selection(
        created=window(query, "created_at"),
        updated=window(query, "updated_at"),
        order="created_at" if order == "created_at" else "updated_at",
        descending=direction == "desc",
    )
    page, notes = read_page(query), call.books.credit_notes
    return list_reply(call, "credit_notes", notes, wanted, page, lambda note: _render(call, note))


async def show(call: Call) -> Reply:
    note = call.books.credit_notes.get(call.id)
    if note is None:
        raise not_found("credit note")
    return Reply(document=_one(call, note))


async def create(call: Call) -> Reply:
    """Quantities are positive in the body and negative in the document."""
    fields = Fields(await call.json())
    invoice = _invoice(call, fields)
    issue_date = fields.day("issue_date", required=True)
    reason = fields.text("reason", most=500, required=True)
    currency = fields.currency("currency", required=True)
    asked = invoice.currency if invoice else currency
    lines = read_lines(call.books, fields, "/credit_note/items", currency=asked, any_currency=True)
    discount = read_discount(fields)
    number = fields.text("number", most=40)
    contact_email = fields.text("contact_email", most=250) or ""
    terms = fields.text("terms_and_conditions", most=525) or ""
    levies = read_levies(fields)
    fields.check()
    if invoice is None or issue_date is None or currency is None:
        raise refuse(422, "invalid", "the body can't be used")
    note = rules.create(
        call.world,
        call.books,
        rules.CreditNoteFields(
            invoice=invoice,
            issue_date=issue_date,
            reason=reason or "",
            currency=currency,
            lines=lines,
            number=number,
            contact_email=contact_email,
            terms_and_conditions=terms,
            discount=discount,
            **levies,
        ),
        at=call.now,
    )
    return call.created(_one(call, note))


def _invoice(call: Call, fields: Fields) -> ClientInvoice | None:
    id = fields.text("invoice_id", required=True)
    if id is None:
        return None
    invoice = call.books.client_invoices.get(id)
    if invoice is None:
        fields.problem("invoice_id", "not_found", "client invoice not found")
    return invoice


ENDPOINTS = (
    Endpoint("GET", "/credit_notes", index),
    Endpoint("POST", "/credit_notes", create),
    Endpoint("GET", "/credit_notes/{id}", show),
)
