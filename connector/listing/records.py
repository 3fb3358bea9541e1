"""A page of a list as a provider read it: its records, and what was said of the whole."""

from dataclasses import dataclass, field
from hashlib import sha256
from typing import Generic, TypeVar

import msgspec

D = TypeVar("D")


class ListMeta(msgspec.Struct, frozen=True, gc=False):
    """Where a page stands; None is what the target system doesn't tell.

    `next_page` may be absent on the last page instead of null.
    """

    current_page: int | None = None
    next_page: int | None = None
    total_pages: int | None = None
    total_count: int | None = None
    per_page: int | None = None


class Record(msgspec.Struct, Generic[D], frozen=True, gc=False):
    """One document of a page and its own bytes; `document` is None when it can't be read."""

    document: D | None
    raw: bytes
    id: str | None

    @property
    def key(self) -> str:
        """What tells it from the others of its list: its id, else a hash of its bytes."""
        return self.id or sha256(self.raw).hexdigest()

    def __repr__(self) -> str:
        return f"Record(document={self.document!r}, id={self.id!r})"


@dataclass(frozen=True, slots=True)
class DocumentPage(Generic[D]):
    """One page of a list, and the bytes it came in."""

    records: tuple[Record[D], ...]
    meta: ListMeta
    raw: bytes = field(repr=False)
