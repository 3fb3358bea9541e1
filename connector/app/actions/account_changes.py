"""Adds vendors and unlinks accounts."""

import json
from collections.abc import Sequence
from dataclasses import asdict

from connector.app.actions.assembled import assembled
from connector.app.terminal import fail, out, run
from connector.app.unlink_operation import describe
from connector.app.unlinking import Receipt
from oauth.tenants import NewTenant


def create_tenant(
    name: str, *, callback_urls: Sequence[str], key_in_redirect: bool, as_json: bool
) -> None:
    """Add a vendor and print its API key."""

    async def create() -> NewTenant:
        async with assembled() as container:
            made = await container.oauth.tenants.create(name, key_in_redirect=key_in_redirect)
            for url in callback_urls:
                await container.oauth.tenants.add_callback_urls(made.tenant, url)
            return made

    made = run(create())
    if as_json:
        print(json.dumps({"id": made.tenant.id, "name": made.tenant.name, "apiKey": made.api_key}))
    else:
        out.print(f"tenant   {made.tenant.id}  {made.tenant.name}", highlight=False)
        out.print(f"API key  {made.api_key}", highlight=False, soft_wrap=True)
        out.print("The key is shown this once; only a hash of it is kept.")


def change_tenant(
    tenant_id: str, *, confirm_acts: bool | None, key_in_redirect: bool | None
) -> None:
    """Change a vendor's options; those that aren't named stay."""
    if confirm_acts is None and key_in_redirect is None:
        fail("there is nothing to change: name an option")

    async def change() -> None:
        async with assembled() as container:
            tenants = container.oauth.tenants
            tenant = await tenants.get(tenant_id)
            if confirm_acts is not None:
                await tenants.demand_confirmation(tenant, confirm_acts)
            if key_in_redirect is not None:
                await tenants.opt_in_to_key_in_redirect(tenant, key_in_redirect)

    run(change())
    out.print(f"changed {tenant_id}", highlight=False)


def unlink(account_id: str, *, erase: bool, as_json: bool) -> None:
    """End an account's link and print what was done."""

    async def end() -> Receipt:
        async with assembled() as container:
            return await container.unlinker.unlink(account_id, erase=erase)

    receipt = run(end())
    if as_json:
        print(json.dumps(asdict(receipt)))
        return
    out.print(describe(receipt, erase=erase), highlight=False)
    for table, rows in receipt.erased.items():
        out.print(f"{table:<24} {rows}", highlight=False)
