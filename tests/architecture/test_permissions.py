"""Which keys and which permission calls need, over all operations."""

import pytest

from connector.api.operation import Operation, Permission
from connector.app.operations import operations

BY_CALL = {(one.method, one.path): one for one in operations()}

CASES = [
    ("GET", "/accounting/invoices", "account", "read"),
    ("GET", "/accounting/invoices/{invoiceId}/document", "account", "read"),
    ("GET", "/accounting/payments", "account", "read"),
    ("GET", "/user/user-info", "account", "read"),
    ("GET", "/auth/status", "account", "read"),
    ("GET", "/auth/companies", "account", "read"),
    ("GET", "/capabilities", "tenant", "read"),
    ("GET", "/webhooks", "account", "read"),
    ("POST", "/webhooks", "account", "write"),
    ("DELETE", "/webhooks/{webhookId}", "account", "write"),
    ("POST", "/webhooks/{webhookId}/rotateSecret", "account", "write"),
    ("POST", "/webhooks/tenant", "tenant", "admin"),
    ("DELETE", "/webhooks/tenant/{webhookId}", "tenant", "admin"),
    ("GET", "/auth/{target}", "tenant", "admin"),
    ("POST", "/auth/{target}", "tenant", "admin"),
    ("POST", "/auth/exchange", "tenant", "admin"),
    ("POST", "/auth/accounts/{target}", "tenant", "admin"),
    ("GET", "/tenants/get-end-user-list", "tenant", "admin"),
    ("DELETE", "/tenants/api-keys/{keyId}", "tenant", "admin"),
    ("DELETE", "/tenants/delete-end-user", "account", "admin"),
]

OPEN = {
    "/",
    "/auth/callback/{target}",
    "/docs",
    "/docs/",
    "/events/callback/{code}",
    "/health",
    "/health/details",
    "/link/{token}",
    "/llms.txt",
    "/metrics",
    "/openapi.json",
}
"""Called by browsers, by target systems (whose signature is checked) and by operators."""


@pytest.mark.parametrize(("method", "path", "keys", "permission"), CASES)
def test_a_call_needs_these(method: str, path: str, keys: str, permission: str) -> None:
    found = BY_CALL[method, path]
    assert (found.keys, found.permission) == (keys, permission)


def test_nothing_else_is_open() -> None:
    assert {one.path for one in operations() if one.keys == "none"} == OPEN


def test_nothing_that_changes_something_is_allowed_to_read() -> None:
    """A function decides for itself, which its own tests see to."""
    for one in operations():
        if one.method != "GET" and one.keys != "none":
            assert one.permission is not Permission.READ, (one.method, one.path)
    assert [one.path for one in operations() if callable(one.permission)] == [
        "/accounting/passThrough"
    ]


def test_whatever_concerns_all_of_a_vendor_takes_admin() -> None:
    for one in operations():
        if one.path.startswith(("/tenants/", "/webhooks/tenant")):
            assert one.permission is Permission.ADMIN, (one.method, one.path)


@pytest.mark.parametrize(
    "wrong",
    [{"permission": None}, {"keys": "none", "permission": Permission.READ}, {"handler": None}],
)
def test_an_operation_that_contradicts_itself_is_refused(wrong: dict[str, object]) -> None:
    sound = BY_CALL["GET", "/accounting/invoices"]
    facts: dict[str, object] = {name: getattr(sound, name) for name in sound.__slots__}
    with pytest.raises(ValueError, match="/accounting/invoices needs"):
        Operation(**{**facts, **wrong})  # type: ignore[arg-type]
