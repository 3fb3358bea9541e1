"""Pages and single records as the envelope that clients get."""

from collections.abc import Callable
from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from connector.ports import Found, Page
from connector.routes.parameters import ListRequest, SingleRequest
from connector.unified.encoding import encode
from connector.unified.envelope import Envelope, Meta, Pagination

_NO_TOTAL = "The target system doesn't tell how many records there are."

Shown = Callable[[Any], Any] | None
"""Turns a record into the shape that is answered; None when it has it already."""


def answer_page(
    request: Request, asked: ListRequest, page: Page[Any], *, shown: Shown = None
) -> Response:
    """Wrap a page. Without a known total there is no pagination, since its numbers can't be null.

    Raw data is the page as the target system sent it, when it was asked for.
    """
    warnings = (*asked.warnings, *page.warnings)
    pagination = None
    if page.total is None or page.total_pages is None:
        warnings = (*warnings, _NO_TOTAL)
    else:
        pagination = Pagination(page.total, page.per_page, page.page, page.total_pages)
    items = page.items if shown is None else tuple(shown(item) for item in page.items)
    return answer(request, items, pagination=pagination, warnings=warnings, raw=page.raw)


def answer_found(
    request: Request,
    asked: SingleRequest,
    found: Found[Any],
    *,
    shown: Shown = None,
    as_list: bool = False,
) -> Response:
    """Wrap a single record, with its source when it was asked for."""
    item = found.item if shown is None else shown(found.item)
    return answer(
        request,
        (item,) if as_list else item,
        warnings=(*asked.warnings, *found.warnings),
        raw=found.raw if asked.raw else None,
    )


def answer(
    request: Request,
    data: Any,
    *,
    pagination: Pagination | None = None,
    warnings: tuple[str, ...] = (),
    raw: bytes | None = None,
    status: int = 200,
) -> Response:
    """Wrap any data."""
    envelope = Envelope(
        data=data,
        meta=Meta(pagination, warnings, request.state.request_id),
        raw_data=None if raw is None else msgspec.Raw(raw),
        errors=None,
    )
    return Response(encode(envelope), status, media_type="application/json")
