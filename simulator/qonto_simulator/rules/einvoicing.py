"""Sending documents through the e-invoicing network, and what comes back.

Accepted at once; deposited, issued and received follow by themselves, then what the quirk
``buyer_answer`` says. The status of the invoice itself does not change. The network exists in
production only.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import partial

from qonto_simulator.errors import refuse
from qonto_simulator.records.client import Client
from qonto_simulator.records.client_invoice import ClientInvoice, LifecycleEvent
from qonto_simulator.records.credit_note import CreditNote
from qonto_simulator.world import Books, World

from .client_invoices import tell
from .lifecycle import NEED_REASON, RECEIVED, may_follow, status_after
from .reachability import is_reachable, is_registered

_STEPS = ((200, 2.0), (201, 15.0), (RECEIVED, 40.0))
"""Lifecycle codes and the seconds after which they come."""

_OTHER = "AUTRE"
"""The reason that a buyer gives who answers by the quirk."""

Document = ClientInvoice | CreditNote


def send(world: World, books: Books, invoice: ClientInvoice, *, at: datetime) -> None:
    """Hands the invoice to the network; a second call changes nothing."""
    if invoice.status == "draft":
        raise refuse(412, "forbidden_invoice_update", "a draft can't be sent")
    if invoice.einvoicing_status is not None:
        return
    if invoice.status == "canceled":
        raise refuse(412, "forbidden_invoice_update", "a canceled invoice can't be sent")
    if books.organisation.einvoicing_sending != "enabled":
        raise refuse(422, "invalid", "e-invoicing must be activated first")
    if not is_registered(world.directory, books.organisation):
        raise refuse(422, "invalid", "the company must be in the e-invoicing directory first")
    if not invoice.is_structured:
        detail = "only an invoice with structured data can be sent: Factur-X, UBL or CII"
        raise refuse(422, "invalid", detail)
    if not is_reachable(world.directory, _recipient(books, invoice)):
        detail = "the client can't be reached by e-invoicing"
        raise refuse(412, "recipient_not_reachable_on_einvoicing", detail)
    _submit(world, books, invoice, at)
    tell(world, books, invoice, "updated", at)


def _recipient(books: Books, invoice: ClientInvoice) -> Client:
    """The client as it is now, as its address may have come after the invoice.

    A file from elsewhere names its recipient itself, and a client may be deleted by now.
    """
    known = None if invoice.imported else books.clients.get(invoice.client.id)
    return known or invoice.client


def follow(world: World, books: Books, invoice: ClientInvoice, note: CreditNote) -> None:
    """Sends a credit note after its invoice, if that has got as far as the network."""
    organisation = books.organisation
    if (
        world.sandbox
        or invoice.einvoicing_status in (None, "submission_failed")
        or organisation.einvoicing_sending != "enabled"
        or not is_registered(world.directory, organisation)
    ):
        return
    _submit(world, books, note, note.created_at)


def _submit(world: World, books: Books, document: Document, at: datetime) -> None:
    document.einvoicing_status = "pending"
    _save(books, document, at)
    for code, seconds in _STEPS:
        due = at + timedelta(seconds=seconds)
        world.agenda.at(due, partial(_arrive, world, books, document, code))


def _arrive(world: World, books: Books, document: Document, code: int, at: datetime) -> None:
    """A step that was due, unless something else has come before it."""
    if not may_follow(_codes(document), code):
        return
    reason = _OTHER if code in NEED_REASON else ""
    _take_step(world, books, document, LifecycleEvent(code, at, reason, reason))
    answer = world.quirks.buyer_answer
    if code == RECEIVED and answer is not None:
        due = at + timedelta(seconds=world.quirks.buyer_answer_delay)
        world.agenda.at(due, partial(_arrive, world, books, document, answer))


def progress(world: World, books: Books, document: Document, event: LifecycleEvent) -> None:
    """One step on the way; ``ValueError`` for one that can't come now."""
    codes, code = _codes(document), event.status_code
    if document.einvoicing_status is None:
        raise ValueError("this document was not sent by e-invoice")
    if not may_follow(codes, code):
        raise ValueError(f"{code} can't follow {codes[-1] if codes else 'nothing'}")
    if code in NEED_REASON and not event.reason:
        raise ValueError(f"reason is required for {code}")
    _take_step(world, books, document, event)


def _take_step(world: World, books: Books, document: Document, event: LifecycleEvent) -> None:
    document.lifecycle.append(event)
    document.einvoicing_status = status_after(_codes(document), document.einvoicing_status or "")
    _save(books, document, max(event.timestamp, document.updated_at))
    if isinstance(document, ClientInvoice):
        tell(world, books, document, "updated", event.timestamp)


def _codes(document: Document) -> list[int]:
    return [one.status_code for one in document.lifecycle]


def _save(books: Books, document: Document, at: datetime) -> None:
    if isinstance(document, ClientInvoice):
        books.client_invoices.save(document, at)
    else:
        books.credit_notes.save(document, at)
