"""Commands for vendors and linked accounts: `tenant ...` and `account ...`."""

from typing import Annotated

import typer

from connector.app.options import AsJson, TenantArgument

tenants = typer.Typer(help="The SaaS vendors that use this service.", no_args_is_help=True)
accounts = typer.Typer(help="The linked accounts.", no_args_is_help=True)


@tenants.command("create")
def tenant_create(
    name: str,
    callback_url: Annotated[
        list[str] | None,
        typer.Option(help="Where links may end: an origin and a path prefix. Repeatable."),
    ] = None,
    key_in_redirect: Annotated[
        bool, typer.Option(help="Hand account keys over in the redirect's query, as Maesn does.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Add a vendor and print its API key, which is shown this once.

    Example: qonto-connector tenant create "Acme Books" --callback-url https://app.acme.example/qonto
    """
    from connector.app.actions import account_changes

    account_changes.create_tenant(
        name, callback_urls=callback_url or (), key_in_redirect=key_in_redirect, as_json=as_json
    )


@tenants.command("change")
def tenant_change(
    tenant_id: TenantArgument,
    confirm_acts: Annotated[
        bool | None,
        typer.Option(help="Demand that what can't be undone is checked and confirmed first."),
    ] = None,
    key_in_redirect: Annotated[
        bool | None,
        typer.Option(help="Hand account keys over in the redirect's query, as Maesn does."),
    ] = None,
) -> None:
    """Change what a vendor may do, and how.

    Example: qonto-connector tenant change ten_01KB... --confirm-acts
    """
    from connector.app.actions import account_changes

    account_changes.change_tenant(
        tenant_id, confirm_acts=confirm_acts, key_in_redirect=key_in_redirect
    )


@tenants.command("list")
def tenant_list(as_json: AsJson = False) -> None:
    """List the vendors.

    Example: qonto-connector tenant list
    """
    from connector.app.actions import account_lists

    account_lists.show_tenants(as_json)


@accounts.command("list")
def account_list(as_json: AsJson = False) -> None:
    """List the linked accounts of every vendor.

    Example: qonto-connector account list --json
    """
    from connector.app.actions import account_lists

    account_lists.show_accounts(as_json)


@accounts.command("unlink")
def account_unlink(
    account_id: str,
    erase: Annotated[
        bool, typer.Option("--erase", help="Erase everything kept about the account as well.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """End an account's link: its keys, its subscriptions, its consent at Qonto, its tokens.

    Example: qonto-connector account unlink acct_01K9ZK6D3T5X8Q2M4N7P9R1S3V --erase
    """
    from connector.app.actions import account_changes

    account_changes.unlink(account_id, erase=erase, as_json=as_json)
