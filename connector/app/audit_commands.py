"""The command that reads the audit trail."""

import json
from datetime import UTC, datetime
from typing import Annotated

import typer

from connector.app.terminal import AsJson, print_rows, reading, run
from storage.clock import iso_millis
from storage.repositories.audit import StoredAuditEntry

audit = typer.Typer(help="Who did what to which account or key.", no_args_is_help=True)


@audit.command("list")
def audit_list(
    tenant: Annotated[str | None, typer.Option(help="Only of this vendor, ten_...")] = None,
    since: Annotated[
        datetime | None,
        typer.Option(
            formats=["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M:%SZ"],
            help="Only from this day or moment on, in UTC.",
        ),
    ] = None,
    most: Annotated[int, typer.Option(min=1, help="How many, the newest ones.")] = 1000,
    as_json: AsJson = False,
) -> None:
    """Show the audit trail, oldest first.

    Example: qonto-connector audit list --tenant ten_01K9... --since 2026-11-01 --json
    """
    from_then = None if since is None else since.replace(tzinfo=UTC)

    async def look() -> list[StoredAuditEntry]:
        async with reading() as tx:
            return await tx.audit.list(tenant_id=tenant, since=from_then, most=most)

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
