"""Document numbers: one counter per organisation, kind and year, printed in the company's style."""

from __future__ import annotations

from datetime import date

from qonto_simulator.errors import ApiError, attribute, refuse
from qonto_simulator.world import Books

PROFORMA = "-PROFORMA"


def printed(books: Books, kind: str, year: int, position: int) -> str:
    """The number at a position, such as ``F-2026-042``; ``kind`` is a field of the styles."""
    style: str = getattr(books.organisation.numbers, kind)
    return style.format(year=year, short=f"{year % 100:02d}", position=position)


def next_number(books: Books, kind: str, day: date) -> str:
    """Takes the next free number."""
    number = free_number(books, kind, day)
    books.numbers[kind].add(number)
    return number


def free_number(books: Books, kind: str, day: date) -> str:
    """The next free number, for somebody who types it; nobody has it until it is claimed."""
    series = f"{kind}-{day.year}"
    while True:
        books.counters[series] = books.counters.get(series, 0) + 1
        number = printed(books, kind, day.year, books.counters[series])
        if number not in books.numbers[kind]:
            return number


def proforma_number(books: Books, kind: str, day: date) -> str:
    """A temporary number for a draft; it burns none of the legal ones."""
    series = f"{kind}-{day.year}"
    position = max(books.counters.get(series, 0), books.counters.get(series + PROFORMA, 0))
    while True:
        position += 1
        number = printed(books, kind, day.year, position) + PROFORMA
        if number not in books.numbers[kind]:
            break
    books.counters[series + PROFORMA] = position
    books.numbers[kind].add(number)
    return number


def claim(books: Books, kind: str, number: str) -> None:
    """Takes a number chosen by the caller; 409 when another document of the kind has it."""
    if number in books.numbers[kind]:
        raise number_taken()
    books.numbers[kind].add(number)


def number_taken() -> ApiError:
    return refuse(
        409,
        "invoice_number_already_exists",
        "number is already used",
        pointer=attribute("number"),
    )
