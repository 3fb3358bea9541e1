"""``/v2/recurring_invoices`` and ``/v2/reminders``, to read."""

from __future__ import annotations

from qonto_simulator.api import Call, Endpoint, Reply, list_reply
from qonto_simulator.collection import Selection
from qonto_simulator.errors import not_found
from qonto_simulator.filters import many
from qonto_simulator.paging import MOST_INVOICING, read_page
from qonto_simulator.records.recurring import RecurringInvoice, Reminder
from qonto_simulator.render.recurring import recurring_invoice, reminder


async def invoices(call: Call) -> Reply:
    """The newest first."""
    wanted: Selection[RecurringInvoice] = Selection()
    page = read_page(call.request.query_params, most=MOST_INVOICING)
    rows = call.books.recurring_invoices
    return list_reply(call, "recurring_invoices", rows, wanted, page, recurring_invoice)


async def invoice(call: Call) -> Reply:
    one = call.books.recurring_invoices.get(call.id)
    if one is None:
        raise not_found("recurring invoice")
    return Reply(document={"recurring_invoice": call.shaped(recurring_invoice(one))})


async def reminders(call: Call) -> Reply:
    """One per client that has any; ``client_ids`` says which."""
    query = call.request.query_params
    clients = [*many(query, "client_ids"), *many(query, "filter[client_ids]")]
    wanted: Selection[Reminder] = Selection(
        where=(lambda one: one.client_id in clients,) if clients else ()
    )
    page = read_page(query, most=MOST_INVOICING)
    return list_reply(call, "reminders", call.books.reminders, wanted, page, reminder)


async def one_reminder(call: Call) -> Reply:
    one = call.books.reminders.get(call.id)
    if one is None:
        raise not_found("reminder")
    return Reply(document={"reminder": call.shaped(reminder(one))})


ENDPOINTS = (
    Endpoint("GET", "/recurring_invoices", invoices),
    Endpoint("GET", "/recurring_invoices/{id}", invoice),
    Endpoint("GET", "/reminders", reminders),
    Endpoint("GET", "/reminders/{id}", one_reminder),
)
