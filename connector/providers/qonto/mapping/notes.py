"""Reads one document's fields, and collects a warning for each that can't be expressed."""

from decimal import Decimal

from connector.providers.qonto.documents.amounts import Discount, MoneyField
from connector.providers.qonto.documents.mending import QontoDocument
from connector.providers.qonto.mapping.amounts import difference, read_decimal, read_percentage
from connector.providers.qonto.mapping.calendar import read_day, rewrite_date
from connector.providers.qonto.mapping.iban import is_iban
from connector.providers.qonto.mapping.rates import RateUnit
from connector.providers.qonto.mapping.stand_ins import stand_in
from connector.unified.iso import COUNTRY_CODES, CURRENCY_CODES

_ZERO_ID = "00000000-0000-0000-0000-000000000000"
_LONGEST_QUOTE = 40


class Notes:
    """The reader of one document: every method answers a unified value or None, and takes note.

    `id` is the document's, or what stands for it where Qonto sent none, which is noted. `warnings`
    holds one sentence per loss, naming the document so that it can be found in the provider's raw
    data.
    """

    def __init__(self, kind: str, document: QontoDocument | str) -> None:
        is_named = isinstance(document, str)
        self.id = document if is_named else document.id or stand_in(document)
        self._subject = f"{kind} {self.id}"
        self._currency: str | None = None
        self.warnings: list[str] = []
        if is_named:
            return
        if not document.id:
            self.warn(
                "it came without an id; this one is made of its content, changes with it, and "
                "can't be asked for"
            )
        for field in document.odd_fields:
            self.warn(f"{field} doesn't fit Qonto's documentation and counts as far as it can")

    def warn(self, what: str) -> None:
        """Note what could not be expressed."""
        self.warnings.append(f"{self._subject}: {what}")

    def unknown(self, field: str, word: str | None) -> None:
        """Note a word that has no counterpart, or that there is none."""
        self.warn(f"{field} {_quoted(word)} has no counterpart" if word else f"it has no {field}")

    def text(self, value: str | None) -> str | None:
        """Read a text; empty and missing are the same."""
        return value or None

    def reference(self, value: str | None) -> str | None:
        """Read an id; the id of all zeros stands for none."""
        return value if value and value != _ZERO_ID else None

    def iban(self, value: str | None) -> str | None:
        """Read an IBAN as it is; one whose check digits are wrong is noted."""
        if not value:
            return None
        if not is_iban(value):
            self.warn("iban is not a valid IBAN")
        return value

    def date(self, field: str, value: str | None) -> str | None:
        """Read a date (midnight UTC on the wire) or an instant (converted to UTC)."""
        if not value:
            return None
        written = rewrite_date(value)
        if written is None:
            self.warn(f"{field} {_quoted(value)} is not a date")
        return written

    def country(self, value: str | None) -> str | None:
        """Read a country code in either case; None when the contract's list lacks it."""
        if not value:
            return None
        code = value.upper()
        if code in COUNTRY_CODES:
            return code
        self.warn(f"country {_quoted(value)} is not in the contract's list")
        return None

    def currency(self, value: str | None, total: MoneyField) -> str | None:
        """Read the document's currency, from the document or else from its total.

        Amounts read afterwards must be in this currency.
        """
        named = value or (None if total is None else total.currency)
        if not named:
            return None
        self._currency = named.upper()
        if self._currency in CURRENCY_CODES:
            return self._currency
        self.warn(f"currency {_quoted(named)} is not an ISO 4217 code")
        return None

    def amount(self, field: str, money: MoneyField) -> Decimal | None:
        """Read an amount in the document's currency; one in another currency is left out."""
        if money is None:
            return None
        value = read_decimal(money.value)
        if value is None:
            return self.number(field, money.value)
        named = money.currency
        if named == self._currency or not named or self._currency is None:
            return value
        if named.upper() != self._currency:
            self.warn(f"{field} is in {_quoted(named)}, not in the document's currency")
            return None
        return value

    def number(self, field: str, value: object) -> Decimal | None:
        """Read a number such as a quantity."""
        number = read_decimal(value)
        if number is None and value is not None and value != "":
            self.warn(f"{field} is not a number")
        return number

    def percentage(
        self, field: str, rate: object, unit: RateUnit = RateUnit.FRACTION
    ) -> Decimal | None:
        """Read a rate into percent; one above 100 % is left out, as its unit is in doubt."""
        if rate is None or rate == "":
            return None
        percentage = read_percentage(rate) if unit is RateUnit.FRACTION else read_decimal(rate)
        if percentage is None:
            self.warn(f"{field} is not a number")
        elif percentage > 100:
            self.warn(f"{field} would be above 100 %")
            return None
        return percentage

    def discount(
        self, discount: Discount | None, unit: RateUnit = RateUnit.FRACTION
    ) -> tuple[Decimal | None, Decimal | None]:
        """Read a discount into its amount and its percentage, each None where not said."""
        if discount is None:
            return None, None
        amount = self.amount("discount", discount.amount)
        match discount.type or "":
            case "percentage":
                return amount, self.percentage("discount", discount.value, unit)
            case "absolute" | "amount":
                return self.number("discount", discount.value) if amount is None else amount, None
            case "":
                return amount, None
            case other:
                self.warn(f"discount type {_quoted(other)} is unknown")
                return amount, None

    def net(self, gross: Decimal | None, tax: Decimal | None) -> Decimal | None:
        """Return gross less tax, exactly, when both are known."""
        return None if gross is None or tax is None else difference(gross, tax)

    def parts_of_total(self, **parts: object) -> None:
        """Note the Italian and Spanish parts of a total that are neither net nor tax."""
        for field, value in parts.items():
            if value and read_decimal(value) != 0:
                self.warn(f"{field} has no counterpart; it may be part of the total")

    def days_between(self, start: str | None, end: str | None) -> int | None:
        """Count the days from one date to another, when both are known."""
        first, last = read_day(start), read_day(end)
        return None if first is None or last is None else (last - first).days


def _quoted(value: str) -> str:
    short = value if len(value) <= _LONGEST_QUOTE else value[:_LONGEST_QUOTE] + "..."
    return repr(short)
