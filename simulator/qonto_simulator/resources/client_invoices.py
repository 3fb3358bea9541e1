"""``/v2/client_invoices`` and the actions on one invoice."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

from qonto_simulator.api import Call, Endpoint, Handler, Reply, list_reply
from qonto_simulator.collection import Selection
from qonto_simulator.errors import Wording, not_found, refuse
from qonto_simulator.fields import Fields
from qonto_simulator.filters import day, flag, many, sorting, statuses, window
from qonto_simulator.paging import MOST_INVOICING, read_page
from qonto_simulator.records.client_invoice import ClientInvoice
from qonto_simulator.render.client_invoices import client_invoice
from qonto_simulator.render.common import Document
from qonto_simulator.rules import client_invoices as rules
from qonto_simulator.rules import einvoicing, mails

from .invoice_bodies import changed_invoice, new_invoice
from .mail_bodies import read_mail


def _find(call: Call) -> ClientInvoice:
    invoice = call.books.client_invoices.get(call.id)
    if invoice is None:
        raise not_found("client invoice")
    return invoice


def _one(call: Call, invoice: ClientInvoice) -> Document:
    document = client_invoice(invoice, call.books.organisation, call.world.base_url)
    return {"client_invoice": call.shaped(document)}


async def index(call: Call) -> Reply:
    """Newest first; imported invoices are hidden unless ``exclude_imported=false``."""
    query = call.request.query_params
    order, direction = sorting(query, ("created_at", "updated_at"), "created_at:desc")
    wanted: Selection[ClientInvoice] = Selection(
        statuses=statuses(query, "filter[status]", rules.STATUSES),
        created=window(query, "created_at"),
        updated=window(query, "updated_at"),
        where=_conditions(call),
        order="created_at" if order == "created_at" else "updated_at",
        descending=direction == "desc",
    )

    def render(invoice: ClientInvoice) -> Document:
        document = client_invoice(invoice, call.books.organisation, call.world.base_url)
        if call.quirks.list_omits_heavy:
            del document["organization"], document["einvoicing_lifecycle_events"]
        return document

    page = read_page(query, most=MOST_INVOICING)
    return list_reply(call, "client_invoices", call.books.client_invoices, wanted, page, render)


def _conditions(call: Call) -> tuple[Callable[[ClientInvoice], bool], ...]:
    query = call.request.query_params
    conditions: list[Callable[[ClientInvoice], bool]] = []
    if flag(query, "exclude_imported") is not False and call.books.has_imported:
        conditions.append(lambda invoice: not invoice.imported)
    numbers = many(query, "filter[number]")
    if numbers:
        conditions.append(lambda invoice: invoice.number in numbers)
    exact = day(query, "filter[due_date]")
    since, until = day(query, "filter[due_date_from]"), day(query, "filter[due_date_to]")
    if exact:
        conditions.append(lambda invoice: invoice.due_date == exact)
    if since:
        conditions.append(lambda invoice: bool(invoice.due_date and invoice.due_date >= since))
    if until:
        conditions.append(lambda invoice: bool(invoice.due_date and invoice.due_date <= until))
    return tuple(conditions)


async def show(call: Call) -> Reply:
    return Reply(document=_one(call, _find(call)))


async def create(call: Call) -> Reply:
    """A draft with ``"status": "draft"``; without a status the invoice is final at once."""
    fields, final = new_invoice(call, await call.json())
    invoice = rules.create(call.world, call.books, fields, final=final, at=call.now)
    return call.created(_one(call, invoice))


async def update(call: Call) -> Reply:
    """Changes a draft; fields that are not sent stay, as do its status and its currency."""
    invoice = _find(call)
    data = await call.json()
    rules.require_draft(invoice)
    fields = changed_invoice(call, invoice, data)
    rules.edit(call.world, call.books, invoice, fields, at=call.now)
    return Reply(document=_one(call, invoice))


async def delete(call: Call) -> Reply:
    rules.delete(call.books, _find(call), at=call.now)
    return Reply(204)


async def finalize(call: Call) -> Reply:
    invoice = rules.finalize(call.world, call.books, _find(call), at=call.now)
    return Reply(document=_one(call, invoice))


async def mark_as_paid(call: Call) -> Reply:
    """The body is optional: ``{"paid_at": "2026-11-20"}``, today by default."""
    invoice = _find(call)
    fields = Fields(await call.json())
    paid_at: date | None = fields.day("paid_at")
    fields.check()
    rules.mark_as_paid(call.world, call.books, invoice, paid_at, at=call.now)
    return Reply(document=_one(call, invoice))


async def unmark_as_paid(call: Call) -> Reply:
    invoice = rules.unmark_as_paid(call.world, call.books, _find(call), at=call.now)
    return Reply(document=_one(call, invoice))


async def mark_as_canceled(call: Call) -> Reply:
    invoice = rules.cancel(call.world, call.books, _find(call), at=call.now)
    return Reply(document=_one(call, invoice))


async def send(call: Call) -> Reply:
    """By e-mail, once it is final; the status stays as it is."""
    invoice = _find(call)
    rules.require_final(invoice)
    mail = await read_mail(call)
    mails.send(call.books, mail, "client_invoice", invoice.id, at=call.now)
    return Reply(204)


async def send_by_einvoice(call: Call) -> Reply:
    """Accepted, not yet delivered; the sandbox has no network to send it to."""
    invoice = _find(call)
    if call.world.sandbox:
        raise refuse(403, "unknown", "Unknown error")
    einvoicing.send(call.world, call.books, invoice, at=call.now)
    return Reply(204)


def _write(method: str, path: str, handle: Handler) -> Endpoint:
    return Endpoint(method, f"/client_invoices{path}", handle, wording=Wording.INVOICING)


def _plain(path: str, handle: Handler) -> Endpoint:
    """These refuse like the endpoints of other families."""
    return Endpoint("POST", f"/client_invoices{path}", handle)


ENDPOINTS = (
    Endpoint("GET", "/client_invoices", index),
    Endpoint("GET", "/client_invoices/{id}", show),
    _write("POST", "", create),
    _write("PATCH", "/{id}", update),
    _write("DELETE", "/{id}", delete),
    _write("POST", "/{id}/finalize", finalize),
    _plain("/{id}/mark_as_paid", mark_as_paid),
    _write("POST", "/{id}/unmark_as_paid", unmark_as_paid),
    _write("POST", "/{id}/mark_as_canceled", mark_as_canceled),
    _plain("/{id}/send", send),
    _write("POST", "/{id}/send_by_einvoice", send_by_einvoice),
)
