"""Checks a payout file as a whole: everything that is wrong with it, at once. Pure."""

import re
import uuid
from collections.abc import Sequence
from datetime import date
from decimal import Decimal

from connector.payouts.iban import read_iban
from connector.payouts.orders import (
    CheckedFile,
    FileProblems,
    PayoutOrder,
    RawFile,
    RawLine,
)

LONGEST_NAME = 140
LONGEST_REFERENCE = 140
LONGEST_ID = 35
MOST_ATTACHMENTS = 50
MOST_WITHOUT_ATTACHMENT = Decimal(30_000)
LARGEST_AMOUNT = Decimal("999999999.99")

_AMOUNT = re.compile(r"([0-9]{1,12})(?:[.,]([0-9]{1,12}))?", re.ASCII)
_CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ufffe\uffff]")
_FORMULA = ("=", "+", "-", "@")
NOT_PROVIDED = "NOTPROVIDED"
"""What stands in the place of an end-to-end id that there isn't; it may be there many times."""


def check_file(
    raw: RawFile, problems: FileProblems, *, today: date, debit_iban: str | None = None
) -> CheckedFile:
    """Return the payments that a file asks for. Raises Invalid with everything that is wrong.

    `debit_iban` is the account that pays where a line doesn't name another.
    """
    if not raw.lines and not problems.count:
        problems.add(
            "file", "NO_LINES", "There is no payment in the file.", "Add a line for each payment."
        )
    checks = _Checks(problems, today, debit_iban)
    orders = [
        order
        for number, line in enumerate(raw.lines, 1)
        if (order := checks.line(number, line)) is not None
    ]
    problems.check()
    return CheckedFile(raw.kind, tuple(orders), raw.warnings)


class _Checks:
    def __init__(self, problems: FileProblems, today: date, debit_iban: str | None) -> None:
        self._problems = problems
        self._today = today
        self._debit_iban = debit_iban
        self._ids: dict[str, str] = {}
        self._seen: dict[tuple[object, ...], str] = {}

    def line(self, number: int, line: RawLine) -> PayoutOrder | None:
        """Return the payment of a line; None where something is wrong with it."""
        before = self._problems.count
        name = self._text(line, "name", LONGEST_NAME, required=True)
        iban = self._iban(line, "iban", required=True)
        amount = self._amount(line)
        reference = self._text(line, "reference", LONGEST_REFERENCE, required=True)
        self._currency(line)
        own_id = self._id(line)
        day = self._day(line)
        debit = self._iban(line, "debitIban") or self._debit_iban
        files = self._attachments(line)
        if name is None or iban is None or amount is None or reference is None:
            return None
        if iban == debit:
            self._add(
                line,
                "iban",
                "OWN_ACCOUNT",
                "Payee and payer are the same account.",
                "Name the payee's account.",
            )
        if amount > MOST_WITHOUT_ATTACHMENT and not files:
            self._add(
                line,
                "attachmentIds",
                "ATTACHMENT_REQUIRED",
                f"Above {MOST_WITHOUT_ATTACHMENT} EUR a payment needs a document.",
                "Upload it at POST /accounting/files and name its id in attachmentIds.",
            )
        self._alike(line, (name.casefold(), iban, amount, reference.casefold(), day))
        if self._problems.count > before:
            return None
        return PayoutOrder(
            number, line.where, name, iban, amount, reference, own_id, day, debit, tuple(files)
        )

    def _add(self, line: RawLine, field: str, code: str, message: str, remedy: str) -> None:
        self._problems.add(line.at(field), code, message, remedy)

    def _text(
        self, line: RawLine, field: str, longest: int, *, required: bool = False
    ) -> str | None:
        text = line.values.get(field, "").strip()
        if not text:
            if required:
                self._add(line, field, "REQUIRED", f"{field} is missing.", "Fill it in.")
            return None
        if _CONTROLS.search(text):
            self._add(
                line,
                field,
                "CONTROL_CHARACTER",
                f"{field} has a line break or another control character.",
                "Write it in one line, in plain characters.",
            )
            return None
        if text.startswith(_FORMULA):
            self._add(
                line,
                field,
                "FORMULA",
                f"{field} begins like a formula of a spreadsheet, with one of = + - @.",
                "Begin it with a letter or a digit.",
            )
            return None
        if len(text) > longest:
            self._add(
                line,
                field,
                "TOO_LONG",
                f"{field} has {len(text)} characters; at most {longest} fit.",
                "Shorten it.",
            )
            return None
        return text

    def _iban(self, line: RawLine, field: str, *, required: bool = False) -> str | None:
        text = line.values.get(field, "").strip()
        if text:
            return read_iban(text, line.at(field), self._problems)
        if required:
            self._add(line, field, "REQUIRED", f"{field} is missing.", "Fill it in.")
        return None

    def _amount(self, line: RawLine) -> Decimal | None:
        text = line.values.get("amount", "").strip()
        if not text:
            self._add(line, "amount", "REQUIRED", "amount is missing.", "Fill it in.")
            return None
        match = _AMOUNT.fullmatch(text)
        if match is None:
            self._add(
                line,
                "amount",
                "NOT_AN_AMOUNT",
                "An amount is digits, and at most one point or comma before its cents.",
                "Write it like 1234.56 or 1234,56: no sign, no currency, no thousands separator.",
            )
            return None
        whole, cents = match[1], (match[2] or "")
        if len(cents) > 2:
            self._add(
                line,
                "amount",
                "AMOUNT_DECIMALS",
                "An amount has at most two decimals.",
                "Round it to cents; thousands are written without a separator.",
            )
            return None
        amount = Decimal(f"{whole}.{cents[:2]:0<2}")
        if not 0 < amount <= LARGEST_AMOUNT:
            self._add(
                line,
                "amount",
                "AMOUNT_OUT_OF_RANGE",
                f"An amount is more than 0 and at most {LARGEST_AMOUNT}.",
                "Correct it, or leave the line out.",
            )
            return None
        return amount

    def _currency(self, line: RawLine) -> None:
        currency = line.values.get("currency", "").strip()
        if currency not in ("", "EUR"):
            self._add(
                line,
                "currency",
                "CURRENCY_NOT_ALLOWED",
                "SEPA transfers are in EUR.",
                "Write EUR, or leave it empty.",
            )

    def _id(self, line: RawLine) -> str | None:
        text = self._text(line, "endToEndId", LONGEST_ID)
        if text is None or text == NOT_PROVIDED:
            return None
        first = self._ids.setdefault(text, line.at("endToEndId"))
        if first != line.at("endToEndId"):
            self._add(
                line,
                "endToEndId",
                "END_TO_END_ID_REPEATED",
                f"This id is there already, at {first}.",
                "Give every payment an id of its own.",
            )
        return text

    def _day(self, line: RawLine) -> date | None:
        text = line.values.get("executionDay", "").strip()
        if not text:
            return None
        day = _date_of(text)
        if day is None:
            self._add(
                line,
                "executionDay",
                "NOT_A_DATE",
                "A date is written like 2026-11-20.",
                "Write it so, or leave it empty for at once.",
            )
        elif day < self._today:
            self._problems.doubt(
                line.at("executionDay"),
                "DATE_PASSED",
                "This day has passed: the payment would be made at once.",
            )
        return day if day is not None and day > self._today else None

    def _attachments(self, line: RawLine) -> Sequence[str]:
        ids = line.values.get("attachmentIds", "").split()
        if len(ids) > MOST_ATTACHMENTS:
            self._add(
                line,
                "attachmentIds",
                "TOO_MANY",
                f"A payment has at most {MOST_ATTACHMENTS} documents.",
                "Leave some out.",
            )
            return ids
        if not all(_is_uuid(one) for one in ids):
            self._add(
                line,
                "attachmentIds",
                "NOT_AN_ID",
                "Each is an id that POST /accounting/files answered, with spaces between them.",
                "Upload the documents first.",
            )
        return ids

    def _alike(self, line: RawLine, said: tuple[object, ...]) -> None:
        first = self._seen.setdefault(said, line.where)
        if first != line.where:
            self._problems.doubt(
                line.where,
                "DUPLICATE_LINE",
                f"It says the same as {first}: payee, amount, reference and day.",
            )


def _date_of(text: str) -> date | None:
    if len(text) != 10:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _is_uuid(text: str) -> bool:
    try:
        return str(uuid.UUID(text)) == text.lower()
    except ValueError:
        return False
