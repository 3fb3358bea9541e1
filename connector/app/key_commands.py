"""Commands for API keys and account keys: `tenant key ...` and `account key ...`."""

from datetime import timedelta
from typing import Annotated

import typer

from connector.app.options import AccountArgument, AsJson, TenantArgument

tenant_keys = typer.Typer(help="The vendors' API keys.", no_args_is_help=True)
account_keys = typer.Typer(help="The linked accounts' keys.", no_args_is_help=True)

KeyId = Annotated[str, typer.Argument(help="The key's id.")]


@tenant_keys.command("create")
def tenant_key_create(
    tenant: TenantArgument,
    name: Annotated[str, typer.Option(help="To tell keys apart.")],
    permission: Annotated[
        list[str] | None,
        typer.Option(help="read, write, payments or admin. Repeatable; all without it."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Make another API key, beside those there are.

    Example: qonto-connector tenant key create ten_01K9... --name reports --permission read
    """
    from connector.app.actions import keys

    keys.create_api_key(tenant, name, permission, as_json)


@tenant_keys.command("list")
def tenant_key_list(tenant: TenantArgument, as_json: AsJson = False) -> None:
    """List a vendor's API keys: what each may do, how old it is, when it was last used.

    Example: qonto-connector tenant key list ten_01K9...
    """
    from connector.app.actions import key_lists

    key_lists.show_api_keys(tenant, as_json)


@tenant_keys.command("rotate")
def tenant_key_rotate(
    tenant: TenantArgument,
    key: KeyId,
    overlap_hours: Annotated[
        float, typer.Option(min=0, help="How long the old key works beside the new one.")
    ] = 24,
    as_json: AsJson = False,
) -> None:
    """Make a key like another, which ends after an overlap.

    Example: qonto-connector tenant key rotate ten_01K9... key_01K9... --overlap-hours 48
    """
    from connector.app.actions import keys

    keys.rotate_api_key(tenant, key, timedelta(hours=overlap_hours), as_json)


@tenant_keys.command("revoke")
def tenant_key_revoke(tenant: TenantArgument, key: KeyId) -> None:
    """End an API key at once.

    Example: qonto-connector tenant key revoke ten_01K9... key_01K9...
    """
    from connector.app.actions import keys

    keys.revoke_api_key(tenant, key)


@account_keys.command("create")
def account_key_create(
    account: AccountArgument,
    name: Annotated[str, typer.Option(help="To tell keys apart.")] = "another",
    as_json: AsJson = False,
) -> None:
    """Make another key for a linked account, beside those there are.

    Example: qonto-connector account key create acct_01K9... --name worker
    """
    from connector.app.actions import keys

    keys.create_account_key(account, name, as_json)


@account_keys.command("list")
def account_key_list(account: AccountArgument, as_json: AsJson = False) -> None:
    """List an account's keys: how old each is, when it was last used.

    Example: qonto-connector account key list acct_01K9...
    """
    from connector.app.actions import key_lists

    key_lists.show_account_keys(account, as_json)


@account_keys.command("reissue")
def account_key_reissue(
    account: AccountArgument,
    name: Annotated[str, typer.Option(help="To tell keys apart.")] = "reissued",
    overlap_hours: Annotated[
        float, typer.Option(min=0, help="How long the old keys work beside the new one.")
    ] = 0,
    as_json: AsJson = False,
) -> None:
    """Make a key in the place of all an account has, when one was lost or has leaked.

    Example: qonto-connector account key reissue acct_01K9...
    """
    from connector.app.actions import keys

    keys.reissue_account_keys(account, name, timedelta(hours=overlap_hours), as_json)


@account_keys.command("revoke")
def account_key_revoke(key: KeyId) -> None:
    """End an account key at once.

    Example: qonto-connector account key revoke akey_01K9...
    """
    from connector.app.actions import keys

    keys.revoke_account_key(key)
