"""Reads a banking record: amounts that are plain numbers with twins in cents, closed currencies."""

from collections.abc import Iterable
from decimal import Decimal

from connector.providers.qonto.mapping.amounts import difference, read_cents
from connector.providers.qonto.mapping.notes import Notes
from connector.unified.iso import BANK_CURRENCY_CODES

_NOISE = Decimal("0.00001")
"""Less than any currency's smallest unit, more than what floats do to amounts below 10^9."""


class BankNotes(Notes):
    """The reader of one banking record."""

    def listed_currency(self, value: str | None) -> str | None:
        """Read a currency; None when the closed list of the contract lacks it."""
        if not value:
            return None
        code = value.upper()
        if code in BANK_CURRENCY_CODES:
            return code
        self.unknown("currency", value)
        return None

    def banked(self, field: str, amount: object, cents: object) -> Decimal | None:
        """Read an amount that Qonto writes as a number and again in cents.

        The number counts, digit for digit: it means the same in a currency without cents, or with
        three decimals. Where both differ by less than a float's noise, 0.30000000000000004 for 30
        cents, the cents count. Where they differ by more, that is noted.
        """
        number = self.number(field, amount)
        twin = read_cents(cents)
        if number is None or twin is None:
            return twin if number is None else number
        if number == twin:
            return number
        if difference(number, twin).copy_abs() < _NOISE:
            return twin
        self.warn(f"{field} and {field}_cents don't agree")
        return number

    def references(self, values: Iterable[str] | None) -> tuple[str, ...]:
        """Read ids, leaving out what stands for none."""
        return tuple(value for value in map(self.reference, values or ()) if value)
