"""The endpoints under ``/v2``, one file per resource."""

from __future__ import annotations

from connector.providers.qonto.simulator.api import Endpoint

from . import (
    attachments,
    client_invoices,
    credit_notes,
    memberships,
    organisations,
    subscriptions,
    supplier_invoices,
)

ENDPOINTS: tuple[Endpoint, ...] = (
    *organisations.ENDPOINTS,
    *memberships.ENDPOINTS,
    *client_invoices.ENDPOINTS,
    *credit_notes.ENDPOINTS,
    *supplier_invoices.ENDPOINTS,
    *attachments.ENDPOINTS,
    *subscriptions.ENDPOINTS,
)
"""In the order in which paths are tried: fixed paths come before those with an id."""
