"""``/v2/recurring_invoices``, to read: only the app makes them."""

from __future__ import annotations

from qonto_simulator.api import Call, Endpoint, Reply, list_reply
from qonto_simulator.collection import Selection
from qonto_simulator.errors import not_found
from qonto_simulator.paging import MOST_INVOICING, read_page
from qonto_simulator.records.recurring import RecurringInvoice
from qonto_simulator.render.recurring import recurring_invoice


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


ENDPOINTS = (
    Endpoint("GET", "/recurring_invoices", invoices),
    Endpoint("GET", "/recurring_invoices/{id}", invoice),
)
