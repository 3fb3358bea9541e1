"""Reads payout files that are CSV. Pure.

UTF-8, with or without a byte order mark. The first line names the columns, in any order and case;
it also tells the delimiter, `,` or `;`. Cells may be quoted with `"`. Empty lines are left out.
"""

import csv
from collections.abc import Iterator, Sequence

from connector.payouts.orders import (
    FIELDS,
    MOST_LINES,
    REQUIRED,
    FileProblems,
    RawFile,
    RawLine,
    refused,
)

LONGEST_CELL = 2_000
"""Characters of a cell."""

_MOST_PHYSICAL = 10 * MOST_LINES
"""Lines of text, empty ones among them."""

_COLUMNS = {name.lower(): name for name in FIELDS}
_KNOWN = ", ".join(FIELDS)


def read_csv(text: str, problems: FileProblems) -> RawFile:
    """Read a CSV file. Raises Invalid where its header or its quotes can't be read."""
    if text.count("\n") > _MOST_PHYSICAL:
        raise refused(
            "file",
            "TOO_MANY_LINES",
            f"The file has more than {_MOST_PHYSICAL} lines of text.",
            "Leave out empty lines.",
        )
    delimiter = _delimiter(text)
    rows = _rows(text, delimiter)
    columns = _columns(next(rows, (1, ()))[1])
    lines: list[RawLine] = []
    for number, row in rows:
        if len(lines) >= MOST_LINES:
            raise refused(
                f"line {number}",
                "TOO_MANY_LINES",
                f"The file has more than {MOST_LINES} payments.",
                "Split it into several files.",
            )
        if len(row) != len(columns):
            problems.add(
                f"line {number}",
                "ROW_LENGTH",
                f"The line has {len(row)} cells, the header {len(columns)}.",
                "Put cells that contain the delimiter into double quotes.",
            )
            continue
        long = [name for name, cell in zip(columns, row, strict=True) if len(cell) > LONGEST_CELL]
        for name in long:
            problems.add(
                f"line {number}, {name}",
                "FIELD_TOO_LONG",
                f"A cell has at most {LONGEST_CELL} characters.",
                "Shorten it.",
            )
        if not long:
            cells = zip(columns, (cell.strip() for cell in row), strict=True)
            lines.append(RawLine(dict(cells), f"line {number}"))
    return RawFile("CSV", lines)


def _delimiter(text: str) -> str:
    header = text.partition("\n")[0]
    found = [one for one in ",;" if one in header]
    if len(found) > 1:
        raise refused(
            "line 1",
            "AMBIGUOUS_DELIMITER",
            "The header has both commas and semicolons.",
            "Use one of them between the columns of the whole file.",
        )
    return found[0] if found else ","


def _rows(text: str, delimiter: str) -> Iterator[tuple[int, Sequence[str]]]:
    """Yield the rows that aren't empty, each with the number of the line it begins on."""
    # keeps line ends within quotes, so that they are seen and refused
    reader = csv.reader(_physical_lines(text), delimiter=delimiter, strict=True)
    begins = 1
    while True:
        try:
            row = next(reader, None)
        except csv.Error:
            raise refused(
                f"line {begins}",
                "BROKEN_QUOTES",
                "The quotes of this line don't fit together, or it has a cell without end.",
                'Quote whole cells, and write a quote within them as "".',
            ) from None
        if row is None:
            return
        if any(cell.strip() for cell in row):
            yield begins, row
        begins = reader.line_num + 1


def _physical_lines(text: str) -> Iterator[str]:
    start = 0
    while start < len(text):
        end = text.find("\n", start)
        end = len(text) if end < 0 else end + 1
        yield text[start:end]
        start = end


def _columns(header: Sequence[str]) -> list[str]:
    problems = FileProblems()
    names: list[str] = []
    for position, cell in enumerate(header, 1):
        where = f"line 1, column {position}"
        name = _COLUMNS.get(cell.strip().lower())
        if name is None:
            problems.add(
                where, "UNKNOWN_COLUMN", "This column isn't known.", f"Columns are: {_KNOWN}."
            )
        elif name in names:
            problems.add(
                where, "DUPLICATE_COLUMN", f"{name} comes a second time.", "Leave one of them out."
            )
        names.append(name or "")
    for name in REQUIRED:
        if name not in names:
            problems.add(
                "line 1",
                "MISSING_COLUMN",
                f"There is no column {name}.",
                f"Name the columns in the first line: {', '.join(REQUIRED)} are needed.",
            )
    problems.check()
    return names
