"""Entries of the audit trail: who did what to which account or key, as ids only. Pure."""

from datetime import datetime

from storage.repositories.audit import AuditEntry

OPERATOR = "operator"
CUSTOMER = "customer"
SYSTEM = "system"
"""The actor of an entry that no vendor caused; a vendor is named by the id of its API key."""


def entry(
    action: str,
    *,
    by: str,
    at: datetime,
    tenant_id: str | None = None,
    account_id: str | None = None,
    **detail: str,
) -> AuditEntry:
    """Write down that `by` did something; `detail` holds ids and names of kinds, nothing else."""
    return AuditEntry(at, by, action, tenant_id, account_id, detail)
