"""Shows and ends what assistants' clients were allowed."""

from connector.app.actions.assembled import assembled
from connector.app.actions.ground import reading
from connector.app.terminal import out, print_rows, run
from oauth.audit import OPERATOR
from storage.clock import iso_millis, system_clock
from storage.errors import NotFound
from storage.repositories.assistants import AssistantGrant


def show(account: str, as_json: bool) -> None:
    """Print what was allowed for an account, ended and revoked too, the oldest first."""

    async def look() -> list[AssistantGrant]:
        async with reading() as tx:
            if await tx.accounts.get(account) is None:
                raise NotFound("there is no such account")
            return await tx.assistants.of_account(account)

    print_rows([_row(grant) for grant in run(look())], as_json)


def revoke(grant_id: str) -> None:
    """End what was allowed."""

    async def end() -> None:
        async with assembled() as container:
            async with container.storage.work.reading() as tx:
                grant = await tx.assistants.get(grant_id)
            if grant is None:
                raise NotFound("nothing was allowed under this id")
            await container.oauth.assistants.revoke(grant, by=OPERATOR)

    run(end())
    out.print(f"{grant_id} is revoked", highlight=False)


def _row(grant: AssistantGrant) -> dict[str, str]:
    state = "ended" if grant.expires_at <= system_clock() else "live"
    return {
        "id": grant.id,
        "client": grant.client_name,
        "permissions": grant.permissions,
        "state": "revoked" if grant.revoked_at is not None else state,
        "created": iso_millis(grant.created_at),
        "ends": iso_millis(grant.expires_at),
    }
