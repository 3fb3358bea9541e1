"""Sending an invoice through the e-invoicing network, and what comes back.

Accepted at once; submitted, issued and received follow by themselves. The status of the invoice
itself does not change. The network exists in production only.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import partial

from qonto_simulator.errors import refuse
from qonto_simulator.records.client_invoice import (
    ClientInvoice,
    LifecycleEvent,
)
from qonto_simulator.world import Books, World

from .client_invoices import tell

_STEPS = ((200, 2.0), (201, 15.0), (202, 40.0))
"""Lifecycle codes and the seconds after which they come."""

_STATUS = {
    200: "submitted",
    201: "submitted",
    202: "submitted",
    205: "approved",
    210: "declined",
    213: "submission_failed",
}


def send(world: World, books: Books, invoice: ClientInvoice, *, at: datetime) -> None:
    """Hands the invoice to the network; a second call changes nothing."""
    if invoice.status == "draft":
        raise refuse(412, "forbidden_invoice_update", "a draft can't be sent")
    if books.organisation.einvoicing_sending != "enabled":
        raise refuse(422, "invalid", "e-invoicing must be activated first")
    if not invoice.is_structured:
        detail = "only an invoice with structured data can be sent: Factur-X, UBL or CII"
        raise refuse(422, "invalid", detail)
    if not invoice.client.e_invoicing_reachable:
        detail = "the client can't be reached by e-invoicing"
        raise refuse(412, "recipient_not_reachable_on_einvoicing", detail)
    if invoice.einvoicing_status is not None:
        return
    invoice.einvoicing_status = "pending"
    books.client_invoices.save(invoice, at)
    tell(world, books, invoice, "updated", at)
    for code, seconds in _STEPS:
        due = at + timedelta(seconds=seconds)
        world.agenda.at(due, partial(progress, world, books, invoice, code, ""))


def progress(
    world: World,
    books: Books,
    invoice: ClientInvoice,
    code: int,
    reason: str,
    at: datetime,
) -> None:
    """One step on the way, by the French status codes 200 to 214."""
    invoice.lifecycle.append(LifecycleEvent(code, at, reason, reason))
    invoice.einvoicing_status = _STATUS.get(code, invoice.einvoicing_status)
    books.client_invoices.save(invoice, max(at, invoice.updated_at))
    tell(world, books, invoice, "updated", at)
