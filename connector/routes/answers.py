"""Pages and single records as the envelope that clients get."""

from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from connector.ports import Found, Page
from connector.routes.parameters import ListRequest, SingleRequest
from connector.unified.encoding import encode
from connector.unified.envelope import Envelope, Meta, Pagination

_NO_TOTAL = "The target system doesn't tell how many records there are."


def answer_page(request: Request, asked: ListRequest, page: Page[Any]) -> Response:
    """Wrap a page. Without a known total there is no pagination, since its numbers can't be null.

    Raw data is the page as the target system sent it, when it was asked for.
    """
    warnings = (*asked.warnings, *page.warnings)
    pagination = None
    if page.total is None or page.total_pages is None:
        warnings = (*warnings, _NO_TOTAL)
    else:
        pagination = Pagination(page.total, page.per_page, page.page, page.total_pages)
    return _json(
        Envelope(
            data=page.items,
            meta=Meta(pagination, warnings, request.state.request_id),
            raw_data=None if page.raw is None else msgspec.Raw(page.raw),
            errors=None,
        )
    )


def answer_found(request: Request, asked: SingleRequest, found: Found[Any]) -> Response:
    """Wrap a single record, with its source when it was asked for."""
    return _json(
        Envelope(
            data=found.item,
            meta=Meta(None, (*asked.warnings, *found.warnings), request.state.request_id),
            raw_data=msgspec.Raw(found.raw) if asked.raw else None,
            errors=None,
        )
    )


def _json(envelope: Envelope[Any]) -> Response:
    return Response(encode(envelope), media_type="application/json")
