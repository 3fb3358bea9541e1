"""Tools that write: Qonto's billing tools, by the acts that resources declare."""

from collections.abc import Mapping
from typing import Any

from connector.faces.mcp.acting import Acting, ToolAct, WriteArguments
from connector.faces.mcp.arguments import ActOnOne, ForClient, ForInvoice, Renumbered
from connector.faces.mcp.inputs import Asked, Own, Worded
from connector.faces.mcp.making import (
    ANY,
    CHANGED,
    DRAFTS,
    LAST,
    MAILED,
    PENDING,
    act_tool,
    meant,
)
from connector.faces.mcp.pointing import ByNumber
from connector.faces.mcp.reading import Library
from connector.faces.mcp.requests import (
    CHANGED_INVOICE,
    CHANGED_QUOTE,
    MAIL,
    NEW_CREDIT_NOTE,
    NEW_INVOICE,
    NEW_PRODUCT,
    NEW_QUOTE,
)
from connector.faces.mcp.standing import standing_tools
from connector.faces.mcp.tool import Data, Hints, Tool, Who
from connector.faces.mcp.words import Words
from connector.finding import INVOICE, QUOTE, NumberedKind
from connector.ports import Query
from connector.resources.credit_notes import CREDIT_NOTES
from connector.resources.items import ITEMS
from storage.errors import FieldError, Invalid


def writing_tools(library: Library, acting: Acting) -> list[Tool[Any]]:
    """Return the billing tools that write."""
    return [
        _create(library, acting, "create_client_invoice", INVOICE, NEW_INVOICE, _INVOICE_MADE),
        _change(library, acting, "update_client_invoice", INVOICE, CHANGED_INVOICE, DRAFTS),
        _delete(library, acting, "delete_client_invoice", INVOICE, DRAFTS, _INVOICE_GONE),
        _send(library, acting, "send_client_invoice", INVOICE, ANY, _INVOICE_SENT),
        _credit_note(library, acting),
        _create(library, acting, "create_quote", QUOTE, NEW_QUOTE, _QUOTE_MADE),
        _change(library, acting, "update_quote", QUOTE, CHANGED_QUOTE, PENDING),
        _delete(library, acting, "delete_quote", QUOTE, PENDING, _QUOTE_GONE),
        _send(library, acting, "send_quote", QUOTE, PENDING, _QUOTE_SENT),
        _product(acting),
        *standing_tools(library, acting),
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

    return act_tool(name, description, act, Worded(ForClient, words), run, Hints())


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
        id = await meant(library, who, kind, told, fitting)
        return await acting.do(who, act, asked.own, id=id, body=body)

    return act_tool(name, _said(act), act, Worded(Renumbered, words), run, CHANGED)


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
        id = await meant(library, who, kind, asked, fitting)
        return await acting.do(who, act, asked, id=id)

    return act_tool(name, description, act, Own(ActOnOne), run, LAST)


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
        id = await meant(library, who, kind, asked.own, fitting)
        return await acting.do(who, act, asked.own, id=id, body=body)

    return act_tool(name, description, act, Worded(ActOnOne, MAIL), run, MAILED)


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
    return act_tool("create_credit_note", description, act, words, run, LAST)


def _product(acting: Acting) -> Tool[Asked[WriteArguments]]:
    act = ToolAct(ITEMS, "create")

    async def run(who: Who, asked: Asked[WriteArguments]) -> Data:
        return await acting.do(who, act, asked.own, body=asked.body())

    description = (
        "Add a good or a service to the catalogue, for items of invoices, quotes and credit notes."
    )
    words = Worded(WriteArguments, NEW_PRODUCT)
    return act_tool("create_product", description, act, words, run, Hints())


def _said(act: ToolAct) -> str:
    return f"{act.write.summary}. {act.write.description}".strip()


def _not_both(given: Mapping[str, Any], one: str, other: str) -> None:
    if given.get(one) is not None:
        message = f"Use {one} or {other}, not both."
        raise Invalid(message, [FieldError(name, "ONE_OF", message) for name in (one, other)])
