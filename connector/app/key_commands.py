"""Commands for API keys and account keys: `tenant key ...` and `account key ...`."""

import json
from datetime import datetime, timedelta
from typing import Annotated

import typer

from connector.app.terminal import AsJson, assembled, out, print_rows, reading, run
from oauth.account_keys import IssuedAccountKey
from oauth.permissions import choose_permissions
from oauth.tenant_keys import IssuedApiKey
from storage.clock import iso_millis, system_clock
from storage.errors import NotFound
from storage.repositories.accounts import AccountKey
from storage.repositories.api_keys import ApiKey

tenant_keys = typer.Typer(help="The vendors' API keys.", no_args_is_help=True)
account_keys = typer.Typer(help="The linked accounts' keys.", no_args_is_help=True)

TenantArgument = Annotated[str, typer.Argument(help="The vendor's id, ten_...")]
AccountArgument = Annotated[str, typer.Argument(help="The account's id, acct_...")]
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

    async def make() -> IssuedApiKey:
        async with assembled() as container:
            found = await container.oauth.tenants.get(tenant)
            if permission is None:
                return await container.oauth.tenant_keys.create(found, name)
            return await container.oauth.tenant_keys.create(
                found, name, choose_permissions(permission)
            )

    _show_api_key(run(make()), as_json)


@tenant_keys.command("list")
def tenant_key_list(tenant: TenantArgument, as_json: AsJson = False) -> None:
    """List a vendor's API keys: what each may do, how old it is, when it was last used.

    Example: qonto-connector tenant key list ten_01K9...
    """

    async def look() -> list[ApiKey]:
        async with reading() as tx:
            if await tx.tenants.get(tenant) is None:
                raise NotFound("there is no such tenant")
            return await tx.api_keys.of_tenant(tenant)

    rows = [{**_row(key), "permissions": key.permissions} for key in run(look())]
    print_rows(rows, as_json)


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

    async def rotate() -> IssuedApiKey:
        async with assembled() as container:
            found = await container.oauth.tenants.get(tenant)
            return await container.oauth.tenant_keys.rotate(
                found, key, overlap=timedelta(hours=overlap_hours)
            )

    _show_api_key(run(rotate()), as_json)


@tenant_keys.command("revoke")
def tenant_key_revoke(tenant: TenantArgument, key: KeyId) -> None:
    """End an API key at once.

    Example: qonto-connector tenant key revoke ten_01K9... key_01K9...
    """

    async def revoke() -> None:
        async with assembled() as container:
            await container.oauth.tenant_keys.revoke(await container.oauth.tenants.get(tenant), key)

    run(revoke())
    out.print(f"{key} is revoked", highlight=False)


@account_keys.command("create")
def account_key_create(
    account: AccountArgument,
    name: Annotated[str, typer.Option(help="To tell keys apart.")] = "another",
    as_json: AsJson = False,
) -> None:
    """Make another key for a linked account, beside those there are.

    Example: qonto-connector account key create acct_01K9... --name worker
    """

    async def make() -> IssuedAccountKey:
        async with assembled() as container:
            return await container.oauth.account_keys.create(account, name)

    _show_account_key(run(make()), as_json)


@account_keys.command("list")
def account_key_list(account: AccountArgument, as_json: AsJson = False) -> None:
    """List an account's keys: how old each is, when it was last used.

    Example: qonto-connector account key list acct_01K9...
    """

    async def look() -> list[AccountKey]:
        async with reading() as tx:
            if await tx.accounts.get(account) is None:
                raise NotFound("there is no such account")
            return await tx.accounts.all_keys_of(account)

    print_rows([_row(key) for key in run(look())], as_json)


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

    async def reissue() -> IssuedAccountKey:
        async with assembled() as container:
            return await container.oauth.account_keys.reissue(
                account, name, overlap=timedelta(hours=overlap_hours)
            )

    _show_account_key(run(reissue()), as_json)


@account_keys.command("revoke")
def account_key_revoke(key: KeyId) -> None:
    """End an account key at once.

    Example: qonto-connector account key revoke akey_01K9...
    """

    async def revoke() -> None:
        async with assembled() as container:
            await container.oauth.account_keys.revoke(key)

    run(revoke())
    out.print(f"{key} is revoked", highlight=False)


def _row(key: ApiKey | AccountKey) -> dict[str, str]:
    at = system_clock()
    if key.is_live(at):
        state = "live" if key.ends_at is None else f"ends {iso_millis(key.ends_at)}"
    else:
        state = "revoked" if key.revoked_at is not None else "ended"
    return {
        "id": key.id,
        "name": key.name,
        "hint": key.hint,
        "state": state,
        "created": iso_millis(key.created_at),
        "ageDays": str((at - key.created_at).days),
        "lastUsed": _moment(key.last_used_at),
    }


def _moment(moment: datetime | None) -> str:
    return "" if moment is None else iso_millis(moment)


def _show_api_key(issued: IssuedApiKey, as_json: bool) -> None:
    key = issued.key
    if as_json:
        facts = {"id": key.id, "name": key.name, "permissions": key.permissions.split()}
        print(json.dumps({**facts, "apiKey": issued.secret}))
    else:
        _show(key.id, f"{key.name} ({key.permissions})", "API key", issued.secret)


def _show_account_key(issued: IssuedAccountKey, as_json: bool) -> None:
    key = issued.key
    if as_json:
        print(json.dumps({"id": key.id, "name": key.name, "accountKey": issued.secret}))
    else:
        _show(key.id, key.name, "account key", issued.secret)


def _show(key_id: str, about: str, kind: str, secret: str) -> None:
    out.print(f"{kind}  {key_id}  {about}", highlight=False)
    out.print(secret, highlight=False, soft_wrap=True)
    out.print("The key is shown this once; only a hash of it is kept.")
