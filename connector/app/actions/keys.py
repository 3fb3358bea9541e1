"""Makes and ends API keys and account keys."""

import json
from collections.abc import Sequence
from datetime import timedelta

from connector.app.actions.assembled import assembled
from connector.app.terminal import out, run
from oauth.account_keys import IssuedAccountKey
from oauth.permissions import choose_permissions
from oauth.tenant_keys import IssuedApiKey


def create_api_key(tenant: str, name: str, permission: Sequence[str] | None, as_json: bool) -> None:
    """Make another API key and print it; without permissions it may do everything."""

    async def make() -> IssuedApiKey:
        async with assembled() as container:
            found = await container.oauth.tenants.get(tenant)
            if permission is None:
                return await container.oauth.tenant_keys.create(found, name)
            return await container.oauth.tenant_keys.create(
                found, name, choose_permissions(permission)
            )

    _show_api_key(run(make()), as_json)


def rotate_api_key(tenant: str, key: str, overlap: timedelta, as_json: bool) -> None:
    """Make a key like another, which ends after the overlap, and print it."""

    async def rotate() -> IssuedApiKey:
        async with assembled() as container:
            found = await container.oauth.tenants.get(tenant)
            return await container.oauth.tenant_keys.rotate(found, key, overlap=overlap)

    _show_api_key(run(rotate()), as_json)


def revoke_api_key(tenant: str, key: str) -> None:
    """End an API key at once."""

    async def revoke() -> None:
        async with assembled() as container:
            await container.oauth.tenant_keys.revoke(await container.oauth.tenants.get(tenant), key)

    run(revoke())
    out.print(f"{key} is revoked", highlight=False)


def create_account_key(account: str, name: str, as_json: bool) -> None:
    """Make another key for a linked account and print it."""

    async def make() -> IssuedAccountKey:
        async with assembled() as container:
            return await container.oauth.account_keys.create(account, name)

    _show_account_key(run(make()), as_json)


def reissue_account_keys(account: str, name: str, overlap: timedelta, as_json: bool) -> None:
    """Make a key in the place of all an account has and print it."""

    async def reissue() -> IssuedAccountKey:
        async with assembled() as container:
            return await container.oauth.account_keys.reissue(account, name, overlap=overlap)

    _show_account_key(run(reissue()), as_json)


def revoke_account_key(key: str) -> None:
    """End an account key at once."""

    async def revoke() -> None:
        async with assembled() as container:
            await container.oauth.account_keys.revoke(key)

    run(revoke())
    out.print(f"{key} is revoked", highlight=False)


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
