"""Shows the vendors and the linked accounts."""

from connector.app.actions.ground import reading
from connector.app.terminal import print_rows, run
from oauth.credential_age import CredentialAge
from storage.clock import iso_millis, system_clock
from storage.repositories.accounts import Account


def show_tenants(as_json: bool) -> None:
    """Print the vendors."""

    async def look() -> list[dict[str, str]]:
        async with reading() as tx:
            return [
                {
                    "id": one.id,
                    "name": one.name,
                    "confirms": "yes" if one.confirms_acts else "no",
                    "created": iso_millis(one.created_at),
                }
                for one in await tx.tenants.all()
            ]

    print_rows(run(look()), as_json)


def show_accounts(as_json: bool) -> None:
    """Print the linked accounts of every vendor."""

    async def look() -> list[dict[str, str]]:
        at = system_clock()
        async with reading() as tx:
            ages = {one: CredentialAge(since, at) for one, since in await tx.tokens.api_keys()}
            return [_account(one, ages.get(one.id)) for one in await tx.accounts.all()]

    print_rows(run(look()), as_json)


def _account(account: Account, age: CredentialAge | None) -> dict[str, str]:
    due = ", renew it" if age is not None and age.is_due else ""
    return {
        "id": account.id,
        "tenant": account.tenant_id,
        "target": account.target,
        "organization": account.organization_name or account.organization_id,
        "status": account.status,
        "reference": account.reference or "",
        "linked": iso_millis(account.linked_at),
        "apiKey": "" if age is None else f"{age.days} days old{due}",
    }
