"""Who may call what: per endpoint the OAuth scope it needs, and whether an API key opens it.

Qonto's collections of requests mark each one that takes a key. What is newer than they are follows
its family, which the README lists.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Access:
    """What a caller must bring: a token with ``scope``, with ``None`` any token, or, where
    ``key`` says so, an API key."""

    scope: str | None
    key: bool


def _rows(scope: str | None, *, key: bool, of: Iterable[str]) -> dict[tuple[str, str], Access]:
    return {
        (method, path): Access(scope, key)
        for method, _, path in (call.partition(" ") for call in of)
    }


ACCESS: Final[Mapping[tuple[str, str], Access]] = {
    **_rows(
        "organization.read",
        key=True,
        of=(
            "GET /organization",
            "GET /bank_accounts",
            "GET /bank_accounts/{id}",
            "GET /bank_accounts/{id}/iban_certificate",
            "GET /transactions",
            "GET /transactions/{id}",
            "GET /statements",
            "GET /statements/{id}",
            "GET /labels",
            "GET /labels/{id}",
            "GET /memberships",
            "GET /settings",
            "GET /requests",
            "GET /sepa/beneficiaries",
            "GET /sepa/beneficiaries/{id}",
        ),
    ),
    **_rows(
        "organization.read",
        key=False,
        of=(
            "DELETE /oauth2/consents",
            "GET /sepa/transfers",
            "GET /sepa/transfers/{id}",
            "GET /sepa/bulk_transfers",
            "GET /sepa/bulk_transfers/{id}",
            "GET /sepa/recurring_transfers",
            "GET /sepa/recurring_transfers/{id}",
        ),
    ),
    **_rows(
        "payment.write",
        key=False,
        of=(
            "POST /sepa/beneficiaries",
            "PATCH /sepa/beneficiaries/{id}",
            "PATCH /sepa/beneficiaries/untrust",
            "POST /sepa/verify_payee",
            "POST /sepa/bulk_verify_payee",
            "POST /sepa/skip_verify_payee",
            "POST /sepa/transfers",
            "POST /sepa/transfers/{id}/cancel",
            "POST /sepa/transfers/{id}/download_proof",
            "POST /sepa/bulk_transfers",
            "POST /sepa/recurring_transfers",
            "POST /sepa/recurring_transfers/{id}/cancel",
        ),
    ),
    **_rows("internal_transfer.write", key=True, of=("POST /internal_transfers",)),
    **_rows(
        "request_transfers.write",
        key=False,
        of=("POST /requests/transfers", "POST /requests/multi_transfers"),
    ),
    **_rows(
        "request_cards.write",
        key=False,
        of=("POST /requests/flash_cards", "POST /requests/virtual_cards"),
    ),
    **_rows(
        "request_review.write",
        key=False,
        of=(
            "POST /requests/flash_cards/{id}/approve",
            "POST /requests/flash_cards/{id}/decline",
            "POST /requests/virtual_cards/{id}/approve",
            "POST /requests/virtual_cards/{id}/decline",
            "POST /requests/transfers/{id}/approve",
            "POST /requests/transfers/{id}/decline",
            "POST /requests/multi_transfers/{id}/approve",
            "POST /requests/multi_transfers/{id}/decline",
        ),
    ),
    **_rows("beneficiary.trust", key=False, of=("PATCH /sepa/beneficiaries/trust",)),
    **_rows("membership.read", key=False, of=("GET /membership",)),
    **_rows(
        "attachment.read",
        key=True,
        of=("GET /attachments/{id}", "GET /transactions/{id}/attachments"),
    ),
    **_rows(
        "attachment.write",
        key=True,
        of=(
            "POST /attachments",
            "POST /transactions/{id}/attachments",
            "DELETE /transactions/{id}/attachments",
            "DELETE /transactions/{id}/attachments/{attachment_id}",
        ),
    ),
    **_rows("client.read", key=True, of=("GET /clients", "GET /clients/{id}")),
    **_rows(
        "client.write",
        key=True,
        of=("POST /clients", "PATCH /clients/{id}", "DELETE /clients/{id}"),
    ),
    **_rows(
        "client_invoices.read",
        key=True,
        of=(
            "GET /client_invoices",
            "GET /client_invoices/{id}",
            "GET /client_invoices/uploads/{id}",
            "GET /quotes",
            "GET /quotes/{id}",
            "GET /credit_notes",
            "GET /credit_notes/{id}",
            "GET /recurring_invoices",
            "GET /recurring_invoices/{id}",
            "GET /reminders",
            "GET /reminders/{id}",
        ),
    ),
    **_rows(
        "client_invoice.write",
        key=True,
        of=(
            "POST /client_invoices",
            "POST /client_invoices/bulk",
            "POST /client_invoices/uploads",
            "PATCH /client_invoices/{id}",
            "DELETE /client_invoices/{id}",
            "POST /client_invoices/{id}/finalize",
            "POST /client_invoices/{id}/mark_as_paid",
            "POST /client_invoices/{id}/unmark_as_paid",
            "POST /client_invoices/{id}/mark_as_canceled",
            "POST /client_invoices/{id}/send",
            "POST /client_invoices/{id}/send_by_einvoice",
            "POST /quotes",
            "PATCH /quotes/{id}",
            "DELETE /quotes/{id}",
            "POST /quotes/{id}/send",
            "POST /credit_notes",
            "POST /reminders",
            "PUT /reminders/{id}",
            "DELETE /reminders/{id}",
        ),
    ),
    **_rows(
        "supplier_invoice.read",
        key=True,
        of=("GET /supplier_invoices", "GET /supplier_invoices/{id}"),
    ),
    **_rows(
        "supplier_invoice.write",
        key=True,
        of=(
            "POST /supplier_invoices/bulk",
            "POST /supplier_invoices/{id}/mark_as_paid",
            "POST /supplier_invoices/{id}/unmark_as_paid",
            "POST /supplier_invoices/{id}/reject",
        ),
    ),
    **_rows("product.read", key=True, of=("GET /products", "GET /products/{id}")),
    **_rows("product.write", key=True, of=("POST /products", "DELETE /products/{id}")),
    **_rows("einvoicing.read", key=True, of=("GET /einvoicing/settings",)),
    **_rows("card.read", key=False, of=("GET /cards",)),
    **_rows("team.read", key=False, of=("GET /teams",)),
    **_rows("team.write", key=False, of=("POST /teams",)),
    **_rows(
        "membership.write",
        key=False,
        of=("POST /memberships/invite_employee_or_accountant",),
    ),
    **_rows(
        "bank_account.write",
        key=False,
        of=("POST /bank_accounts", "PATCH /bank_accounts/{id}", "POST /bank_accounts/{id}/close"),
    ),
    **_rows("terminal.read", key=False, of=("GET /terminals",)),
    **_rows(
        "international_transfer.write",
        key=False,
        of=("GET /international/eligibility", "GET /international/currencies"),
    ),
    **_rows(
        "payment_link.read",
        key=False,
        of=(
            "GET /payment_links",
            "GET /payment_links/payment_methods",
            "GET /payment_links/connections",
            "GET /payment_links/{id}",
            "GET /payment_links/{id}/payments",
        ),
    ),
    **_rows(
        "sepa_direct_debit.read",
        key=False,
        of=(
            "GET /sepa/direct_debit_mandates",
            "GET /sepa/direct_debit_mandates/{id}",
            "GET /sepa/direct_debit_subscriptions",
            "GET /sepa/direct_debit_subscriptions/{id}",
            "GET /sepa/direct_debit_collections",
            "GET /sepa/direct_debit_collections/{id}",
        ),
    ),
    **_rows(
        None,
        key=False,
        of=(
            "GET /sca_sessions/{token}",
            "GET /mocked_sca_sessions/{token}",
            "POST /mocked_sca_sessions/{token}/allow",
            "POST /mocked_sca_sessions/{token}/deny",
        ),
    ),
    **_rows(
        "webhook",
        key=False,
        of=(
            "GET /webhook_subscriptions",
            "POST /webhook_subscriptions",
            "GET /webhook_subscriptions/{id}",
            "PUT /webhook_subscriptions/{id}",
            "DELETE /webhook_subscriptions/{id}",
        ),
    ),
}
"""By method and path. An endpoint without a row here can't be served."""
