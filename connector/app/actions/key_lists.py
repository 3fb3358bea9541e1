"""Shows the keys there are."""

from datetime import datetime

from connector.app.actions.ground import reading
from connector.app.terminal import print_rows, run
from storage.clock import iso_millis, system_clock
from storage.errors import NotFound
from storage.repositories.accounts import AccountKey
from storage.repositories.api_keys import ApiKey


def show_api_keys(tenant: str, as_json: bool) -> None:
    """Print a vendor's API keys."""

    async def look() -> list[ApiKey]:
        async with reading() as tx:
            if await tx.tenants.get(tenant) is None:
                raise NotFound("there is no such tenant")
            return await tx.api_keys.of_tenant(tenant)

    rows = [{**_row(key), "permissions": key.permissions} for key in run(look())]
    print_rows(rows, as_json)


def show_account_keys(account: str, as_json: bool) -> None:
    """Print an account's keys."""

    async def look() -> list[AccountKey]:
        async with reading() as tx:
            if await tx.accounts.get(account) is None:
                raise NotFound("there is no such account")
            return await tx.accounts.all_keys_of(account)

    print_rows([_row(key) for key in run(look())], as_json)


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
