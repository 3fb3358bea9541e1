"""What an invoice that was made elsewhere says, in the terms of this simulator."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import cast

from qonto_simulator.money import ZERO, is_currency, parse_decimal, rounded
from qonto_simulator.records.lines import Discount, Line
from qonto_simulator.records.organisation import Address
from qonto_simulator.times import parse_date

from .opening import Unreadable, business_terms
from .units import CODES

_UNITS = {"H87": "unit", **{code: name for name, code in CODES.items()}}
"""Codes of UN/ECE recommendation 20 in Qonto's words; others stay as they are."""

_MAIL = "EM"
"""The scheme of an electronic address that is an e-mail address."""

_HUNDRED = Decimal(100)
_FINE = Decimal("0.000001")


@dataclass(frozen=True, slots=True)
class Buyer:
    """To whom an invoice is made out; what is not said is empty."""

    name: str
    vat_number: str
    legal_number: str
    e_invoicing_address: str
    email: str
    address: Address | None


@dataclass(frozen=True, slots=True)
class ReadInvoice:
    """An invoice as its XML states it; amounts are those of the document, not computed."""

    number: str
    issue_date: date
    due_date: date | None
    currency: str
    buyer: Buyer
    lines: tuple[Line, ...]
    total: Decimal
    vat: Decimal
    discount: Discount | None
    iban: str
    bic: str
    purchase_order: str
    terms_and_conditions: str
    contact_email: str
    performance_start_date: date | None
    performance_end_date: date | None


def read(content: bytes, kind: str) -> ReadInvoice | None:
    """Return what the file says, ``None`` for a file that only people can read."""
    terms = business_terms(content, kind)
    return None if terms is None else _invoice(_Terms(terms))


class _Terms:
    """Business terms by name, such as ``BT-1``; of one that is there several times the first."""

    def __init__(self, values: dict[str, object]) -> None:
        self._values = values

    def _value(self, name: str) -> object:
        value = self._values.get(name)
        return cast("list[object]", value)[0] if isinstance(value, list) else value

    def text(self, name: str, most: int = 250) -> str:
        value = self._value(name)
        return value.strip()[:most] if isinstance(value, str) else ""

    def required(self, name: str, what: str, most: int) -> str:
        text = self.text(name, most + 1)
        if not text or len(text) > most:
            raise Unreadable(f"{what} ({name}) must have 1 to {most} characters")
        return text

    def amount(self, name: str) -> Decimal | None:
        text = self.text(name)
        try:
            return parse_decimal(text) if text else None
        except ValueError as problem:
            raise Unreadable(f"{name} must be a decimal number") from problem

    def day(self, name: str) -> date | None:
        value = self._value(name)
        try:
            return parse_date(value.isoformat()) if isinstance(value, date) else None
        except ValueError as problem:
            raise Unreadable(f"{name} must be a date from 1900 on") from problem

    def group(self, name: str) -> _Terms:
        value = self._value(name)
        return _Terms(cast("dict[str, object]", value) if isinstance(value, dict) else {})

    def groups(self, name: str) -> Iterator[_Terms]:
        for value in cast("list[dict[str, object]]", self._values.get(name) or []):
            yield _Terms(value)


def _invoice(terms: _Terms) -> ReadInvoice:
    currency = terms.text("BT-5")
    total, net, issued = terms.amount("BT-112"), terms.amount("BT-109"), terms.day("BT-2")
    if total is None or net is None or issued is None or not is_currency(currency):
        raise Unreadable("issue date, currency or totals are missing")
    vat = terms.amount("BT-110")
    reduction = rounded(terms.amount("BT-107") or ZERO)
    return ReadInvoice(
        number=terms.required("BT-1", "the number", 40),
        issue_date=issued,
        due_date=terms.day("BT-9"),
        currency=currency,
        buyer=_buyer(terms.group("BG-7")),
        lines=tuple(_line(one, currency) for one in terms.groups("BG-25")),
        total=rounded(total),
        vat=rounded(total - net if vat is None else vat),
        discount=Discount("absolute", reduction, reduction) if reduction else None,
        iban=terms.text("BT-84", 34).replace(" ", ""),
        bic=terms.text("BT-86", 11),
        purchase_order=terms.text("BT-13", 40),
        terms_and_conditions=terms.text("BT-20", 525),
        contact_email=terms.group("BG-4").group("contacts").text("email"),
        performance_start_date=terms.day("BT-73"),
        performance_end_date=terms.day("BT-74"),
    )


def _buyer(party: _Terms) -> Buyer:
    by_mail = party.text("einvoicing_addr_schemeid") == _MAIL
    channel = party.text("einvoicing_addr", 100)
    country = party.text("country_code", 2)
    address = Address(
        street_address=party.text("addr_l1"),
        city=party.text("city", 50),
        zip_code=party.text("postcode", 20),
        country_code=country.upper(),
        province_code=party.text("country_subdivision", 5) or None,
    )
    return Buyer(
        name=party.required("name", "the buyer's name", 250),
        vat_number=party.text("vat_identifier", 20),
        legal_number=party.text("legal_identifier", 30),
        e_invoicing_address="" if by_mail else channel,
        email=party.group("contacts").text("email") or (channel if by_mail else ""),
        address=address if country else None,
    )


def _line(terms: _Terms, currency: str) -> Line:
    quantity = terms.amount("BT-129")
    price, per = terms.amount("BT-146"), terms.amount("BT-149") or Decimal(1)
    subtotal = terms.amount("BT-131")
    rate = terms.amount("BT-152") or ZERO
    if quantity is None or price is None or subtotal is None:
        raise Unreadable("a line lacks its quantity, price or amount")
    if not 0 <= rate <= _HUNDRED or per <= 0:
        raise Unreadable("a line has an impossible rate or base quantity")
    fraction = (rate / _HUNDRED).normalize()
    name, description = terms.text("BT-153", 1800), terms.text("BT-154", 1800)
    if len(name) > 40:
        description = "\n".join(filter(None, (name, description)))[:1800]
    unit = terms.text("BT-130", 20)
    return Line(
        title=name[:40],
        quantity=quantity,
        unit_price=price if per == 1 else (price / per).quantize(_FINE),
        currency=currency,
        vat_rate=fraction,
        subtotal=rounded(subtotal),
        total_vat=rounded(subtotal * fraction),
        description=description or None,
        unit=_UNITS.get(unit, unit) or None,
    )
