"""What every successful answer is wrapped in: data, meta, and the untouched source."""

from typing import Generic, TypeVar

import msgspec

T = TypeVar("T")


class Pagination(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    """Where a page stands in its list; the numbers count the whole list under the same filters."""

    total: int
    per_page: int
    current_page: int
    total_pages: int


class Meta(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    """About the answer. `pagination` is null for single records and where no total is known."""

    pagination: Pagination | None
    warnings: tuple[str, ...]
    request_id: str


class Envelope(msgspec.Struct, Generic[T], frozen=True, gc=False, rename="camel"):
    """A successful answer. `rawData` is the target system's own document, byte for byte."""

    data: T
    meta: Meta
    raw_data: msgspec.Raw | None
    errors: None
