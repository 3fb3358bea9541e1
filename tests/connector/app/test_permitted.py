"""Which permission a call needs."""

import pytest

from connector.app.description import operations
from connector.app.edge import OPEN
from connector.app.permitted import needed

CASES = [
    ("GET", "/accounting/invoices", "read"),
    ("HEAD", "/accounting/invoices", "read"),
    ("GET", "/webhooks", "read"),
    ("GET", "/auth/status", "read"),
    ("GET", "/nowhere", "read"),
    ("POST", "/nowhere", "write"),
    ("POST", "/webhooks", "write"),
    ("DELETE", "/webhooks/1", "write"),
    ("POST", "/accounting/invoices", "write"),
    ("PATCH", "/accounting/paymentsLike", "write"),
    ("GET", "/accounting/payments", "read"),
    ("POST", "/accounting/payments", "payments"),
    ("DELETE", "/accounting/payments/1", "payments"),
    ("GET", "/auth/qonto", "admin"),
    ("POST", "/auth/qonto", "admin"),
    ("POST", "/auth/exchange", "admin"),
    ("GET", "/auth/statuses", "admin"),
    ("GET", "/tenants/get-end-user-list", "admin"),
    ("DELETE", "/tenants/api-keys/1", "admin"),
    ("DELETE", "/tenants/delete-end-user", "admin"),
    ("POST", "/webhooks/tenant", "admin"),
    ("DELETE", "/webhooks/tenant/1", "admin"),
]


@pytest.mark.parametrize(("method", "path", "permission"), CASES)
def test_a_call_needs_this_permission(method: str, path: str, permission: str) -> None:
    assert needed(method, path) == permission


def test_nothing_that_changes_something_is_allowed_to_read() -> None:
    for operation in operations():
        if operation.method != "GET" and not operation.path.startswith(OPEN):
            assert needed(operation.method, operation.path) != "read"
