"""Pages of a list that the target system pages itself."""

from collections.abc import Hashable
from typing import Any, TypeVar

import msgspec

from connector.listing.source import NativeOrder, Source
from connector.listing.ties import Edges, Settler
from connector.listing.window import Window, page_window
from connector.ports import Page, Query

T = TypeVar("T")


async def native_page(
    query: Query, source: Source[Any, T], order: NativeOrder, walk: Hashable, edges: Edges
) -> Page[T]:
    """Return one of the target system's pages in the unified model.

    A record that can't be read becomes a warning with its id. A page past the end, whether refused
    or answered with nothing, is empty and has the list's totals. `walk` names the question, for
    whichever of its pages.
    """
    before = edges.get(walk, query.page - 1)
    largest = source.remote.largest_page if before is None else before.largest
    settler = Settler(source, order, before)
    page = await settler.settle(
        await page_window(source, query.page, query.limit, order.params, largest)
    )
    if (edge := settler.edge(page)) is not None:
        edges.keep(walk, query.page, edge)
    items: list[T] = []
    warnings: list[str] = []
    if page.is_short:
        warnings.append(source.incomplete(page.total, page.stop))
    if not settler.is_settled:
        warnings.append(
            f"{source.kind}: many records share one moment and have no order among themselves; "
            "one of them may come twice on other pages, and another never"
        )
    for record in page.records:
        shown = source.shown(record)
        if isinstance(shown, str):
            warnings.append(shown)
        else:
            items.append(shown.value)
            warnings.extend(shown.warnings)
    return Page(
        items=tuple(items),
        warnings=tuple(warnings),
        raw=_raw(source, page) if query.raw else None,
        total=page.total,
        page=query.page,
        per_page=query.limit,
        total_pages=page_count(page.total, query.limit),
    )


def _raw(source: Source[Any, Any], page: Window) -> bytes:
    """Return the target system's page, or one like it where the records come from several."""
    if page.raw is not None:
        return page.raw
    return msgspec.json.encode({source.remote.name: [msgspec.Raw(one.raw) for one in page.records]})


def page_count(total: int | None, per_page: int) -> int | None:
    """Return how many pages a list has; an empty list has none."""
    return None if total is None else -(-total // per_page)
