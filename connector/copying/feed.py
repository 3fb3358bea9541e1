"""What a target system offers for copying its records; a provider package implements it."""

from collections.abc import AsyncIterator, Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime, tzinfo
from typing import Any, Protocol

from connector.downloads import Download


@dataclass(frozen=True, slots=True)
class RecordFileRef:
    """A file of a record; without an id the target system is still making it.

    `link` is where its bytes are for a while, if that came with the record, and `name` and
    `content_type` are told with it. A link is a secret for as long as it works: it's never stored.
    """

    id: str | None
    link: str | None = field(default=None, repr=False)
    name: str | None = None
    content_type: str | None = None


@dataclass(frozen=True, slots=True)
class ReadRecord:
    """One record as a list showed it; `item` is it in the unified model, None if it can't be read.

    `version` differs whenever `raw` does, links apart, which `raw` is without. `is_other` says that
    it's of another kind, though it may have been of this one before.
    """

    id: str
    version: str
    changed_at: datetime | None
    item: Any
    raw: bytes = field(repr=False)
    files: tuple[RecordFileRef, ...] = ()
    is_other: bool = False


class RecordFeed(Protocol):
    """Reads whole lists, by when their records changed. Raises what `connector.ports` names."""

    @property
    def resources(self) -> Collection[str]:
        """The unified resources that can be copied."""
        ...

    async def check(self, account_id: str, resource: str, *, files: bool) -> None:
        """Raise MissingScope when the consent doesn't cover the records, or their files."""
        ...

    def read(
        self,
        account_id: str,
        resource: str,
        since: datetime | None,
        until: datetime,
        *,
        zone: tzinfo | None = None,
    ) -> AsyncIterator[Sequence[ReadRecord]]:
        """Read what changed last between two moments, both included; from the beginning for None.

        One may come twice. Whatever didn't change after `until` isn't left out, or ListIncomplete
        is raised at the end.
        """
        ...

    async def exists(self, account_id: str, resource: str, record_id: str) -> bool:
        """Say whether the target system has a record."""
        ...

    async def open(
        self, account_id: str, resource: str, record_id: str, file: RecordFileRef
    ) -> Download:
        """Open a file of a record. Raises what `Files.open_document` raises."""
        ...
