"""Actions on one supplier invoice. Bodies are wrapped, answers are not."""

from __future__ import annotations

from qonto_simulator.api import Call, Endpoint, Reply
from qonto_simulator.errors import refuse
from qonto_simulator.fields import Fields
from qonto_simulator.records.supplier_invoice import SupplierInvoice
from qonto_simulator.render.supplier_invoices import supplier_invoice
from qonto_simulator.rules import supplier_invoices as rules

from .supplier_invoices import find


def _answer(call: Call, bill: SupplierInvoice) -> Reply:
    document = call.shaped(supplier_invoice(bill, call.books.organisation.id))
    if call.quirks.wrapped_supplier_actions:
        return Reply(document={"supplier_invoice": document})
    return Reply(document=document)


async def _body(call: Call) -> Fields:
    """What is inside ``supplier_invoice``; anything beside it is not seen."""
    outer = Fields(await call.json(), "/{}".format)
    inner = outer.nested("supplier_invoice")
    outer.check()
    return inner or Fields({})


async def mark_as_paid(call: Call) -> Reply:
    bill, fields = find(call), await _body(call)
    day = fields.day("payment_date")
    fields.check()
    rules.mark_as_paid(call.books, bill, day, at=call.now)
    return _answer(call, bill)


async def unmark_as_paid(call: Call) -> Reply:
    bill = find(call)
    rules.unmark_as_paid(call.books, bill, at=call.now)
    return _answer(call, bill)


async def reject(call: Call) -> Reply:
    bill, fields = find(call), await _body(call)
    note = fields.text("declined_note", most=500) or ""
    reason = fields.text("declined_reason_code", most=40) or ""
    fields.check()
    if rules.needs_reason(call.books, bill):
        _check_reason(reason)
    rules.reject(call.books, bill, note, reason, at=call.now)
    return _answer(call, bill)


def _check_reason(reason: str) -> None:
    pointer = "/supplier_invoice/declined_reason_code"
    if not reason:
        detail = "declined_reason_code is required for a French e-invoice"
        raise refuse(422, "required", detail, pointer=pointer)
    if reason not in rules.REASONS:
        detail = f"declined_reason_code must be one of: {', '.join(rules.REASONS)}"
        raise refuse(422, "not_in_list", detail, pointer=pointer)


ENDPOINTS = (
    Endpoint("POST", "/supplier_invoices/{id}/mark_as_paid", mark_as_paid),
    Endpoint("POST", "/supplier_invoices/{id}/unmark_as_paid", unmark_as_paid),
    Endpoint("POST", "/supplier_invoices/{id}/reject", reject),
)
