"""Document numbers: one counter per organisation, kind and year."""

from __future__ import annotations

from datetime import date

from qonto_simulator.errors import ApiError, attribute, refuse
from qonto_simulator.world import Books

PROFORMA = "-PROFORMA"


def next_number(books: Books, prefix: str, day: date) -> str:
    """Takes the next free number, such as ``F-2026-042``."""
    series = f"{prefix}-{day.year}"
    taken = books.numbers[prefix]
    while True:
        books.counters[series] = books.counters.get(series, 0) + 1
        number = f"{series}-{books.counters[series]:03d}"
        if number not in taken:
            taken.add(number)
            return number


def proforma_number(books: Books, prefix: str, day: date) -> str:
    """A temporary number for a draft; it burns none of the legal ones."""
    series = f"{prefix}-{day.year}"
    position = max(books.counters.get(series, 0), books.counters.get(series + PROFORMA, 0)) + 1
    books.counters[series + PROFORMA] = position
    number = f"{series}-{position:03d}{PROFORMA}"
    books.numbers[prefix].add(number)
    return number


def claim(books: Books, prefix: str, number: str) -> None:
    """Takes a number chosen by the caller; 409 when another document of the kind has it."""
    if number in books.numbers[prefix]:
        raise number_taken()
    books.numbers[prefix].add(number)


def number_taken() -> ApiError:
    return refuse(
        409,
        "invoice_number_already_exists",
        "number is already used",
        pointer=attribute("number"),
    )
