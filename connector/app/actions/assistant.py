"""Serves an assistant over standard input and output."""

from connector.api.operation import Permission
from connector.app.actions.assembled import assembled
from connector.app.actions.owners import account_of
from connector.app.assistants import INSTALL, is_installed, tools_of
from connector.app.terminal import fail, run
from connector.faces.mcp.tool import Who
from oauth.callers import Caller

KEY = "stdio"
"""Stands for the operator in the log and the audit trail, who has no API key."""


def serve(account_id: str, *, may_write: bool) -> None:
    """Serve until standard input ends."""
    if not is_installed():
        fail(f"the door for assistants isn't installed; install it: {INSTALL}")
    run(_serve(account_id, may_write))


async def _serve(account_id: str, may_write: bool) -> None:
    from connector.faces.mcp.stdio import serve as serve_session

    permissions = {Permission.READ} | ({Permission.WRITE} if may_write else set[Permission]())
    async with assembled() as container:
        account = await account_of(container, account_id)
        async with container.storage.work.reading() as tx:
            tenant = await tx.tenants.get(account.tenant_id)
        assert tenant is not None, "an account has a vendor"
        who = Who(Caller(tenant, KEY, frozenset(permissions)), account, KEY)
        await serve_session(tools_of(container), who)
