"""Where sealed values are, whatever aggregate they belong to."""

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.tables import SubscriptionRow, SystemRow, TokenRow, UpstreamSubscriptionRow
from storage.values import table_of

_PLACES = (
    (table_of(TokenRow), "access_token", ("account_id",)),
    (table_of(SystemRow), "client_secret", ("tenant_id", "target")),
    (table_of(SubscriptionRow), "secret", ("id",)),
    (table_of(UpstreamSubscriptionRow), "secret", ("id",)),
)


async def newest_sealed(connection: AsyncConnection) -> list[tuple[str, bytes]]:
    """Answer the newest sealed value of each kind, with the place it was sealed for."""
    found: list[tuple[str, bytes]] = []
    for table, column, keys in _PLACES:
        row = (
            await connection.execute(
                select(table.c[column], *(table.c[key] for key in keys))
                .order_by(table.c.updated_at.desc())
                .limit(1)
            )
        ).first()
        if row is not None:
            found.append((":".join([f"{table.name}.{column}", *row[1:]]), row[0]))
    return found
