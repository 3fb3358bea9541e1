"""E-invoices as XML: CII as Factur-X embeds it, UBL, and the German XRechnung.

The package ``factur-x`` puts the terms of EN 16931 into the two syntaxes. It brings lxml, which is
why it is imported when the first document is written.
"""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any, Literal, cast

from qonto_simulator.money import ZERO

from .document import Breakdown, EInvoice, Party, Row
from .units import CODES, PIECE

Syntax = Literal["cii", "ubl", "xrechnung"]

_EN16931 = "urn:cen.eu:en16931:2017"
_XRECHNUNG = f"{_EN16931}#compliant#urn:xeinkauf.de:kosit:xrechnung_3.0"
_DISCOUNT, _SEPA_TRANSFER, _TRANSFER = "95", "58", "30"
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What XML can't hold, though JSON strings can."""


def xml(invoice: EInvoice, syntax: Syntax = "cii") -> bytes:
    """The invoice in a syntax; the same bytes for the same invoice."""
    import facturx  # its imports take a third of a second

    written = facturx.generate_xml(  # pyright: ignore[reportUnknownVariableType]
        _cleaned(terms(invoice)),
        flavor="ubl-2.1" if syntax == "ubl" else "factur-x",
        level="en16931",
        check_xsd=False,
        check_schematron="",
    )
    document = cast("bytes", written)
    if syntax == "xrechnung":
        return document.replace(f">{_EN16931}<".encode(), f">{_XRECHNUNG}<".encode(), 1)
    return document


def terms(invoice: EInvoice) -> dict[str, object]:
    """The invoice by the numbers of its terms in EN 16931, as ``factur-x`` takes it."""
    net = sum((one.net for one in invoice.breakdowns), ZERO)
    vat = sum((one.vat for one in invoice.breakdowns), ZERO)
    reductions = sum((one.discount for one in invoice.breakdowns if one.discount > 0), ZERO)
    charges = -sum((one.discount for one in invoice.breakdowns if one.discount < 0), ZERO)
    total = net - reductions + charges
    payment, (start, end) = invoice.payment, invoice.period
    means = _SEPA_TRANSFER if invoice.currency == "EUR" else _TRANSFER
    return {
        "BT-1": invoice.number,
        "BT-2": invoice.issued,
        "BT-3": invoice.type_code,
        "BT-5": invoice.currency,
        "BT-6": "EUR" if invoice.currency != "EUR" else None,
        "BT-9": invoice.due,
        "BT-10": invoice.order or invoice.buyer.name,
        "BT-13": invoice.order,
        "BT-20": invoice.terms,
        "BT-23": invoice.process,
        "BT-72": end or invoice.issued,
        "BT-73": start,
        "BT-74": end,
        "BT-81": means if payment else None,
        "BT-83": payment.reference if payment else None,
        "BT-84": payment.iban if payment else None,
        "BT-85": payment.holder if payment else None,
        "BT-86": payment.bic if payment else None,
        "BT-106": _amount(net),
        "BT-107": _amount(reductions) if reductions else None,
        "BT-108": _amount(charges) if charges else None,
        "BT-109": _amount(total),
        "BT-110": _amount(vat),
        "BT-111": _amount(invoice.vat_in_euros) if invoice.currency != "EUR" else None,
        "BT-112": _amount(total + vat),
        "BT-115": _amount(total + vat),
        "BG-1": [{"BT-21": code, "BT-22": text} for code, text in invoice.notes],
        "BG-3": _preceding(invoice),
        "BG-4": _party(invoice.seller),
        "BG-7": _party(invoice.buyer),
        "BG-13": _delivery(invoice),
        "BG-20": [_reduction(one) for one in invoice.breakdowns if one.discount > 0],
        "BG-21": [_reduction(one) for one in invoice.breakdowns if one.discount < 0],
        "BG-23": [_tax(one) for one in invoice.breakdowns],
        "BG-25": [_row(at, row) for at, row in enumerate(invoice.rows, 1)],
    }


def _party(party: Party) -> dict[str, object]:
    place, electronic, number = party.address, party.electronic, party.registration
    return {
        "name": party.name,
        "legal_identifier": number.value if number else None,
        "legal_identifier_schemeid": number.scheme if number else None,
        "vat_identifier": party.vat_number,
        "tax_identifier": party.tax_number,
        "einvoicing_addr": electronic.value if electronic else None,
        "einvoicing_addr_schemeid": electronic.scheme if electronic else None,
        "addr_l1": place.street_address if place else None,
        "postcode": place.zip_code if place else None,
        "city": place.city if place else None,
        "country_code": place.country_code if place else None,
        "contacts": (
            [{"name": party.contact, "phone": party.phone, "email": party.email}]
            if party.contact
            else []
        ),
    }


def _delivery(invoice: EInvoice) -> dict[str, object] | None:
    """Where goods go to: asked for when they leave the country untaxed."""
    place = invoice.buyer.address
    if place is None or all(one.tax.category != "K" for one in invoice.breakdowns):
        return None
    return {
        "name": invoice.buyer.name,
        "addr_l1": place.street_address,
        "postcode": place.zip_code,
        "city": place.city,
        "country_code": place.country_code,
    }


def _preceding(invoice: EInvoice) -> list[dict[str, object]]:
    if invoice.preceding is None:
        return []
    number, day = invoice.preceding
    return [{"BT-25": number, "BT-26": day}]


def _reduction(one: Breakdown) -> dict[str, object]:
    """A part of the document's discount; on lines that are negative it comes to a charge."""
    is_charge = one.discount < 0
    return {
        "amount": _amount(abs(one.discount)),
        "base_amount": None if is_charge else _amount(one.net),
        "reason": "Discount",
        "reason_code": None if is_charge else _DISCOUNT,
        "vat_category_code": one.tax.category,
        "vat_rate": _percent(one.tax.rate),
    }


def _tax(one: Breakdown) -> dict[str, object]:
    return {
        "BT-116": _amount(one.basis),
        "BT-117": _amount(one.vat),
        "BT-118": one.tax.category,
        "BT-119": _percent(one.tax.rate),
        "BT-120": one.tax.reason,
        "BT-121": one.tax.code,
    }


def _row(at: int, row: Row) -> dict[str, object]:
    discount: dict[str, object] = {
        "amount": _amount(abs(row.discount)),
        "base_amount": _amount(abs(row.gross)),
        "reason": "Discount",
        "reason_code": _DISCOUNT if row.discount > 0 else None,
    }
    return {
        "BT-126": str(at),
        "BT-129": _digits(row.quantity, 4),
        "BT-130": CODES.get(row.unit, PIECE),
        "BT-131": _amount(row.net),
        "BT-146": _digits(row.price, 6),
        "BT-151": row.tax.category,
        "BT-152": _percent(row.tax.rate),
        "BT-153": row.name,
        "BT-154": row.description,
        "BG-27": [discount] if row.discount > 0 else [],
        "BG-28": [discount] if row.discount < 0 else [],
    }


def _amount(value: Decimal) -> str:
    return format(value, ".2f")


def _percent(rate: Decimal) -> str:
    return _digits(rate * 100, 2)


def _digits(value: Decimal, most: int) -> str:
    """A number with as many decimals as it needs and may have."""
    text = format(value, f".{most}f").rstrip("0").rstrip(".")
    return "0" if text in ("", "-0") else text


def _cleaned(value: Any) -> Any:
    """A copy without what is empty and without characters that XML doesn't know."""
    if isinstance(value, str):
        return _NOT_XML.sub("", value)
    if isinstance(value, list):
        return [_cleaned(one) for one in cast("list[object]", value)]
    if isinstance(value, dict):
        items = cast("dict[str, object]", value).items()
        kept = {name: _cleaned(one) for name, one in items}
        return {name: one for name, one in kept.items() if one not in (None, "", [])}
    return value
