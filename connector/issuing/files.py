"""Whether the file of an invoice that is to be sent is the e-invoice that it has to be.

The embedded XML is read with the packages of the extra `einvoicing`; without them only the form of
the file is looked at. Nothing is fetched and no entity is resolved; the packages are imported when
the first file arrives.
"""

import asyncio
import logging
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from importlib import import_module
from importlib.util import find_spec
from io import BytesIO
from typing import Any, Protocol

from connector.downloads import Download
from connector.errors import DocumentUnreadable

LARGEST = 25 * 1024 * 1024
_NAMES = ("factur-x.xml", "zugferd-invoice.xml", "xrechnung.xml")
_TOTALS = {"BT-112": "totalAmount", "BT-110": "totalTaxAmount"}
"""The terms of EN 16931 that are compared, and what they are called here."""

# It complains of every odd file; what matters of it is told to the caller.
logging.getLogger("pypdf").addHandler(logging.NullHandler())


class CheckFile(Protocol):
    """Looks at a file; returns what the e-invoice in it says, None where nobody can read it here.

    Raises DocumentUnreadable for a file that is no PDF or has no e-invoice in it, and for one that
    breaks its schema or says other totals than the invoice.
    """

    async def __call__(
        self, opened: Download, invoice: Mapping[str, Any]
    ) -> dict[str, Any] | None: ...


async def check_file(opened: Download, invoice: Mapping[str, Any]) -> dict[str, Any] | None:
    """Look at a file as CheckFile says."""
    content = bytearray()
    async for chunk in opened.chunks():
        content += chunk
        if len(content) > LARGEST:
            raise DocumentUnreadable("The file is too large for an invoice.")
    if opened.content_type == "application/pdf" and not content.startswith(b"%PDF"):
        raise DocumentUnreadable("The file says that it is a PDF, and isn't.")
    if find_spec("facturx") is None:
        return None
    told = await asyncio.to_thread(e_invoice_in, bytes(content))
    if told is None:
        raise DocumentUnreadable("There is no e-invoice in the file of the invoice.")
    told["problems"] += [
        f"{name} is {told[name]} in the e-invoice, and {invoice[name]} on the invoice"
        for name in _TOTALS.values()
        if not _same(told.get(name), invoice.get(name))
    ]
    if told["problems"]:
        raise DocumentUnreadable(f"The e-invoice is wrong: {'; '.join(told['problems'])}.")
    return told


def e_invoice_in(pdf: bytes) -> dict[str, Any] | None:
    """Return profile and totals of the e-invoice in a PDF, and what is wrong with it."""
    xml = _embedded(pdf)
    if xml is None:
        return None
    facturx: Any = import_module("facturx")
    problems: list[str] = []
    profile: str | None = None
    terms: Mapping[str, Any] = {}
    try:
        root = _parsed(xml)
        flavor = facturx.get_flavor(root)
        profile = facturx.get_level(root, flavor)
        facturx.xml_check_xsd(root, flavor, profile)
        terms = facturx.parse_ubl_cii_xml(root)
    except Exception as error:  # the package raises bare exceptions, and lxml its own
        problems.append(f"it breaks its schema: {str(error)[:200]}")
    totals = {name: _text(terms.get(term)) for term, name in _TOTALS.items()}
    return {"profile": profile, **totals, "problems": problems}


def _embedded(pdf: bytes) -> bytes | None:
    pypdf: Any = import_module("pypdf")
    try:
        for one in pypdf.PdfReader(BytesIO(pdf)).attachment_list:
            if one.name.lower() in _NAMES:
                return bytes(one.content)
    except Exception:  # a broken file makes it raise whatever it stumbles over
        raise DocumentUnreadable("The PDF can't be opened.") from None
    return None


def _parsed(xml: bytes) -> Any:
    etree: Any = import_module("lxml.etree")
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False)
    root = etree.fromstring(xml, parser)
    if root.getroottree().docinfo.internalDTD is not None:
        raise ValueError("it defines a document type")
    return root


def _text(value: object) -> str | None:
    return None if value is None else str(value)


def _same(one: str | None, other: str | None) -> bool:
    """Say whether two amounts agree, as far as both are known."""
    if one is None or other is None:
        return True
    try:
        return Decimal(one) == Decimal(other)
    except InvalidOperation:
        return False
