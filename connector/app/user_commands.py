"""Commands for the vendors' people: `tenant user ...`."""

from pathlib import Path
from typing import Annotated

import typer

from connector.app.options import AsJson, TenantArgument

tenant_users = typer.Typer(
    help="The vendors' people, who call by e-mail address and password.", no_args_is_help=True
)


@tenant_users.command("add")
def user_add(
    tenant: TenantArgument,
    email: Annotated[str, typer.Option(help="The e-mail address, by which the user calls.")],
    password_file: Annotated[
        Path | None,
        typer.Option(
            exists=True,
            dir_okay=False,
            help="A file with the password on its first line; without it, you are asked, or the "
            "first line of the input is taken.",
        ),
    ] = None,
    permission: Annotated[
        list[str] | None,
        typer.Option(help="read, write, payments or admin. Repeatable; read and write without it."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Add a user, who may dispatch documents by e-mail address and password.

    Example: qonto-connector tenant user add ten_01K9... --email books@acme.example
    """
    from connector.app.actions import users

    users.add(tenant, email, password_file, permission, as_json)


@tenant_users.command("list")
def user_list(tenant: TenantArgument, as_json: AsJson = False) -> None:
    """List a vendor's users.

    Example: qonto-connector tenant user list ten_01K9...
    """
    from connector.app.actions import users

    users.show(tenant, as_json)


@tenant_users.command("remove")
def user_remove(
    tenant: TenantArgument, user: Annotated[str, typer.Argument(help="The user's id, usr_...")]
) -> None:
    """Remove a user; the password and the tokens count no more.

    Example: qonto-connector tenant user remove ten_01K9... usr_01K9...
    """
    from connector.app.actions import users

    users.remove(tenant, user)
