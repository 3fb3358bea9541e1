"""Shows the audit trail."""

import json
from datetime import datetime

from connector.app.actions.ground import reading
from connector.app.terminal import print_rows, run
from storage.clock import iso_millis
from storage.repositories.audit import StoredAuditEntry


def show(*, tenant: str | None, since: datetime | None, most: int, as_json: bool) -> None:
    """Print the entries, oldest first."""

    async def look() -> list[StoredAuditEntry]:
        async with reading() as tx:
            return await tx.audit.list(tenant_id=tenant, since=since, most=most)

    entries = run(look())
    if as_json:
        print(json.dumps([_document(entry) for entry in entries]))
    else:
        print_rows([_row(entry) for entry in entries], as_json=False)


def _row(entry: StoredAuditEntry) -> dict[str, str]:
    detail: dict[str, str] = json.loads(entry.detail)
    return {
        "at": iso_millis(entry.at),
        "tenant": entry.tenant_id or "",
        "account": entry.account_id or "",
        "actor": entry.actor,
        "action": entry.action,
        "detail": " ".join(f"{name}={value}" for name, value in detail.items()),
    }


def _document(entry: StoredAuditEntry) -> dict[str, object]:
    return {"id": entry.id, **_row(entry), "detail": json.loads(entry.detail)}
