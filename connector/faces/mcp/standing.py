"""Tools that change where documents stand: finalized, canceled, paid, rejected."""

from typing import Any

from connector.faces.mcp.acting import Acting, ToolAct
from connector.faces.mcp.arguments import BillStatus, ChangeArguments, InvoiceStatus
from connector.faces.mcp.inputs import Asked, Own, Worded
from connector.faces.mcp.making import CHANGED, DRAFTS, LAST, UNPAID, act_tool, meant
from connector.faces.mcp.reading import Library
from connector.faces.mcp.requests import PAID
from connector.faces.mcp.tool import Data, Tool, Who
from connector.finding import INVOICE, SUPPLIER_INVOICE
from connector.ports import Query
from connector.writing.requests.bill import RejectionRequest
from connector.writing.requests.invoice import PaidRequest
from storage.errors import Invalid


def standing_tools(library: Library, acting: Acting) -> list[Tool[Any]]:
    """Return the tools that change where documents stand."""
    return [
        _invoice_status(library, acting),
        _mark_as_paid(library, acting),
        _bill_status(library, acting),
    ]


def _invoice_status(library: Library, acting: Acting) -> Tool[InvoiceStatus]:
    acts = {one: ToolAct(INVOICE.resource, one) for one in ("finalize", "cancel")}
    fitting = {"finalize": DRAFTS, "cancel": UNPAID}

    async def run(who: Who, asked: InvoiceStatus) -> Data:
        id = await meant(library, who, INVOICE, asked, fitting[asked.action])
        return await acting.do(who, acts[asked.action], asked, id=id)

    description = "Finalize a draft of an invoice, or cancel an unpaid one. There is no other way."
    name = "change_client_invoice_status"
    return act_tool(
        name, description, acts["finalize"], Own(InvoiceStatus, {"status": "action"}), run, LAST
    )


def _mark_as_paid(library: Library, acting: Acting) -> Tool[Asked[ChangeArguments]]:
    act = ToolAct(INVOICE.resource, "markAsPaid")

    async def run(who: Who, asked: Asked[ChangeArguments]) -> Data:
        body = asked.body()
        id = await meant(library, who, INVOICE, asked.own, UNPAID)
        return await acting.do(who, act, asked.own, id=id, body=body)

    description = (
        "Mark an unpaid invoice as paid on paid_at, today without. Of a paid one only the day "
        "changes. No money is moved."
    )
    name = "mark_client_invoice_as_paid"
    return act_tool(name, description, act, Worded(ChangeArguments, PAID), run, CHANGED)


def _bill_status(library: Library, acting: Acting) -> Tool[BillStatus]:
    resource = SUPPLIER_INVOICE.resource
    acts = {
        "reject": ToolAct(resource, "reject"),
        "mark_as_paid": ToolAct(resource, "markAsPaid"),
        "unmark_as_paid": ToolAct(resource, "unmarkAsPaid"),
    }
    paid = Query(payment_status="PAID"), "paid"
    fitting = {"reject": UNPAID, "mark_as_paid": UNPAID, "unmark_as_paid": paid}

    async def run(who: Who, asked: BillStatus) -> Data:
        body = _bill_request(asked)
        id = await meant(library, who, SUPPLIER_INVOICE, asked, fitting[asked.action])
        return await acting.do(who, acts[asked.action], asked, id=id, body=body)

    description = (
        "Mark a supplier invoice as paid, undo that, or reject it for good. `number` is the "
        "supplier's number. Only what Qonto offers in available_actions can be done."
    )
    name = "change_supplier_invoice_status"
    return act_tool(name, description, acts["reject"], Own(BillStatus, _BILL_NAMES), run, LAST)


_BILL_NAMES = {
    "paidDate": "paid_at",
    "note": "declined_note",
    "reasonCode": "declined_reason_code",
    "status": "action",
}


def _bill_request(asked: BillStatus) -> Any:
    """Return the request of a supplier invoice's act. Raises Invalid for another act's words."""
    mine = {"reject": ("declined_note", "declined_reason_code"), "mark_as_paid": ("paid_at",)}
    for action, names in mine.items():
        for name in names:
            if getattr(asked, name) is not None and action != asked.action:
                raise Invalid.one(name, "NOT_ALLOWED", f"{name} goes with {action} alone.")
    match asked.action:
        case "reject":
            note, code = asked.declined_note, asked.declined_reason_code
            return RejectionRequest(note=note, reason_code=code)
        case "mark_as_paid":
            return PaidRequest(paid_date=asked.paid_at)
        case _:
            return None
