"""Which permission of an API key a call needs. Pure.

Whatever isn't named here needs `read` when it only reads, else `write`.
"""

from oauth.permissions import Permission

_READING = frozenset({"GET", "HEAD"})
_ADMIN = ("/auth/", "/tenants/", "/webhooks/tenant")
_ACCOUNT = frozenset({"/auth/companies", "/auth/environments", "/auth/status"})
"""About one linked account, asked with its key, so it's a reading of its data."""
_PAYMENTS = "/accounting/payments"


def needed(method: str, path: str) -> Permission:
    """Answer the permission for a call."""
    if path.startswith(_ADMIN) and path not in _ACCOUNT:
        return Permission.ADMIN
    if method in _READING:
        return Permission.READ
    if path == _PAYMENTS or path.startswith(f"{_PAYMENTS}/"):
        return Permission.PAYMENTS
    return Permission.WRITE
