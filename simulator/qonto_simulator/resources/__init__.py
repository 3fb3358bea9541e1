"""The endpoints under ``/v2``, one file per resource."""

from __future__ import annotations

from qonto_simulator.api import Endpoint

from . import (
    accounts,
    attachments,
    beneficiaries,
    cards,
    client_invoices,
    clients,
    consents,
    credit_notes,
    direct_debits,
    einvoicing,
    international,
    memberships,
    organisations,
    payment_links,
    products,
    quotes,
    recurring,
    requests,
    settings,
    subscriptions,
    supplier_actions,
    supplier_bulk,
    supplier_invoices,
    terminals,
    transactions,
    transfers,
)

ENDPOINTS: tuple[Endpoint, ...] = (
    *organisations.ENDPOINTS,
    *settings.ENDPOINTS,
    *consents.ENDPOINTS,
    *accounts.ENDPOINTS,
    *memberships.ENDPOINTS,
    *beneficiaries.ENDPOINTS,
    *transactions.ENDPOINTS,
    *clients.ENDPOINTS,
    *client_invoices.ENDPOINTS,
    *quotes.ENDPOINTS,
    *credit_notes.ENDPOINTS,
    *products.ENDPOINTS,
    *supplier_bulk.ENDPOINTS,
    *supplier_invoices.ENDPOINTS,
    *supplier_actions.ENDPOINTS,
    *attachments.ENDPOINTS,
    *einvoicing.ENDPOINTS,
    *subscriptions.ENDPOINTS,
    *requests.ENDPOINTS,
    *transfers.ENDPOINTS,
    *cards.ENDPOINTS,
    *recurring.ENDPOINTS,
    *payment_links.ENDPOINTS,
    *direct_debits.ENDPOINTS,
    *terminals.ENDPOINTS,
    *international.ENDPOINTS,
)
"""In the order in which paths are tried: fixed paths come before those with an id."""
