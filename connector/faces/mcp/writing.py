"""Tools that write: Qonto's billing tools, by the acts that resources declare."""

from collections.abc import Mapping
from typing import Any, Literal

from pydantic import Field

from connector.api.operation import Permission
from connector.faces.mcp.acting import ActArguments, Acting, ToolAct, WriteArguments, written
from connector.faces.mcp.inputs import Asked, Own, Worded
from connector.faces.mcp.pointing import ByNumber, Text, Uuid, pointed_at
from connector.faces.mcp.reading import Library
from connector.faces.mcp.requests import (
    CHANGED_INVOICE,
    CHANGED_QUOTE,
    MAIL,
    NEW_CREDIT_NOTE,
    NEW_INVOICE,
    NEW_PRODUCT,
    NEW_QUOTE,
    PAID,
)
from connector.faces.mcp.tool import Data, Hints, Tool, Who
from connector.faces.mcp.words import Words
from connector.finding import EVERY, INVOICE, QUOTE, SUPPLIER_INVOICE, NumberedKind
from connector.ports import Query
from connector.resources.credit_notes import CREDIT_NOTES
from connector.resources.items import ITEMS
from connector.writing.requests.bill import RejectionRequest
from connector.writing.requests.invoice import PaidRequest
from storage.errors import FieldError, Invalid

DRAFTS = Query(status="DRAFT"), "draft"
UNPAID = Query(unpaid=True), "unpaid"
PENDING = Query(status="SENT"), "pending"
ANY = EVERY, ""

_LAST = Hints(is_destructive=True, is_idempotent=False)
_MAILED = Hints(is_destructive=True, is_idempotent=False, is_open=True)
_CHANGED = Hints(is_destructive=True, is_idempotent=True)


class ForClient(WriteArguments):
    __doc__ = "A document for a customer, by the id or the name."

    client_name: Text | None = Field(
        None, description="Instead of client_id: the customer's name, or a part of it."
    )


class ForInvoice(ActArguments):
    __doc__ = "A credit note for an invoice, by its id or its number."

    invoice_number: Text | None = Field(
        None, description="Instead of invoice_id: the number on it, such as INV-2026-042."
    )


class ChangeArguments(ByNumber, WriteArguments):
    __doc__ = "A change of a document."


class Renumbered(WriteArguments):
    __doc__ = "A change of a document whose number may be changed too."

    id: Uuid | None = Field(None, description="Its id, a UUID. Or use of_number, or latest_of.")
    of_number: Text | None = Field(
        None, description="Instead of the id: the number on it until now."
    )
    latest_of: Text | None = Field(
        None,
        description="Instead of the id: the customer's name, whose latest one that can be changed.",
    )


class ActOnOne(ByNumber, ActArguments):
    __doc__ = "What can't be undone, to a document."


class InvoiceStatus(ActOnOne):
    __doc__ = "A change of an invoice's status."

    action: Literal["finalize", "cancel"] = Field(
        description=(
            "finalize: a draft gets its legal number and is locked. cancel: an unpaid one is "
            "canceled. Neither can be undone."
        )
    )


class BillStatus(ActOnOne):
    __doc__ = "A change of a supplier invoice's status."

    action: Literal["reject", "mark_as_paid", "unmark_as_paid"] = Field(
        description=(
            "reject: for good. mark_as_paid: says that it was paid, and moves no money. "
            "unmark_as_paid: undoes that."
        )
    )
    paid_at: Text | None = Field(
        None, description="With mark_as_paid: the day, such as 2026-05-20; today without."
    )
    declined_note: str | None = Field(None, description="With reject: why.")
    declined_reason_code: str | None = Field(
        None, description="With reject: the code that a French e-invoice needs, such as DOUBLON."
    )


def writing_tools(library: Library, acting: Acting) -> list[Tool[Any]]:
    """Return the billing tools that write."""
    return [
        _create(library, acting, "create_client_invoice", INVOICE, NEW_INVOICE, _INVOICE_MADE),
        _change(library, acting, "update_client_invoice", INVOICE, CHANGED_INVOICE, DRAFTS),
        _delete(library, acting, "delete_client_invoice", INVOICE, DRAFTS, _INVOICE_GONE),
        _invoice_status(library, acting),
        _mark_as_paid(library, acting),
        _send(library, acting, "send_client_invoice", INVOICE, ANY, _INVOICE_SENT),
        _credit_note(library, acting),
        _create(library, acting, "create_quote", QUOTE, NEW_QUOTE, _QUOTE_MADE),
        _change(library, acting, "update_quote", QUOTE, CHANGED_QUOTE, PENDING),
        _delete(library, acting, "delete_quote", QUOTE, PENDING, _QUOTE_GONE),
        _send(library, acting, "send_quote", QUOTE, PENDING, _QUOTE_SENT),
        _bill_status(library, acting),
        _product(acting),
    ]


_INVOICE_MADE = (
    "Make an invoice, always as a draft: change_client_invoice_status finalizes it. The customer "
    "needs a currency, and payment_methods.iban is one of the organisation's own."
)
_INVOICE_GONE = "Delete a draft. A finalized invoice is canceled instead, or credited."
_INVOICE_SENT = "Send an invoice by e-mail. Its status stays as it is."
_QUOTE_MADE = (
    "Make a quote. Quotes have no drafts: it is pending_approval at once, and the customer sees it "
    "when it is sent. An item with vat_rate 0 needs a vat_exemption_code."
)
_QUOTE_GONE = "Delete a quote for good, which can be done until it was sent."
_QUOTE_SENT = (
    "Send a quote by e-mail. Quotes have no drafts: where somebody speaks of a draft, one that is "
    "pending_approval is meant, and latest_of takes the latest of those. Its status stays."
)


def _create(
    library: Library, acting: Acting, name: str, kind: NumberedKind, words: Words, description: str
) -> Tool[Asked[ForClient]]:
    act = ToolAct(kind.resource, "create")

    async def run(who: Who, asked: Asked[ForClient]) -> Data:
        found: dict[str, str] = {}
        if asked.own.client_name is not None:
            _not_both(asked.given, "client_id", "client_name")
            customer = await library.finding.customer(who.account, asked.own.client_name)
            found = {"contactId": customer}
        return await acting.do(who, act, asked.own, body=asked.body(**found))

    return _tool(name, description, act, Worded(ForClient, words), run, Hints())


def _change(
    library: Library,
    acting: Acting,
    name: str,
    kind: NumberedKind,
    words: Words,
    fitting: tuple[Query, str],
) -> Tool[Asked[Renumbered]]:
    act = ToolAct(kind.resource, "update")

    async def run(who: Who, asked: Asked[Renumbered]) -> Data:
        body = asked.body()
        own = asked.own
        told = ByNumber(id=own.id, number=own.of_number, latest_of=own.latest_of)
        id = await _meant(library, who, kind, told, fitting)
        return await acting.do(who, act, asked.own, id=id, body=body)

    return _tool(name, _said(act), act, Worded(Renumbered, words), run, _CHANGED)


def _delete(
    library: Library,
    acting: Acting,
    name: str,
    kind: NumberedKind,
    fitting: tuple[Query, str],
    description: str,
) -> Tool[ActOnOne]:
    act = ToolAct(kind.resource, "delete")

    async def run(who: Who, asked: ActOnOne) -> Data:
        id = await _meant(library, who, kind, asked, fitting)
        return await acting.do(who, act, asked, id=id)

    return _tool(name, description, act, Own(ActOnOne), run, _LAST)


def _invoice_status(library: Library, acting: Acting) -> Tool[InvoiceStatus]:
    acts = {one: ToolAct(INVOICE.resource, one) for one in ("finalize", "cancel")}
    fitting = {"finalize": DRAFTS, "cancel": UNPAID}

    async def run(who: Who, asked: InvoiceStatus) -> Data:
        id = await _meant(library, who, INVOICE, asked, fitting[asked.action])
        return await acting.do(who, acts[asked.action], asked, id=id)

    description = "Finalize a draft of an invoice, or cancel an unpaid one. There is no other way."
    name = "change_client_invoice_status"
    return _tool(
        name, description, acts["finalize"], Own(InvoiceStatus, {"status": "action"}), run, _LAST
    )


def _mark_as_paid(library: Library, acting: Acting) -> Tool[Asked[ChangeArguments]]:
    act = ToolAct(INVOICE.resource, "markAsPaid")

    async def run(who: Who, asked: Asked[ChangeArguments]) -> Data:
        body = asked.body()
        id = await _meant(library, who, INVOICE, asked.own, UNPAID)
        return await acting.do(who, act, asked.own, id=id, body=body)

    description = (
        "Mark an unpaid invoice as paid on paid_at, today without. Of a paid one only the day "
        "changes. No money is moved."
    )
    name = "mark_client_invoice_as_paid"
    return _tool(name, description, act, Worded(ChangeArguments, PAID), run, _CHANGED)


def _send(
    library: Library,
    acting: Acting,
    name: str,
    kind: NumberedKind,
    fitting: tuple[Query, str],
    description: str,
) -> Tool[Asked[ActOnOne]]:
    act = ToolAct(kind.resource, "send")

    async def run(who: Who, asked: Asked[ActOnOne]) -> Data:
        body = asked.body()
        id = await _meant(library, who, kind, asked.own, fitting)
        return await acting.do(who, act, asked.own, id=id, body=body)

    return _tool(name, description, act, Worded(ActOnOne, MAIL), run, _MAILED)


def _credit_note(library: Library, acting: Acting) -> Tool[Asked[ForInvoice]]:
    act = ToolAct(CREDIT_NOTES, "create")

    async def run(who: Who, asked: Asked[ForInvoice]) -> Data:
        found: dict[str, str] = {}
        number = asked.own.invoice_number
        if number is not None:
            _not_both(asked.given, "invoice_id", "invoice_number")
            found = {"invoiceId": await library.finding.by_number(who.account, INVOICE, number)}
        return await acting.do(who, act, asked.own, body=asked.body(**found))

    description = (
        "Make a credit note for a finalized invoice, in its currency: final at once. All credit "
        "notes of an invoice together never come to more than it does. Amounts are positive."
    )
    words = Worded(ForInvoice, NEW_CREDIT_NOTE)
    return _tool("create_credit_note", description, act, words, run, _LAST)


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
        id = await _meant(library, who, SUPPLIER_INVOICE, asked, fitting[asked.action])
        return await acting.do(who, acts[asked.action], asked, id=id, body=body)

    description = (
        "Mark a supplier invoice as paid, undo that, or reject it for good. `number` is the "
        "supplier's number. Only what Qonto offers in available_actions can be done."
    )
    name = "change_supplier_invoice_status"
    return _tool(name, description, acts["reject"], Own(BillStatus, _BILL_NAMES), run, _LAST)


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


def _product(acting: Acting) -> Tool[Asked[WriteArguments]]:
    act = ToolAct(ITEMS, "create")

    async def run(who: Who, asked: Asked[WriteArguments]) -> Data:
        return await acting.do(who, act, asked.own, body=asked.body())

    description = (
        "Add a good or a service to the catalogue, for items of invoices, quotes and credit notes."
    )
    words = Worded(WriteArguments, NEW_PRODUCT)
    return _tool("create_product", description, act, words, run, Hints())


async def _meant(
    library: Library, who: Who, kind: NumberedKind, told: ByNumber, fitting: tuple[Query, str]
) -> str:
    query, said = fitting
    return await pointed_at(library.finding, who.account, kind, told, query, said)


def _tool(
    name: str, description: str, act: ToolAct, input: Any, run: Any, hints: Hints
) -> Tool[Any]:
    return Tool(
        name=name,
        title=name.replace("_", " ").capitalize(),
        description=description,
        permission=Permission(act.write.permission),
        input=input,
        output=written(act.resource.model),
        run=run,
        hints=hints,
    )


def _said(act: ToolAct) -> str:
    return f"{act.write.summary}. {act.write.description}".strip()


def _not_both(given: Mapping[str, Any], one: str, other: str) -> None:
    if given.get(one) is not None:
        message = f"Use {one} or {other}, not both."
        raise Invalid(message, [FieldError(name, "ONE_OF", message) for name in (one, other)])
