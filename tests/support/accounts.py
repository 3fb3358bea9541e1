"""Accounts stored without a link flow."""

from dataclasses import replace

from storage.repositories.accounts import Account
from storage.repositories.connections import Connection
from storage.repositories.tokens import OAUTH
from storage.unit_of_work import DatabaseTransaction


async def add_account(tx: DatabaseTransaction, account: Account) -> Account:
    """Store an account with a connection of its own, which has the account's id."""
    await tx.connections.join(
        Connection(
            id=account.id,
            tenant_id=account.tenant_id,
            target=account.target,
            organization_id=account.organization_id,
            membership_id=account.membership_id or "",
            kind=OAUTH,
            created_at=account.linked_at,
        )
    )
    stored = replace(account, connection_id=account.id)
    await tx.accounts.add(stored)
    return stored
