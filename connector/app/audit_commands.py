"""The command that reads the audit trail."""

from datetime import datetime
from typing import Annotated

import typer

from connector.app.options import MOMENTS, AsJson, in_utc

audit = typer.Typer(help="Who did what to which account or key.", no_args_is_help=True)


@audit.command("list")
def audit_list(
    tenant: Annotated[str | None, typer.Option(help="Only of this vendor, ten_...")] = None,
    since: Annotated[
        datetime | None,
        typer.Option(formats=MOMENTS, help="Only from this day or moment on, in UTC."),
    ] = None,
    most: Annotated[int, typer.Option(min=1, help="How many, the newest ones.")] = 1000,
    as_json: AsJson = False,
) -> None:
    """Show the audit trail, oldest first.

    Example: qonto-connector audit list --tenant ten_01K9... --since 2026-11-01 --json
    """
    from connector.app.actions import audit_trail

    audit_trail.show(tenant=tenant, since=in_utc(since), most=most, as_json=as_json)
