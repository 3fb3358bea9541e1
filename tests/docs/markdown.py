"""Takes the project's Markdown apart: fenced blocks, tables, headings and links."""

import re
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]

_NOT_RUN = re.compile(r"<!-- not run: (?P<reason>.+) -->")
_INFO = re.compile(r'```(?P<language>\w*)(?: title="(?P<title>[^"]+)")?')
_LINK = re.compile(r"\[[^\]]+\]\((?P<target>[^)\s]+)\)")
_FENCE = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class Block:
    """One fenced block.

    `title` is the name of the file that the reader saves it as, if any. `not_run` is the reason
    given just above it, None when it runs.
    """

    language: str
    title: str | None
    text: str
    line: int
    not_run: str | None


def documents() -> list[Path]:
    """List the documentation, whoever reads it."""
    folders = (
        "*.md",
        "docs/**/*.md",
        "deploy/**/*.md",
        "simulator/*.md",
        "connector/providers/*/NOTES.md",
    )
    return sorted(path for pattern in folders for path in ROOT.glob(pattern))


def blocks(document: Path) -> list[Block]:
    """List a document's fenced blocks, in order."""
    found: list[Block] = []
    lines = document.read_text().splitlines()
    start: int | None = None
    for number, line in enumerate(lines):
        if not line.startswith("```"):
            continue
        if start is None:
            start = number
            continue
        before = _NOT_RUN.fullmatch(lines[start - 1]) if start else None
        text = "\n".join(lines[start + 1 : number])
        info = _INFO.fullmatch(lines[start])
        assert info is not None, f"{document.name}: {lines[start]}"
        found.append(
            Block(
                info["language"],
                info["title"],
                text,
                start + 1,
                before["reason"] if before else None,
            )
        )
        start = None
    return found


def links(document: Path) -> list[str]:
    """List where a document's links lead."""
    text = _FENCE.sub("", document.read_text())
    return [match["target"] for match in _LINK.finditer(text)]


def anchors(document: Path) -> set[str]:
    """Return the names under which a document's headings can be linked to."""
    text = _FENCE.sub("", document.read_text())
    headings = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def table_rows(document: Path, first_column: str) -> list[list[str]]:
    """List the cells of all table rows whose first cell matches the pattern."""
    rows = (
        [cell.strip() for cell in line.strip("|").split("|")]
        for line in document.read_text().splitlines()
        if line.startswith("|")
    )
    return [row for row in rows if re.fullmatch(first_column, row[0])]
