"""Pages and single records as the envelope that clients get."""

from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from connector.api.envelope import Pagination, answer
from connector.faces.rest.parameters import ListRequest, SingleRequest
from connector.ports import Found, Page

_NO_TOTAL = "The target system doesn't tell how many records there are."


def answer_page(request: Request, asked: ListRequest, page: Page[Any]) -> Response:
    """Wrap a page. Without a known total there is no pagination, since its numbers can't be null.

    Raw data is the page as the target system sent it, when it was asked for.
    """
    pagination, warnings = place_of(page)
    warnings = (*asked.warnings, *warnings)
    return answer(request, page.items, pagination=pagination, warnings=warnings, raw=page.raw)


def place_of(page: Page[Any]) -> tuple[Pagination | None, tuple[str, ...]]:
    """Return where a page stands in its list, None without a total; and what there is to say."""
    if page.total is None or page.total_pages is None:
        return None, (*page.warnings, _NO_TOTAL)
    return Pagination(page.total, page.per_page, page.page, page.total_pages), page.warnings


def answer_found(
    request: Request, asked: SingleRequest, found: Found[Any], *, as_list: bool = False
) -> Response:
    """Wrap a single record, with its source when it was asked for."""
    return answer(
        request,
        (found.item,) if as_list else found.item,
        warnings=(*asked.warnings, *found.warnings),
        raw=found.raw if asked.raw else None,
    )
