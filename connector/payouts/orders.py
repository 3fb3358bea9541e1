"""One line of a payout file: as it was read, and once it is known to be right. Values."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

import msgspec

from storage.errors import FieldError, Invalid

MOST_LINES = 10_000
"""Lines that a file may have."""

LARGEST_FILE = 10 * 1024 * 1024
"""Bytes that a file may have."""

MOST_PROBLEMS = 1_000
"""Problems that are told of one file; beyond, they are only counted."""

FIELDS = (
    "name",
    "iban",
    "amount",
    "reference",
    "currency",
    "endToEndId",
    "executionDay",
    "debitIban",
    "attachmentIds",
)
"""What a line can say, in the words of columns and of JSON."""

REQUIRED = FIELDS[:4]


@dataclass(frozen=True, slots=True)
class RawLine:
    """A line as it was read: texts by FIELDS, and where in the file it stands.

    `names` are what the file calls the fields, where it has words of its own; `joint` stands
    between the line's place and such a name.
    """

    values: Mapping[str, str]
    where: str
    joint: str = ", "
    names: Mapping[str, str] = field(default_factory=dict[str, str])

    def at(self, name: str) -> str:
        """Return the place of a field."""
        return f"{self.where}{self.joint}{self.names.get(name, name)}"


@dataclass(frozen=True, slots=True)
class RawFile:
    """A file as it was read. `warnings` tell what it says that can't be used."""

    kind: str
    lines: Sequence[RawLine]
    warnings: tuple[str, ...] = ()


class PayoutOrder(msgspec.Struct, frozen=True, omit_defaults=True):
    """One payment that a file asks for. `where` is its place in the file, `number` counts from 1.

    `amount` is in EUR. `day` is when it is to be executed, None for at once. `debit_iban` is the
    account that pays, None for the main one.
    """

    number: int
    where: str
    name: str
    iban: str
    amount: Decimal
    reference: str
    end_to_end_id: str | None = None
    day: date | None = None
    debit_iban: str | None = None
    attachment_ids: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class CheckedFile:
    """A file in which nothing is wrong."""

    kind: str
    orders: tuple[PayoutOrder, ...]
    warnings: tuple[str, ...] = ()

    @property
    def total(self) -> Decimal:
        """Return the sum, in EUR."""
        return sum((one.amount for one in self.orders), Decimal("0.00"))


@dataclass
class FileProblems:
    """Collects everything that is wrong with a file; `check` raises it at once."""

    confirmed: frozenset[str] = frozenset()
    found: list[FieldError] = field(default_factory=list[FieldError])
    count: int = 0

    def add(self, where: str, code: str, message: str, remedy: str) -> None:
        """Note what is wrong at a place, and what to do about it."""
        self.count += 1
        if self.count <= MOST_PROBLEMS:
            self.found.append(FieldError(where, code, message, remedy))

    def doubt(self, where: str, code: str, message: str) -> None:
        """Note what is most likely a mistake, unless the caller has confirmed it by its code."""
        if code not in self.confirmed:
            self.add(where, code, message, f"If it is meant, send the parameter confirm={code}.")

    def check(self) -> None:
        """Raise Invalid if anything is wrong."""
        if not self.count:
            return
        noun = "thing is" if self.count == 1 else "things are"
        rest = f"; the first {MOST_PROBLEMS} are listed" if self.count > MOST_PROBLEMS else ""
        raise Invalid(f"{self.count} {noun} wrong with the payout file{rest}.", self.found)


def refused(where: str, code: str, message: str, remedy: str) -> Invalid:
    """Make the error for a file that can't be read at all."""
    return Invalid(message, (FieldError(where, code, message, remedy),))


def plain(number: Decimal) -> str:
    """Write a number with digits alone, without zeros that say nothing after its cents."""
    whole, point, cents = f"{number:f}".partition(".")
    cents = cents[:2] + cents[2:].rstrip("0")
    return f"{whole}{point}{cents}" if cents else whole
