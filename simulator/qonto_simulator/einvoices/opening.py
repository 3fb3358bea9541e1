"""From the bytes of a file to the business terms of EN 16931 that its XML states.

Nothing is fetched and no entity is resolved. The packages that do the work are imported when the
first file arrives: a server that never sees one starts no slower.
"""

from __future__ import annotations

import logging
from importlib import import_module
from io import BytesIO
from typing import Any, cast

PDF, XML = "application/pdf", "application/xml"
MOST_BYTES = 5 * 1024 * 1024
MOST_LINES = 1000
_EMBEDDED = ("factur-x.xml", "zugferd-invoice.xml", "xrechnung.xml")
_LINES = ("IncludedSupplyChainTradeLineItem", "InvoiceLine", "CreditNoteLine")
_DAY = "102"
"""The format of dates in CII: year, month and day in eight digits."""

_SAID = 300
"""How much of a schema's complaint is repeated."""

# It complains of every odd file; what matters of it is answered to the sender.
logging.getLogger("pypdf").addHandler(logging.NullHandler())


class Unreadable(Exception):
    """A file that can't be what it claims to be; says why."""


def business_terms(content: bytes, kind: str) -> dict[str, object] | None:
    """Return the terms by their names, such as ``BT-1``; ``None`` where no XML is in the file."""
    xml = content if kind == XML else _embedded(content) if kind == PDF else None
    return None if xml is None else _terms(xml)


def _embedded(pdf: bytes) -> bytes | None:
    """The invoice inside a PDF, if there is one."""
    from pypdf import PdfReader

    try:
        for one in PdfReader(BytesIO(pdf)).attachment_list:
            if one.name.lower() in _EMBEDDED:
                return one.content
    except Exception as problem:  # a broken file makes it raise whatever it stumbles over
        raise Unreadable("the PDF can't be opened") from problem
    return None


def _terms(xml: bytes) -> dict[str, object]:
    import facturx

    root = _parsed(xml)
    try:
        terms = cast("dict[str, object]", facturx.parse_ubl_cii_xml(root))
        is_credit_note: bool = facturx.is_credit_note(terms)
    except Exception as problem:  # it raises bare exceptions
        said = str(problem.__cause__ or problem)[:_SAID]
        raise Unreadable(f"the XML is no invoice by EN 16931: {said}") from problem
    if is_credit_note:
        raise Unreadable("a credit note is no invoice")
    return terms


def _parsed(xml: bytes) -> object:
    """The root element of a document that defines nothing and is not too large."""
    etree: Any = import_module("lxml.etree")
    if len(xml) > MOST_BYTES:
        raise Unreadable("the XML is too large")
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False
    )
    try:
        root = etree.fromstring(xml, parser)
    except (etree.XMLSyntaxError, ValueError) as problem:
        raise Unreadable("the XML can't be read") from problem
    if root.getroottree().docinfo.internalDTD is not None:
        raise Unreadable("the XML must not define a document type")
    # What reads the terms would take the six digits of another format for a day.
    if any(one.get("format") != _DAY for one in root.iter("{*}DateTimeString")):
        raise Unreadable(f"a date is not in the format {_DAY}")
    lines = sum(1 for _ in root.iter(*(f"{{*}}{name}" for name in _LINES)))
    if lines > MOST_LINES:
        raise Unreadable(f"the invoice has more than {MOST_LINES} lines")
    return root
