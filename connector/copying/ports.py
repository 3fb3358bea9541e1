"""What a copy is made of, and where it goes: a destination for records, a store for documents."""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol


@dataclass(frozen=True, slots=True)
class CopiedRecord:
    """One record as it was read.

    `resource` is the unified name, such as "invoices". `version` differs whenever the content does,
    and `content_hash` is the SHA-256 of `record` as canonical JSON, in hex. `record` is the unified
    record under the contract's names: dicts, lists, texts, numbers, and every amount a Decimal;
    moments are texts as the wire has them (2026-01-22T16:44:37.252Z). `raw` is the provider's own
    JSON, from which links that work without credentials were taken out.
    """

    resource: str
    id: str
    version: str
    content_hash: str
    changed_at: datetime | None
    record: Mapping[str, Any] = field(repr=False)
    raw: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Gone:
    """A record that the provider doesn't have any more."""

    resource: str
    id: str
    noticed_at: datetime


@dataclass(frozen=True, slots=True)
class StoredDocument:
    """A document in its store: `digest` is the SHA-256 of its bytes, in hex."""

    digest: str
    size: int
    path: str


class Destination(Protocol):
    """Where records go. Writing the same again changes nothing; a batch is all or nothing."""

    async def write(self, account_id: str, batch: Sequence[CopiedRecord | Gone]) -> None:
        """Insert or replace records by (account, resource, id), and take out what is gone."""
        ...

    async def close(self) -> None:
        """Let go of whatever it holds."""
        ...


class DocumentStore(Protocol):
    """Where documents go, by their content."""

    async def put(
        self,
        account_id: str,
        resource: str,
        record_id: str,
        file_name: str | None,
        content_type: str,
        chunks: AsyncIterator[bytes],
    ) -> StoredDocument:
        """Store a document as a whole, or not at all when `chunks` raises."""
        ...

    async def has(self, digest: str) -> bool:
        """Say whether bytes of that digest are stored."""
        ...

    async def close(self) -> None:
        """Let go of whatever it holds."""
        ...
