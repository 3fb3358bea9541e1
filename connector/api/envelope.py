"""What every successful answer is wrapped in: data, meta, and the untouched source."""

from collections.abc import Mapping
from typing import Any, Generic, TypeVar

import msgspec
from starlette.requests import Request
from starlette.responses import Response

D = TypeVar("D")
M = TypeVar("M")


class Pagination(msgspec.Struct, frozen=True, rename="camel", gc=False):
    """Where a page stands in its list; the numbers count the whole list under the same filters."""

    total: int
    per_page: int
    current_page: int
    total_pages: int


class Meta(msgspec.Struct, frozen=True, rename="camel", gc=False):
    """About the answer. `pagination` is null for single records and where no total is known."""

    pagination: Pagination | None
    warnings: tuple[str, ...]
    request_id: str


class CursorMeta(msgspec.Struct, frozen=True, rename="camel", gc=False):
    """About a page. `nextCursor` asks for the next one and is null at the end of the list.

    `pagination` is null: counting a log of millions would cost more than reading it.
    """

    pagination: None
    warnings: tuple[str, ...]
    request_id: str
    next_cursor: str | None


class BriefMeta(msgspec.Struct, frozen=True, rename="camel", gc=False, omit_defaults=True):
    """About the answer to a call that concerns no customer's books; empty members are left out."""

    warnings: tuple[str, ...] = ()
    request_id: str | None = None


class Envelope(msgspec.Struct, Generic[D, M], frozen=True, rename="camel", gc=False):
    """A successful answer. `rawData` is the target system's own document, byte for byte."""

    data: D
    meta: M
    raw_data: msgspec.Raw | None
    errors: None


_ENCODER = msgspec.json.Encoder(decimal_format="number")


def encode(value: Any) -> bytes:
    """Write a value as JSON. A `Decimal` keeps its digits; it must be finite."""
    return _ENCODER.encode(value)


def answer(
    request: Request,
    data: Any,
    *,
    pagination: Pagination | None = None,
    warnings: tuple[str, ...] = (),
    raw: bytes | None = None,
    status: int = 200,
) -> Response:
    """Return data in its envelope."""
    meta = Meta(pagination, warnings, request.state.request_id)
    source = None if raw is None else msgspec.Raw(raw)
    return written(Envelope(data, meta, source, None), status)


def answer_cursor(request: Request, data: Any, next_cursor: str | None) -> Response:
    """Return a page of a list that goes on from a cursor."""
    meta = CursorMeta(None, (), request.state.request_id, next_cursor)
    return written(Envelope(data, meta, None, None))


def answer_briefly(
    data: Any,
    *,
    warnings: tuple[str, ...] = (),
    request_id: str | None = None,
    status: int = 200,
    headers: Mapping[str, str] | None = None,
) -> Response:
    """Return data in an envelope that says no more than there is to say."""
    return written(Envelope(data, BriefMeta(warnings, request_id), None, None), status, headers)


def written(value: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """Return a value as JSON."""
    return Response(encode(value), status, headers, "application/json")
