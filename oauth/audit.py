"""Entries of the audit trail: who did what to which account or key, as ids only. Pure."""

from datetime import datetime

from storage.repositories.audit import AuditEntry

OPERATOR = "operator"
CUSTOMER = "customer"
SYSTEM = "system"
"""Who acts when it isn't a vendor, who is named by the id of the API key that was used."""


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
