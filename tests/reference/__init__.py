"""The reference pages, written from the code. A page is a function that returns its Markdown."""

from collections.abc import Iterable

GENERATED = "<!-- Written by `make reference` from the code; don't edit. -->"
"""The first line of each page."""


def table(heads: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    """Return a table; a bar in a cell is written so that it stays in its cell."""
    heads = list(heads)
    lines = [heads, ["---"] * len(heads), *rows]
    return "\n".join(
        f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in line)} |" for line in lines
    )


def page(title: str, *parts: str) -> str:
    """Return a page of these paragraphs, tables and headings."""
    return "\n\n".join((GENERATED, f"# {title}", *(part.strip() for part in parts if part))) + "\n"


def code(text: str) -> str:
    """Return a text as code; nothing where there is none."""
    return f"`{text}`" if text else ""
