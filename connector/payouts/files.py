"""From a file's bytes, or lines of JSON, to what it says, whichever kind it is of. Pure."""

import codecs
from collections.abc import Mapping, Sequence
from datetime import date

from connector.payouts.checks import check_file
from connector.payouts.csv_files import read_csv
from connector.payouts.orders import (
    LARGEST_FILE,
    MOST_LINES,
    CheckedFile,
    FileProblems,
    RawFile,
    RawLine,
    refused,
)
from connector.payouts.pain001 import read_pain001

_OTHER_BOMS = (codecs.BOM_UTF16_BE, codecs.BOM_UTF16_LE, codecs.BOM_UTF32_BE, codecs.BOM_UTF32_LE)


def read_file(
    content: bytes,
    *,
    today: date,
    confirmed: frozenset[str] = frozenset(),
    debit_iban: str | None = None,
) -> CheckedFile:
    """Read and check a payout file, CSV or pain.001. Raises Invalid with all that is wrong."""
    text = _decoded(content)
    problems = FileProblems(confirmed)
    is_xml = text.lstrip().startswith("<")
    raw = read_pain001(text, problems) if is_xml else read_csv(text, problems)
    return check_file(raw, problems, today=today, debit_iban=debit_iban)


def read_lines(
    lines: Sequence[Mapping[str, str]],
    *,
    today: date,
    confirmed: frozenset[str] = frozenset(),
    debit_iban: str | None = None,
) -> CheckedFile:
    """Check lines that came as JSON. Raises Invalid with all that is wrong."""
    problems = FileProblems(confirmed)
    if len(lines) > MOST_LINES:
        raise refused(
            "lines",
            "TOO_MANY_LINES",
            f"There are more than {MOST_LINES} payments.",
            "Split them into several payouts.",
        )
    raw = RawFile("JSON", [RawLine(one, f"lines.{at}", ".") for at, one in enumerate(lines)])
    return check_file(raw, problems, today=today, debit_iban=debit_iban)


def _decoded(content: bytes) -> str:
    if len(content) > LARGEST_FILE:
        raise refused(
            "file",
            "FILE_TOO_LARGE",
            f"A payout file has at most {LARGEST_FILE // 1024 // 1024} MB.",
            "Split it into several files.",
        )
    if not content.strip():
        raise refused("file", "EMPTY_FILE", "The file is empty.", "Choose another one.")
    try:
        if content.startswith(_OTHER_BOMS):
            raise UnicodeDecodeError("utf-8", content, 0, 2, "another encoding")
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise refused(
            f"line {line}",
            "NOT_UTF8",
            "The file isn't in UTF-8.",
            "Save it as UTF-8; spreadsheets call that 'CSV UTF-8'.",
        ) from None
    if "\0" in text:
        raise refused(
            f"line {text.count(chr(10), 0, text.index(chr(0))) + 1}",
            "NUL_CHARACTER",
            "The file holds the character NUL, which no text has.",
            "It is no text file, or it was damaged: have it written again.",
        )
    return text
