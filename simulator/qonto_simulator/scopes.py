"""OAuth scopes, as the authorization server spells them, and what the consent page says of each.

The spelling is irregular on purpose: ``client_invoices.read`` but ``client_invoice.write``. The
page on available scopes of Qonto's documentation lists them.
"""

from __future__ import annotations

from typing import Final

DESCRIPTIONS: Final[dict[str, str]] = {
    "offline_access": "Stay connected when you are away",
    "openid": "Know that it is you",
    "organization.read": "See your organisation, accounts, balances and transactions",
    "membership.read": "See your own profile in the organisation",
    "membership.write": "Invite people to the organisation",
    "attachment.read": "Download attachments and invoice files",
    "attachment.write": "Upload attachments",
    "bank_account.write": "Open, change and close accounts",
    "beneficiary.trust": "Trust beneficiaries, so that transfers to them need no confirmation",
    "internal_transfer.write": "Move money between your accounts",
    "payment.write": "Prepare SEPA transfers and manage beneficiaries",
    "international_transfer.write": "Prepare international transfers",
    "client.read": "See your clients",
    "client.write": "Create and change clients",
    "client_invoices.read": "See your client invoices, quotes and credit notes",
    "client_invoice.write": "Create and change client invoices, quotes and credit notes",
    "supplier_invoice.read": "See your supplier invoices",
    "supplier_invoice.write": "Add and process supplier invoices",
    "product.read": "See your product catalogue",
    "product.write": "Change your product catalogue",
    "einvoicing.read": "See your e-invoicing settings",
    "request_review.write": "Approve and decline requests",
    "request_cards.write": "Ask for cards",
    "request_transfers.write": "Ask for transfers",
    "team.read": "See your teams",
    "team.write": "Create teams",
    "card.read": "See your cards",
    "card.write": "Manage your cards",
    "insurance_contract.read": "See your insurance contracts",
    "insurance_contract.write": "Manage your insurance contracts",
    "payment_link.read": "See your payment links",
    "payment_link.write": "Create payment links",
    "sepa_direct_debit.read": "See your direct debits",
    "sepa_direct_debit.write": "Manage your direct debits",
    "terminal.read": "See your payment terminals",
    "terminal.write": "Manage your payment terminals",
    "webhook": "Be told when something changes",
}

ALL: Final = frozenset(DESCRIPTIONS)
RESERVED: Final = frozenset({"beneficiary.trust"})
"""For applications that automate a business's own operations, and for Embed partners."""


def split(text: str) -> tuple[str, ...]:
    """The scopes of a space separated list, each once, in their order."""
    return tuple(dict.fromkeys(text.split()))


def allowed(*, may_trust: bool) -> frozenset[str]:
    """What an application may ask for."""
    return ALL if may_trust else ALL - RESERVED


def refused(asked: tuple[str, ...], allowed: frozenset[str]) -> str | None:
    """The first scope that the authorization server doesn't grant to this kind of client."""
    return next((scope for scope in asked if scope not in allowed), None)
