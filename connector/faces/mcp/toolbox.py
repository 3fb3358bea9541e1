"""All tools: Qonto's billing tools and those that read, by its names, and those that are ours."""

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any, Protocol

from connector.api.operation import Operation
from connector.faces.mcp.acting import Acting
from connector.faces.mcp.bank import bank_tools
from connector.faces.mcp.listing import ClientArguments, Listed, UnpaidArguments
from connector.faces.mcp.operating import Served, operation_tool
from connector.faces.mcp.reading import Library, get_tool, list_tool
from connector.faces.mcp.tool import Hints, Tool
from connector.faces.mcp.writing import writing_tools
from connector.finding import CREDIT_NOTE, INVOICE, QUOTE, SUPPLIER_INVOICE
from connector.reading import Reading
from connector.registry import Registry
from connector.resources.credit_notes import CREDIT_NOTES
from connector.resources.customers import CUSTOMERS
from connector.resources.items import ITEMS
from connector.writing.writing import Writing

INVOICE_STATUSES: Mapping[str, Mapping[str, Any]] = {
    "draft": {"status": "DRAFT"},
    "unpaid": {"unpaid": True},
    "paid": {"payment_status": "PAID"},
    "canceled": {"payment_status": "CANCELED"},
}
_QUOTE_STATUSES: Mapping[str, Mapping[str, Any]] = {
    "pending_approval": {"status": "SENT"},
    "expired": {"status": "EXPIRED"},
    "approved": {"status": "ACCEPTED"},
    "canceled": {"status": "VOIDED"},
}
_BILL_STATUSES: Mapping[str, Mapping[str, Any]] = {
    "to_review": {"status": "SUBMITTED"},
    "unpaid": {"unpaid": True},
    "overdue": {"status": "OVERDUE"},
    "paid": {"payment_status": "PAID"},
    "rejected": {"payment_status": "CANCELED"},
}

OPERATED = (
    ("list_webhook_subscriptions", "listWebhooks"),
    ("list_webhook_deliveries", "listWebhookDeliveries"),
    ("get_webhook_delivery", "getWebhookDelivery"),
    ("replay_webhook_delivery", "replayWebhookDelivery"),
    ("start_webhook_replay", "startWebhookReplay"),
    ("get_webhook_replay", "getWebhookReplay"),
    ("list_sync_runs", "listSyncRuns"),
    ("start_sync", "startSync"),
    ("get_capabilities", "getCapabilities"),
)
"""Tools that are operations of the API, by their names."""

_SENT_AGAIN = Hints(is_idempotent=False, is_open=True)
_HINTS = {
    "replay_webhook_delivery": _SENT_AGAIN,
    "start_webhook_replay": _SENT_AGAIN,
    "start_sync": Hints(is_idempotent=True),
}


class Parts(Protocol):
    """What tools are made of."""

    @property
    def reading(self) -> Reading: ...

    @property
    def writing(self) -> Writing: ...

    @property
    def registry(self) -> Registry: ...


def toolbox(
    parts: Parts, today: Callable[[], date], served: Mapping[str, Served[Any]]
) -> Mapping[str, Tool[Any]]:
    """Return all tools by their names. `served` are operations, by theirs."""
    library = Library(parts.reading, today)
    tools = [
        *_documents(library),
        *writing_tools(library, Acting(parts.writing)),
        *bank_tools(library, parts.registry),
        *_operated(served),
    ]
    return {one.name: one for one in tools}


def _operated(served: Mapping[str, Served[Any]]) -> list[Tool[Any]]:
    return [
        operation_tool(name, served[operation], hints=_HINTS.get(name))
        for name, operation in OPERATED
    ]


def served_by(operations: Mapping[str, tuple[Operation[Any], Any]]) -> dict[str, Served[Any]]:
    """Return the operations that tools are made of, with what they are served with."""
    return {name: Served(*operations[name]) for _, name in OPERATED}


def _documents(library: Library) -> list[Tool[Any]]:
    invoices = Listed(INVOICE.resource, ClientArguments, INVOICE_STATUSES)
    quotes = Listed(QUOTE.resource, statuses=_QUOTE_STATUSES)
    bills = Listed(SUPPLIER_INVOICE.resource, UnpaidArguments, _BILL_STATUSES)
    return [
        list_tool(
            library,
            "list_client_invoices",
            invoices,
            "List invoices that the organisation issued, newest first, without their items: "
            "get_client_invoice has all of one.",
            kind=INVOICE,
        ),
        get_tool(
            library,
            "get_client_invoice",
            INVOICE.resource,
            "Read one invoice with its items and what lists leave out: what the law wants said, "
            "and the steps of an e-invoice.",
            kind=INVOICE,
        ),
        list_tool(
            library,
            "list_credit_notes",
            Listed(CREDIT_NOTES),
            "List credit notes that the organisation issued; `reference` is the id of the invoice.",
        ),
        get_tool(
            library, "get_credit_note", CREDIT_NOTES, "Read one credit note.", kind=CREDIT_NOTE
        ),
        list_tool(library, "list_quotes", quotes, "List quotes, which customers may accept."),
        get_tool(
            library,
            "get_quote",
            QUOTE.resource,
            "Read one quote. quote_url in `source` is where the customer sees it.",
            kind=QUOTE,
        ),
        list_tool(
            library,
            "list_supplier_invoices",
            bills,
            "List invoices received from suppliers, newest first. A status is looked for over the "
            "whole list. unpaid_for_days tells which have been unpaid for long.",
            kind=SUPPLIER_INVOICE,
        ),
        get_tool(
            library,
            "get_supplier_invoice",
            SUPPLIER_INVOICE.resource,
            "Read one supplier invoice. `source` has matched_transactions, approval_workflow and "
            "available_actions too.",
            kind=SUPPLIER_INVOICE,
        ),
        list_tool(
            library,
            "list_products",
            Listed(ITEMS),
            "List the catalogue of goods and services; an id is product_id of an item.",
        ),
        list_tool(library, "list_clients", Listed(CUSTOMERS), "List the customers."),
        get_tool(library, "get_client", CUSTOMERS, "Read one customer.", by_name=True),
    ]
