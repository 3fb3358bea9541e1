"""Links under way, each usable once, and the one-time codes that their ends hand out."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import delete, insert, select, update

from storage.connection import SqlConnection
from storage.tables import ExchangeCodeRow, LinkRow
from storage.values import as_row, as_value, columns_of, table_of

_table = table_of(LinkRow)
_codes = table_of(ExchangeCodeRow)


@dataclass(frozen=True, slots=True)
class Link:
    """What the vendor asked for when it started a link; its id is the nonce in the state."""

    id: str
    tenant_id: str
    target: str
    callback_url: str | None
    """Where the browser ends; None is at a page of our own."""
    cancel_callback_url: str | None
    webhook_callback_url: str | None
    reference: str | None
    include_signature: bool
    account_id: str | None
    """The account to link again, when the link was started under its key."""
    code_verifier: bytes = field(repr=False)
    """Sealed for `associated_data`: the PKCE verifier. Empty for a link page, which mints none
    itself."""
    created_at: datetime
    expires_at: datetime
    used_at: datetime | None = None
    page_id: str | None = None
    """The link page on which this link was begun."""
    return_digest: str | None = field(default=None, repr=False)
    """A keyed hash of the authorization code that the browser brought."""
    outcome: str | None = None
    """LINKED, or the code of what went wrong; None while the link is under way."""
    outcome_message: str | None = None
    linked_account_id: str | None = None
    handed: str | None = field(default=None, repr=False)
    """What the browser took along: the hash of a one-time code, or the id of an account key."""

    @property
    def associated_data(self) -> str:
        """Where the sealed verifier belongs."""
        return f"links.code_verifier:{self.id}"


@dataclass(frozen=True, slots=True)
class ExchangeCode:
    """The right to one account key, once, for one tenant."""

    digest: str = field(repr=False)
    tenant_id: str
    account_id: str
    expires_at: datetime
    used_at: datetime | None = None


class LinkRepository:
    def __init__(self, connection: SqlConnection) -> None:
        self._connection = connection

    async def add(self, link: Link) -> None:
        await self._connection.execute(insert(_table).values(**as_row(link)))

    async def get(self, link_id: str, *, lock: bool = False) -> Link | None:
        """Return a link; with `lock` nobody else changes it before this transaction ends."""
        query = select(*columns_of(Link, _table)).where(_table.c.id == link_id)
        found = await self._connection.execute(query.with_for_update() if lock else query)
        row = found.first()
        return None if row is None else as_value(Link, row)

    async def use(self, link_id: str, at: datetime, return_digest: str | None = None) -> bool:
        """Use the link up; False when somebody did before."""
        result = await self._connection.execute(
            update(_table)
            .where(_table.c.id == link_id, _table.c.used_at.is_(None))
            .values(used_at=at, return_digest=return_digest)
        )
        return result.rowcount == 1

    async def end(
        self,
        link_id: str,
        outcome: str,
        *,
        message: str | None = None,
        account_id: str | None = None,
        handed: str | None = None,
    ) -> None:
        """Note how a link ended, for a browser that comes back once more."""
        await self._connection.execute(
            update(_table)
            .where(_table.c.id == link_id)
            .values(
                outcome=outcome,
                outcome_message=message,
                linked_account_id=account_id,
                handed=handed,
            )
        )

    async def retire_code(self, digest: str, at: datetime) -> bool:
        """Use a code up that nobody has exchanged; False when somebody has."""
        result = await self._connection.execute(
            update(_codes)
            .where(_codes.c.digest == digest, _codes.c.used_at.is_(None))
            .values(used_at=at)
        )
        return result.rowcount == 1

    async def add_code(self, code: ExchangeCode) -> None:
        await self._connection.execute(insert(_codes).values(**as_row(code)))

    async def use_code(
        self, digests: Sequence[str], tenant_id: str, at: datetime
    ) -> ExchangeCode | None:
        """Use a code up; return None when it's unknown, used, too old or another tenant's."""
        result = await self._connection.execute(
            update(_codes)
            .where(
                _codes.c.digest.in_(digests),
                _codes.c.tenant_id == tenant_id,
                _codes.c.used_at.is_(None),
                _codes.c.expires_at > at,
            )
            .values(used_at=at)
            .returning(*columns_of(ExchangeCode, _codes))
        )
        row = result.first()
        return None if row is None else as_value(ExchangeCode, row)

    async def trim(self, page_id: str, *, most: int) -> None:
        """Delete the oldest links under way that were begun on a page, beyond the newest `most`."""
        kept = (
            select(_table.c.id)
            .where(_table.c.page_id == page_id, _table.c.used_at.is_(None))
            .order_by(_table.c.id.desc())
            .limit(most)
        )
        await self._connection.execute(
            delete(_table).where(
                _table.c.page_id == page_id,
                _table.c.used_at.is_(None),
                _table.c.id.not_in(kept),
            )
        )

    async def use_up(self, account_id: str, at: datetime) -> None:
        """Let every link and code under way for an account come to nothing."""
        for table in (_table, _codes):
            await self._connection.execute(
                update(table)
                .where(table.c.account_id == account_id, table.c.used_at.is_(None))
                .values(used_at=at)
            )

    async def purge(self, before: datetime) -> int:
        """Delete links and codes that expired before this moment; return how many."""
        gone = 0
        for table in (_table, _codes):
            result = await self._connection.execute(
                delete(table).where(table.c.expires_at < before)
            )
            gone += result.rowcount
        return gone
