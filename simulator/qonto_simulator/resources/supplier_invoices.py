"""``/v2/supplier_invoices``: lists with many filters, and single documents."""

from __future__ import annotations

from qonto_simulator.api import Call, Endpoint, Reply, list_reply
from qonto_simulator.errors import not_found
from qonto_simulator.paging import read_page
from qonto_simulator.records.supplier_invoice import SupplierInvoice
from qonto_simulator.render.supplier_invoices import supplier_invoice

from .supplier_filters import selection

PER_PAGE = 25


def find(call: Call) -> SupplierInvoice:
    bill = call.books.supplier_invoices.get(call.id)
    if bill is None:
        raise not_found("supplier invoice")
    return bill


async def index(call: Call) -> Reply:
    """Newest first unless statuses say otherwise; 25 to a page unless asked for more."""
    query = call.request.query_params
    wanted = selection(query, call.now)
    page, organisation_id = read_page(query, default=PER_PAGE), call.books.organisation.id
    return list_reply(
        call,
        "supplier_invoices",
        call.books.supplier_invoices,
        wanted,
        page,
        lambda bill: supplier_invoice(bill, organisation_id),
    )


async def show(call: Call) -> Reply:
    document = supplier_invoice(find(call), call.books.organisation.id)
    return Reply(document={"supplier_invoice": call.shaped(document)})


ENDPOINTS = (
    Endpoint("GET", "/supplier_invoices", index),
    Endpoint("GET", "/supplier_invoices/{id}", show),
)
