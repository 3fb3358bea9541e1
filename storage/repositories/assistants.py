"""What was allowed to assistants, and the codes and tokens that stand for it."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import delete, insert, select, update

from storage.connection import SqlConnection
from storage.tables import AssistantGrantRow, AssistantTokenRow
from storage.values import as_row, as_value, as_values, columns_of, table_of

_grants = table_of(AssistantGrantRow)
_tokens = table_of(AssistantTokenRow)


@dataclass(frozen=True, slots=True)
class AssistantGrant:
    """What a person allowed one client to do with one account."""

    id: str
    tenant_id: str
    account_id: str
    api_key_id: str
    account_key_id: str
    client_digest: str
    client_name: str
    permissions: str
    created_at: datetime
    expires_at: datetime
    revoked_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class AssistantToken:
    """A code, or a token, by its hash alone."""

    digest: str = field(repr=False)
    grant_id: str
    account_id: str
    kind: str
    expires_at: datetime
    challenge: str | None = None
    redirect_uri: str | None = None
    used_at: datetime | None = None


class AssistantRepository:
    def __init__(self, connection: SqlConnection) -> None:
        self._connection = connection

    async def add_grant(self, grant: AssistantGrant) -> None:
        await self._connection.execute(insert(_grants).values(**as_row(grant)))

    async def add_token(self, token: AssistantToken) -> None:
        await self._connection.execute(insert(_tokens).values(**as_row(token)))

    async def find(
        self, digests: Sequence[str], kind: str
    ) -> tuple[AssistantToken, AssistantGrant] | None:
        """Return a code or token and what it stands for, whether either still holds or not."""
        columns = (*columns_of(AssistantToken, _tokens), *columns_of(AssistantGrant, _grants))
        found = await self._connection.execute(
            select(*columns)
            .join_from(_tokens, _grants, _tokens.c.grant_id == _grants.c.id)
            .where(_tokens.c.digest.in_(digests), _tokens.c.kind == kind)
        )
        row = found.first()
        return None if row is None else as_values(AssistantToken, AssistantGrant, row)

    async def use(self, digest: str, at: datetime) -> bool:
        """Use a code or token up; False when somebody did before."""
        result = await self._connection.execute(
            update(_tokens)
            .where(_tokens.c.digest == digest, _tokens.c.used_at.is_(None))
            .values(used_at=at)
        )
        return result.rowcount == 1

    async def revoke(self, grant_id: str, at: datetime) -> bool:
        """End what was allowed, with all its tokens; False when it had ended before."""
        result = await self._connection.execute(
            update(_grants)
            .where(_grants.c.id == grant_id, _grants.c.revoked_at.is_(None))
            .values(revoked_at=at)
        )
        return result.rowcount == 1

    async def get(self, grant_id: str) -> AssistantGrant | None:
        query = select(*columns_of(AssistantGrant, _grants)).where(_grants.c.id == grant_id)
        row = (await self._connection.execute(query)).first()
        return None if row is None else as_value(AssistantGrant, row)

    async def of_account(self, account_id: str) -> list[AssistantGrant]:
        """List what was allowed for an account, the oldest first."""
        rows = await self._connection.execute(
            select(*columns_of(AssistantGrant, _grants))
            .where(_grants.c.account_id == account_id)
            .order_by(_grants.c.id)
        )
        return [as_value(AssistantGrant, row) for row in rows]

    async def purge(self, before: datetime) -> int:
        """Delete codes, tokens and grants that expired before this moment; return how many."""
        gone = 0
        expired = select(_grants.c.id).where(_grants.c.expires_at < before)
        for statement in (
            delete(_tokens).where(_tokens.c.expires_at < before),
            delete(_tokens).where(_tokens.c.grant_id.in_(expired)),
            delete(_grants).where(_grants.c.expires_at < before),
        ):
            gone += (await self._connection.execute(statement)).rowcount
        return gone
