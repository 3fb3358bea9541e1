"""Pages of lists that Qonto pages itself."""

from collections.abc import Awaitable, Callable
from typing import TypeVar

from connector.errors import DownstreamRefused
from connector.ports import Page, Query
from connector.providers.qonto.client import ListPart
from connector.providers.qonto.documents.reading import DocumentPage, Identified, ListMeta
from connector.unified.mapped import Mapped

D = TypeVar("D", bound=Identified)
T = TypeVar("T")

FetchPart = Callable[[ListPart], Awaitable[DocumentPage[D]]]


async def native_page(
    query: Query,
    fetch: FetchPart[D],
    convert: Callable[[D], Mapped[T] | str],
    kind: str,
) -> Page[T]:
    """Answer one of Qonto's pages in the unified model.

    `convert` answers a sentence instead of a value for a record that doesn't belong. A record that
    can't be read becomes a warning with its id. A page past the end, which Qonto answers with 422
    or with nothing, is empty and has the list's totals.
    """
    wanted = ListPart(query.page, query.limit, query.modified_since)
    try:
        page = await fetch(wanted)
    except DownstreamRefused as error:
        if error.status != 422 or query.page == 1:
            raise
        page = await _past_the_end(query, fetch, error)
    items: list[T] = []
    warnings: list[str] = []
    for record in page.records:
        if record.document is None:
            warnings.append(unreadable(kind, record.id))
            continue
        converted = convert(record.document)
        if isinstance(converted, str):
            warnings.append(converted)
        else:
            items.append(converted.value)
            warnings.extend(converted.warnings)
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
    query: Query, fetch: FetchPart[D], refusal: DownstreamRefused
) -> DocumentPage[D]:
    """Find out from the first page whether the refused page lies past the end."""
    first = await fetch(ListPart(1, 1, query.modified_since))
    total = first.meta.total_count
    if total is not None and (query.page - 1) * query.limit < total:
        raise refusal
    return DocumentPage((), ListMeta(total_count=total), b"{}")


def page_count(total: int | None, per_page: int) -> int | None:
    """Answer how many pages a list has; an empty list has none."""
    return None if total is None else -(-total // per_page)


def unreadable(kind: str, document_id: str | None) -> str:
    """Say that one record was left out."""
    return (
        f"{kind} {document_id or 'without id'}: left out, because the record doesn't fit Qonto's "
        "documentation; it is in the raw data"
    )
