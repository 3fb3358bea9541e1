"""Which endpoint takes an API key, and which scope it wants of a token: every one, over HTTP."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from qonto_simulator import Simulator
from qonto_simulator.access import ACCESS
from qonto_simulator.resources import ENDPOINTS
from qonto_simulator.scopes import ALL

from .support import Api

FAMILIES = {
    "organization": ("organization.read", None, True),
    "bank_accounts": ("organization.read", "bank_account.write", True),
    "transactions": ("organization.read", None, True),
    "statements": ("organization.read", None, True),
    "labels": ("organization.read", None, True),
    "memberships": ("organization.read", None, True),
    "memberships/invite_employee_or_accountant": (None, "membership.write", False),
    "settings": ("organization.read", None, True),
    "sepa/beneficiaries": ("organization.read", "payment.write", True),
    "sepa/beneficiaries/trust": (None, "beneficiary.trust", False),
    "sepa/verify_payee": (None, "payment.write", False),
    "sepa/bulk_verify_payee": (None, "payment.write", False),
    "sepa/skip_verify_payee": (None, "payment.write", False),
    "attachments": ("attachment.read", "attachment.write", True),
    "clients": ("client.read", "client.write", True),
    "client_invoices": ("client_invoices.read", "client_invoice.write", True),
    "quotes": ("client_invoices.read", "client_invoice.write", True),
    "credit_notes": ("client_invoices.read", "client_invoice.write", True),
    "supplier_invoices": ("supplier_invoice.read", "supplier_invoice.write", True),
    "products": ("product.read", "product.write", True),
    "einvoicing/settings": ("einvoicing.read", None, True),
    "requests": ("organization.read", None, True),
    "requests/flash_cards": (None, "request_cards.write", False),
    "requests/virtual_cards": (None, "request_cards.write", False),
    "requests/transfers": (None, "request_transfers.write", False),
    "requests/multi_transfers": (None, "request_transfers.write", False),
    "requests/{type}/{id}": (None, "request_review.write", False),
    "recurring_invoices": ("client_invoices.read", None, True),
    "reminders": ("client_invoices.read", "client_invoice.write", True),
    "sepa/transfers": ("organization.read", "payment.write", False),
    "sepa/bulk_transfers": ("organization.read", "payment.write", False),
    "sepa/recurring_transfers": ("organization.read", "payment.write", False),
    "internal_transfers": (None, "internal_transfer.write", True),
    "sepa/direct_debit_mandates": ("sepa_direct_debit.read", None, False),
    "sepa/direct_debit_subscriptions": ("sepa_direct_debit.read", None, False),
    "sepa/direct_debit_collections": ("sepa_direct_debit.read", None, False),
    "cards": ("card.read", None, False),
    "teams": ("team.read", "team.write", False),
    "terminals": ("terminal.read", None, False),
    "payment_links": ("payment_link.read", None, False),
    "payment_links/payment_methods": ("payment_link.read", None, False),
    "payment_links/connections": ("payment_link.read", None, False),
    "international/eligibility": ("international_transfer.write", None, False),
    "international/currencies": ("international_transfer.write", None, False),
    "membership": ("membership.read", None, False),
    "webhook_subscriptions": ("webhook", "webhook", False),
    "oauth2/consents": (None, "organization.read", False),
    "sca_sessions": (None, None, False),
    "mocked_sca_sessions": (None, None, False),
}
"""By resource: the scope to read, the scope to write, whether an API key is taken; ``None`` where
any token will do."""

READ_BY_KEY = ("bank_accounts", "sepa/beneficiaries")
"""Where an API key reads and writes nothing."""

CALLS = sorted((one.method, one.path) for one in ENDPOINTS)


def url(path: str) -> str:
    return "/v2" + re.sub(r"\{\w+\}", "x", path)


def documented(method: str, path: str) -> tuple[str | None, bool]:
    """Scope and key of a call by its family; attachments of transactions are attachments."""
    resource = path.strip("/").partition("/{")[0]
    if resource.startswith("requests/") and "{id}" in path:
        resource = "requests/{type}/{id}"
    if "attachments" in path:
        resource = "attachments"
    for end in ("/bulk", "/uploads", "/untrust"):
        resource = resource.removesuffix(end)
    read, write, key = FAMILIES[resource]
    if method == "GET":
        return read, key
    return write, key and resource not in READ_BY_KEY


async def refuses(api: Api, method: str, path: str) -> bool:
    """Whether the answer is 403; what else it may be does not matter here."""
    status = (await api.request(method, url(path))).status_code
    assert status not in (401, 405, 429, 500), (method, path, status)
    return status == 403


@pytest.fixture
async def unlimited(sim: Simulator, anybody: Api) -> Simulator:
    await anybody.take("POST", "/_simulator/quirks", json={"rate_limits": False})
    return sim


def test_every_endpoint_has_its_row_and_every_row_its_endpoint() -> None:
    assert sorted(ACCESS) == CALLS


@pytest.mark.parametrize(("method", "path"), CALLS)
def test_a_row_says_what_is_documented_of_its_family(method: str, path: str) -> None:
    row = ACCESS[method, path]
    assert (row.scope, row.key) == documented(method, path)


@pytest.mark.covers("QX-05")
async def test_an_api_key_opens_what_it_is_documented_to_open(
    unlimited: Simulator, key_api: Api
) -> None:
    refused = {call for call in CALLS if await refuses(key_api, *call)}
    assert refused == {call for call in CALLS if not documented(*call)[1]}
    problem = await key_api.problem("GET", "/v2/webhook_subscriptions", 403)
    assert problem["code"] == "forbidden"


async def test_a_token_opens_the_endpoints_of_its_scope_and_no_others(
    unlimited: Simulator, open_api: Callable[..., Api]
) -> None:
    for scope in sorted(ALL):
        opened: set[tuple[str, str]] = set()
        for call in CALLS:
            # A new one for each call, as one of the calls ends its token.
            token = unlimited.issue_access_token([scope])
            api = open_api(unlimited, Authorization=f"Bearer {token}")
            if not await refuses(api, *call):
                opened.add(call)
        assert opened == {call for call in CALLS if documented(*call)[0] in (scope, None)}, scope


@pytest.mark.parametrize(("method", "path"), [one for one in CALLS if documented(*one)[0]])
async def test_a_token_without_the_scope_is_told_which_one_is_missing(
    sim: Simulator, open_api: Callable[..., Api], method: str, path: str
) -> None:
    scope = documented(method, path)[0]
    token = sim.issue_access_token(sorted(ALL - {scope}))
    api = open_api(sim, Authorization=f"Bearer {token}")
    problem = await api.problem(method, url(path), 403)
    assert problem["detail"] == f"missing required oauth scope: {scope}"


async def test_without_credentials_nothing_opens(unlimited: Simulator, anybody: Api) -> None:
    for method, path in CALLS:
        assert (await anybody.request(method, url(path))).status_code == 401, (method, path)
