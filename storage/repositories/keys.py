"""What API keys and account keys share: ending them, and keeping up with their use."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Table, and_, func, or_, select, update

from storage.connection import SqlConnection
from storage.sealing import Digest

USE_NOTED_EVERY = timedelta(minutes=1)
"""How often a key's use is written down at most, over all processes."""


@dataclass(frozen=True, slots=True)
class KeyUse:
    """A key was presented at a moment; `digest` is its hash under the newest master key."""

    key_id: str
    at: datetime
    known_digest: str = field(repr=False)
    """The hash it was found by."""
    digest: Digest = field(repr=False)


class KeyRepository:
    """The part of a repository that is the same for both tables of keys."""

    def __init__(self, connection: SqlConnection, table: "Table[Any]") -> None:
        self._connection = connection
        self._table = table

    async def end(self, key_id: str, at: datetime) -> bool:
        """Let a key end at this moment; False when it was revoked, or was to end sooner."""
        ends = self._table.c.ends_at
        result = await self._connection.execute(
            update(self._table)
            .where(self._is_live(key_id), or_(ends.is_(None), ends > at))
            .values(ends_at=at)
        )
        return result.rowcount == 1

    async def revoke(self, key_id: str, at: datetime) -> bool:
        """End a key at once; return False when it was revoked before."""
        result = await self._connection.execute(
            update(self._table).where(self._is_live(key_id)).values(revoked_at=at)
        )
        return result.rowcount == 1

    async def mark_used(self, use: KeyUse) -> None:
        """Remember when a key was last used, and hash it anew under the newest master key.

        The new hash is a compare-and-set on the one that the key was found by.
        """
        last = self._table.c.last_used_at
        await self._connection.execute(
            update(self._table)
            .where(
                self._table.c.id == use.key_id,
                or_(last.is_(None), last <= use.at - USE_NOTED_EVERY),
            )
            .values(last_used_at=use.at)
        )
        if use.digest.value != use.known_digest:
            await self._connection.execute(
                update(self._table)
                .where(self._table.c.id == use.key_id, self._table.c.digest == use.known_digest)
                .values(digest=use.digest.value, hash_key_id=use.digest.key_id)
            )

    async def hashed_with(self, at: datetime) -> dict[str, int]:
        """Count the live keys by the name of the master key that their hash was made with."""
        ends = self._table.c.ends_at
        rows = await self._connection.execute(
            select(self._table.c.hash_key_id, func.count())
            .where(self._table.c.revoked_at.is_(None), or_(ends.is_(None), ends > at))
            .group_by(self._table.c.hash_key_id)
        )
        return {row[0]: row[1] for row in rows}

    def _is_live(self, key_id: str) -> Any:
        return and_(self._table.c.id == key_id, self._table.c.revoked_at.is_(None))


def in_order(uses: Sequence[KeyUse]) -> list[KeyUse]:
    """Sort by key, so that two processes that write the same rows never wait on each other."""
    return sorted(uses, key=lambda use: use.key_id)
