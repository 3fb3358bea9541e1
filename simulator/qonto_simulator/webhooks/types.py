"""The event types that can be subscribed to, and the read scope that each one needs.

There is none for supplier invoices, quotes and credit notes.
"""

from __future__ import annotations

from typing import Final

SCOPES: Final[dict[str, str | None]] = {
    "v1/transactions": "organization.read",
    "v1/accounts": "organization.read",
    "v1/organizations": "organization.read",
    "v1/memberships": None,
    "v1/consent-revocations": None,
    "v1/cards": "card.read",
    "v1/payment-links": "payment_link.read",
    "v1/payment-links-connections": "payment_link.read",
    "v1/beneficiaries": "organization.read",
    "v1/client-invoices": "client_invoices.read",
    "v1/terminal-payments": "terminal.read",
    "v1/clients": "organization.read",
    "v1/products": "organization.read",
    "v1/sepa-direct-debit-mandates": "sepa_direct_debit.read",
    "v1/sepa-direct-debit-collections": "sepa_direct_debit.read",
}
