"""Pages of lists that Qonto pages itself."""

from typing import Any, TypeVar

from connector.errors import DownstreamRefused
from connector.ports import Page, Query
from connector.providers.qonto.client import Params
from connector.providers.qonto.documents.reading import DocumentPage, ListMeta
from connector.providers.qonto.session.source import Source, may_be_past_the_end, unreadable

T = TypeVar("T")


async def native_page(query: Query, source: Source[Any, T], order: Params) -> Page[T]:
    """Answer one of Qonto's pages in the unified model.

    A record that can't be read becomes a warning with its id. A page past the end, which Qonto
    answers with 422 or with nothing, is empty and has the list's totals.
    """
    try:
        page = await source.page(query.page, query.limit, order)
    except DownstreamRefused as error:
        if query.page == 1 or not may_be_past_the_end(error):
            raise
        page = await _past_the_end(query, source, order, error)
    items: list[T] = []
    warnings: list[str] = []
    for record in page.records:
        if record.document is None:
            warnings.append(unreadable(source.kind, record.id))
            continue
        mapped = source.convert(record.document)
        if mapped is None:
            warnings.append(source.strange(record))
        else:
            items.append(mapped.value)
            warnings.extend(mapped.warnings)
    total = page.meta.total_count
    return Page(
        items=tuple(items),
        warnings=tuple(warnings),
        raw=page.raw if query.raw else None,
        total=total,
        page=query.page,
        per_page=query.limit,
        total_pages=page_count(total, query.limit),
    )


async def _past_the_end(
    query: Query, source: Source[Any, Any], order: Params, refusal: DownstreamRefused
) -> DocumentPage[Any]:
    """Find out from the first page whether the refused page lies past the end."""
    first = await source.page(1, 1, order)
    total = first.meta.total_count
    if total is not None and (query.page - 1) * query.limit < total:
        raise refusal
    return DocumentPage((), ListMeta(total_count=total), b"{}")


def page_count(total: int | None, per_page: int) -> int | None:
    """Answer how many pages a list has; an empty list has none."""
    return None if total is None else -(-total // per_page)
