"""What every successful answer is wrapped in: data, meta, and the untouched source."""

from collections.abc import Mapping
from typing import Annotated, Any, Generic, TypeVar

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from connector.api.meaning import meaning
from connector.api.named import naming

D = TypeVar("D")
M = TypeVar("M")

_WARNINGS = meaning("What was not used, or could not be said, one sentence each.")
_REQUEST_ID = meaning("The name of this request in the service's log.")


class Pagination(msgspec.Struct, frozen=True, rename="camel", gc=False):
    __doc__ = (
        """Where a page stands in its list; counted is the whole list under the same filters."""
    )

    total: Annotated[int, meaning("Records in the whole list, under the same filters.")]
    per_page: Annotated[int, meaning("Records on a page.")]
    current_page: Annotated[int, meaning("This page, from 1 on.")]
    total_pages: Annotated[int, meaning("Pages in the whole list.")]


class Meta(msgspec.Struct, frozen=True, rename="camel", gc=False):
    __doc__ = (
        """About the answer. `pagination` is null for single records and where no total is known."""
    )

    pagination: Annotated[
        Pagination | None,
        meaning("Where the page stands in its list; null for single records, or without a total."),
    ]
    warnings: Annotated[tuple[str, ...], _WARNINGS]
    request_id: Annotated[str, _REQUEST_ID]


class CursorMeta(msgspec.Struct, frozen=True, rename="camel", gc=False):
    __doc__ = """About a page. `nextCursor` asks for the next one, and is null at the end.

    `pagination` is null: counting a log of millions would cost more than reading it.
    """

    pagination: Annotated[None, meaning("Always null: the list goes on from a cursor.")]
    warnings: Annotated[tuple[str, ...], _WARNINGS]
    request_id: Annotated[str, _REQUEST_ID]
    next_cursor: Annotated[
        str | None, meaning("What asks for the next page; null at the end of the list.")
    ]


class BriefMeta(msgspec.Struct, frozen=True, rename="camel", gc=False):
    __doc__ = """About the answer to a call that isn't about books; empty members are left out."""

    warnings: Annotated[
        tuple[str, ...] | msgspec.UnsetType, meaning("What was not used; left out when all was.")
    ] = msgspec.UNSET
    request_id: Annotated[str | msgspec.UnsetType, _REQUEST_ID] = msgspec.UNSET


SourceDocument = Annotated[
    msgspec.Raw,
    msgspec.Meta(
        extra_json_schema={
            **naming("SourceDocument", "A document of the target system, untouched."),
            "type": "object",
        }
    ),
]


class Envelope(msgspec.Struct, Generic[D, M], frozen=True, rename="camel", gc=False):
    __doc__ = (
        """A successful answer. `rawData` is the target system's own document, byte for byte."""
    )

    data: Annotated[D, meaning("What was asked for.")]
    meta: Annotated[M, meaning("About the answer.")]
    raw_data: Annotated[
        SourceDocument | None,
        meaning("The target system's own document, untouched; null unless asked for."),
    ]
    errors: Annotated[None, meaning("Always null.")]


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
    meta = BriefMeta(warnings or msgspec.UNSET, msgspec.UNSET if request_id is None else request_id)
    return written(Envelope(data, meta, None, None), status, headers)


def written(value: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """Return a value as JSON."""
    return Response(encode(value), status, headers, "application/json")
