"""What an e-invoice says, in the terms of EN 16931, whoever issues it.

Amounts are positive on credit notes too: there the type of the document turns the direction.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from qonto_simulator.records.organisation import Address

INVOICE, CREDIT_NOTE, DEPOSIT_INVOICE = "380", "381", "386"


@dataclass(frozen=True, slots=True)
class Identifier:
    """A number and the list that it is from, by its code in ISO 6523 or in EAS."""

    value: str
    scheme: str


@dataclass(frozen=True, slots=True)
class Party:
    """Who sells or buys."""

    name: str
    address: Address | None
    electronic: Identifier | None
    """Where e-invoices go to."""
    registration: Identifier | None = None
    vat_number: str = ""
    tax_number: str = ""
    contact: str = ""
    phone: str = ""
    email: str = ""


@dataclass(frozen=True, slots=True)
class Tax:
    """A category of VAT with its rate, a fraction; without VAT also why."""

    category: str
    rate: Decimal
    reason: str = ""
    code: str = ""

    @property
    def key(self) -> tuple[str, Decimal]:
        """What lines of one breakdown share; the reason may differ."""
        return self.category, self.rate


@dataclass(frozen=True, slots=True)
class Row:
    """One line: quantity times price less the discount is the net amount."""

    name: str
    description: str
    quantity: Decimal
    unit: str
    price: Decimal
    gross: Decimal
    discount: Decimal
    net: Decimal
    vat: Decimal
    tax: Tax


@dataclass(frozen=True, slots=True)
class Breakdown:
    """What comes under one VAT category and rate; ``discount`` is its share of the document's."""

    tax: Tax
    net: Decimal
    discount: Decimal
    vat: Decimal

    @property
    def basis(self) -> Decimal:
        return self.net - self.discount


@dataclass(frozen=True, slots=True)
class Payment:
    """The account to pay to, and what to write."""

    iban: str
    bic: str
    holder: str
    reference: str


@dataclass(frozen=True, slots=True)
class EInvoice:
    """An invoice or a credit note."""

    number: str
    type_code: str
    issued: date
    due: date | None
    currency: str
    seller: Party
    buyer: Party
    rows: tuple[Row, ...]
    breakdowns: tuple[Breakdown, ...]
    vat_in_euros: Decimal
    process: str = ""
    """BT-23, the French kind of billing: goods, services, final after a deposit, ..."""
    notes: tuple[tuple[str, str], ...] = ()
    """Pairs of subject code and text."""
    terms: str = ""
    order: str = ""
    period: tuple[date | None, date | None] = (None, None)
    payment: Payment | None = None
    preceding: tuple[str, date | None] | None = None
    """Number and date of the invoice that a credit note is about."""
