"""What Qonto has of each resource of the contract, and what Maesn offers of it for Qonto. Facts.

A resource that isn't here is neither Qonto's nor Maesn's. Qonto's documentation: API reference, and
Webhooks (event types). Maesn's offer is as published in autumn 2026.
"""

from collections.abc import Mapping

from connector.capabilities import Action, Concept
from connector.providers.qonto.client import (
    BANK_ACCOUNTS,
    BENEFICIARIES,
    CLIENT_INVOICES,
    CLIENTS,
    CREDIT_NOTES,
    MEMBERSHIPS,
    PRODUCTS,
    QUOTES,
    SUPPLIER_INVOICES,
    TRANSACTIONS,
)
from connector.providers.qonto.session.downloads import READ_ATTACHMENTS

_READ: frozenset[Action] = frozenset({"read"})
_CREATE: frozenset[Action] = frozenset({"create"})
_UPDATE: frozenset[Action] = frozenset({"update"})
_DELETE: frozenset[Action] = frozenset({"delete"})
_WRITE = _CREATE | _UPDATE | _DELETE
_EVENTS: frozenset[Action] = frozenset({"webhook"})

_DRAFTS: Mapping[Action, str] = {
    "create": "as a draft",
    "update": "drafts only; finalizing, paying, cancelling and sending are calls of their own",
    "delete": "drafts only",
}
_LINES: Mapping[Action, str] = {
    "create": "by changing the draft they are on",
    "update": "by changing the draft they are on",
    "delete": "by changing the draft they are on",
}

CONCEPTS: Mapping[str, Concept] = {
    "asyncTask": Concept(why={"read": "long work of this service's own"}),
    "bankAccounts": Concept(
        "DDDDD",
        _READ | _WRITE | _EVENTS,
        (BANK_ACCOUNTS.scope,),
        {
            "create": "by its name alone",
            "update": "their name only",
            "delete": "an empty account is closed, which its owner approves in the bank's app",
        },
    ),
    "beneficiaries": Concept(
        "-----",
        _READ | _CREATE | _UPDATE,
        (BENEFICIARIES.scope,),
        {
            "create": "not trusted; off until the operator turns payments on for a vendor",
            "update": "not the account number",
            "delete": "Qonto's API deletes no beneficiaries",
            "webhook": "not offered",
        },
    ),
    "bills": Concept(
        "SD--D",
        _READ | _CREATE | _UPDATE,
        (SUPPLIER_INVOICES.scope,),
        {
            "create": "by uploading the document",
            "update": "their status only",
            "delete": "Qonto's API deletes no supplier invoices; reject it instead",
            "webhook": "polled: Qonto doesn't announce bills",
        },
    ),
    "billLines": Concept(
        "-----",
        _READ,
        (SUPPLIER_INVOICES.scope,),
        {
            "read": "an empty list: Qonto has no lines",
            "create": "Qonto reads bills from their files, without lines",
            "update": "Qonto reads bills from their files, without lines",
        },
    ),
    "bookingProposals": Concept(
        "SD--D",
        _READ | _EVENTS | _CREATE,
        (CLIENT_INVOICES.scope, SUPPLIER_INVOICES.scope),
        {
            "create": "by uploading a bill",
            "webhook": "from invoices that Qonto announces, and from polled bills and credit notes",
        },
    ),
    "contacts": Concept(
        "-----",
        _READ | _WRITE | _EVENTS,
        (CLIENTS.scope,),
        {"read": "customers, in the shape of contacts", "create": "one, or up to 50 at once"},
    ),
    "customers": Concept("DDDDD", _READ | _WRITE | _EVENTS, (CLIENTS.scope,)),
    "creditNotes": Concept(
        "D---D",
        _READ | _CREATE,
        (CREDIT_NOTES.scope,),
        {
            "create": "final at once",
            "update": "Qonto has no call for it",
            "delete": "Qonto has no call for it",
            "webhook": "polled: Qonto doesn't announce credit notes",
        },
    ),
    "dimensions": Concept(why={"read": "Qonto's labels are not mapped"}),
    "expenses": Concept(
        "DD--D",
        _READ | _EVENTS,
        (TRANSACTIONS.scope,),
        {
            "read": "card payments",
            "create": "an expense is a card payment",
            "webhook": "looked up when Qonto announces a transaction",
        },
    ),
    "files": Concept(
        "DD-DD",
        _READ | _CREATE | _DELETE,
        (READ_ATTACHMENTS,),
        {
            "read": "one by its id, or those of one transaction",
            "delete": "attachments of transactions only",
            "webhook": "Qonto doesn't announce files",
        },
    ),
    "invoices": Concept("SDDDS", _READ | _WRITE | _EVENTS, (CLIENT_INVOICES.scope,), _DRAFTS),
    "invoiceLines": Concept(
        "DDDDD",
        _READ | _WRITE,
        (CLIENT_INVOICES.scope,),
        {**_LINES, "webhook": "Qonto announces the invoice"},
    ),
    "items": Concept(
        "DDDD-",
        _READ | _EVENTS | _CREATE | _DELETE,
        (PRODUCTS.scope,),
        {"update": "Qonto has no call for it: delete the item and make another"},
    ),
    "offers": Concept(
        "DDDDD",
        _READ | _WRITE,
        (QUOTES.scope,),
        {
            "update": "while they wait for the customer's answer",
            "delete": "before they are sent",
            "webhook": "polled: Qonto doesn't announce quotes",
        },
    ),
    "offerLines": Concept(
        "DDDDD",
        _READ | _WRITE,
        (QUOTES.scope,),
        {
            "create": "by changing the quote they are on",
            "update": "by changing the quote they are on",
            "delete": "by changing the quote they are on",
            "webhook": "Qonto doesn't announce quotes",
        },
    ),
    "payments": Concept(
        "DDDDD",
        _READ | _EVENTS | _CREATE | _UPDATE | _DELETE,
        (CLIENT_INVOICES.scope, SUPPLIER_INVOICES.scope),
        {
            "read": "transfers, and what was paid on invoices and bills",
            "create": "a SEPA transfer; off until the operator turns payments on for a vendor",
            "update": "what waits for somebody is confirmed",
            "delete": "a transfer is cancelled",
            "webhook": "from invoices that Qonto announces, and from polled bills and transfers",
        },
    ),
    "suppliers": Concept(why={"read": "a name on bills, nothing of its own"}),
    "transactions": Concept("DDDDD", _READ | _EVENTS, (TRANSACTIONS.scope,)),
    "trialBalance": Concept(
        "D---D",
        _READ,
        (BANK_ACCOUNTS.scope,),
        {"read": "at best the balances of bank accounts: Qonto keeps no ledger"},
    ),
    "users": Concept(
        "DDDDD",
        _READ | _EVENTS | _CREATE,
        (MEMBERSHIPS.scope,),
        {"create": "an employee or accountant is invited"},
    ),
    "vendorCredits": Concept(
        "-----",
        _READ | _CREATE | _UPDATE,
        (SUPPLIER_INVOICES.scope,),
        {
            "read": "credit notes among supplier invoices",
            "create": "by uploading the document",
            "update": "their status only",
            "delete": "Qonto's API deletes no supplier invoices; reject it instead",
            "webhook": "Qonto doesn't announce bills",
        },
    ),
}
