"""Pages: ``page`` from 1, ``per_page`` up to what a list allows, and ``meta``."""

from __future__ import annotations

from dataclasses import dataclass
from fnmatch import fnmatchcase

from starlette.datastructures import QueryParams

from .errors import refuse
from .quirks import Quirks

MOST = 100
MOST_INVOICING = 500
"""What a page of client invoices or of quotes may hold."""


@dataclass(frozen=True, slots=True)
class Page:
    """Which page was asked for; ``said`` is the size that ``meta`` tells, if not the real one."""

    number: int
    size: int
    said: int | None = None

    def limited(self, quirks: Quirks, path: str) -> Page:
        """The page as the quirk ``most_per_page`` leaves it."""
        most = quirks.most_per_page
        if most is None or self.size <= most or not fnmatchcase(path, quirks.most_per_page_on):
            return self
        return Page(self.number, most, self.size if quirks.most_per_page_unsaid else None)

    @property
    def start(self) -> int:
        return (self.number - 1) * self.size

    @property
    def stop(self) -> int:
        return self.number * self.size


def read_page(
    query: QueryParams, *, default: int = 100, most: int = MOST, current_page: bool = False
) -> Page:
    """The page of a query; 422 outside the limits.

    Older lists also know the page as ``current_page``; ``page`` wins where both are sent.
    """
    name = "current_page" if current_page and not query.get("page") else "page"
    return Page(_number(query, name, 1, None), _number(query, "per_page", default, most))


def _number(query: QueryParams, name: str, default: int, most: int | None) -> int:
    text = query.get(name, "")
    if not text:
        return default
    number = int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0
    if number < 1 or (most is not None and number > most):
        limit = "at least 1" if most is None else f"between 1 and {most}"
        raise refuse(422, "invalid", f"{name} must be a number {limit}", parameter=name)
    return number


def meta(page: Page, total: int, quirks: Quirks, *, strict: bool = False) -> dict[str, object]:
    """The ``meta`` of a page; ``strict`` lists refuse a page beyond the last with 422."""
    size = page.said or page.size
    pages = -(-total // size)
    if page.number > max(1, pages) and (strict or quirks.page_past_end_is_422):
        raise refuse(422, "invalid", "page is beyond the last page", parameter="page")
    document: dict[str, object] = {
        "current_page": page.number,
        "next_page": page.number + 1 if page.number < pages else None,
        "prev_page": page.number - 1 if page.number > 1 else None,
        "total_pages": pages,
        "total_count": total,
        "per_page": size,
    }
    if quirks.omit_next_page and document["next_page"] is None:
        del document["next_page"]
    return document
