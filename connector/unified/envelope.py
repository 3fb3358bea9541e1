"""What every answer is wrapped in: data, meta, the untouched source, and errors."""

from typing import Generic, TypeVar

import msgspec

T = TypeVar("T")


class Pagination(msgspec.Struct, frozen=True, rename="camel"):
    """Where a page stands in its list; the numbers count the whole list under the same filters."""

    total: int
    per_page: int
    current_page: int
    total_pages: int


class Meta(msgspec.Struct, frozen=True, rename="camel"):
    """About the answer. `pagination` is null for single records and where no total is known."""

    pagination: Pagination | None = None
    warnings: tuple[str, ...] = ()
    request_id: str | None = None


class Envelope(msgspec.Struct, Generic[T], frozen=True, rename="camel"):
    """A successful answer. `raw_data` is the target system's own document, byte for byte."""

    data: T
    meta: Meta
    raw_data: msgspec.Raw | None = None
    errors: None = None


class ValidationEntry(msgspec.Struct, frozen=True, rename="camel"):
    """One wrong field or parameter."""

    field: str
    code: str
    message: str


class DownstreamErrorEntry(msgspec.Struct, frozen=True, rename="camel"):
    """One thing the target system complained about."""

    status: int
    code: str | None
    message: str | None
    source: str | None


class Failure(msgspec.Struct, frozen=True, rename="camel"):
    """Why there is no data. `code` is stable; `message` says what to do next."""

    code: str
    message: str
    validation_errors: tuple[ValidationEntry, ...] = ()
    downstream_errors: tuple[DownstreamErrorEntry, ...] = ()
    trace_id: str | None = None
    request_id: str | None = None


class FailureEnvelope(msgspec.Struct, frozen=True, rename="camel"):
    """An answer that failed."""

    errors: Failure
    meta: Meta
    data: None = None
    raw_data: None = None
