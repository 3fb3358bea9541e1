"""Reads payout files that are ISO 20022 customer credit transfer initiations (pain.001). Pure.

Accepted are pain.001.001.03 and pain.001.001.09, in UTF-8. A file is held against the schema that
ISO 20022 publishes for its version, in `schemas`, before anything in it is believed. It may have no
document type, so that there are no entities to expand, and nothing is fetched.
"""

import re
import threading
from collections.abc import Iterator
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any, cast

from lxml import etree as _untyped  # pyright: ignore[reportAttributeAccessIssue, reportUnknownVariableType]

from connector.payouts.orders import MOST_LINES, FileProblems, RawFile, RawLine, plain, refused

etree = cast(Any, _untyped)
"""lxml has no types."""

VERSIONS = ("pain.001.001.03", "pain.001.001.09")
_NAMESPACE = "urn:iso:std:iso:20022:tech:xsd:"
_SCHEMAS = Path(__file__).parent / "schemas"
_MOST_COMPLAINTS = 100
_validating = threading.Lock()
"""Held while a schema is used: it keeps the complaints of its last validation."""
_DECLARED = re.compile(r"<\?xml[^>]*?encoding\s*=\s*[\"']([^\"']*)[\"']")
_NAMES = {
    "name": "Cdtr/Nm",
    "iban": "CdtrAcct/Id/IBAN",
    "amount": "Amt/InstdAmt",
    "currency": "Amt/InstdAmt/@Ccy",
    "reference": "RmtInf",
    "endToEndId": "PmtId/EndToEndId",
    "executionDay": "../ReqdExctnDt",
    "debitIban": "../DbtrAcct/Id/IBAN",
}
_UNUSED = ("UltmtCdtr", "InstrForCdtrAgt", "RgltryRptg", "Tax", "RltdRmtInf", "Purp", "UltmtDbtr")
"""Parts of a transaction that a transfer of the target system has no place for."""


def read_pain001(text: str, problems: FileProblems) -> RawFile:
    """Read a pain.001 file. Raises Invalid where it isn't one."""
    root = _parse(text)
    version = _version(root)
    _check_schema(root, version)
    top = root[0]
    count = len(top.findall(".//{*}CdtTrfTxInf"))
    if count > MOST_LINES:
        raise refused(
            "CstmrCdtTrfInitn",
            "TOO_MANY_LINES",
            f"The file has more than {MOST_LINES} payments.",
            "Split it into several files.",
        )
    _check_sums(top, "CstmrCdtTrfInitn/GrpHdr", top.find("{*}GrpHdr"), problems)
    lines: list[RawLine] = []
    unused: set[str] = set()
    for position, group in enumerate(top.findall("{*}PmtInf"), 1):
        where = f"CstmrCdtTrfInitn/PmtInf[{position}]"
        _check_sums(group, where, group, problems)
        lines.extend(_lines(group, where, problems, unused))
    warnings = tuple(f"{name} was not used: no transfer says it." for name in sorted(unused))
    return RawFile(version, lines, warnings)


def _parse(text: str) -> Any:
    declared = _DECLARED.match(text.lstrip())
    if declared is not None and declared[1].upper() not in ("UTF-8", "UTF8", "US-ASCII", "ASCII"):
        raise refused(
            "line 1",
            "NOT_UTF8",
            "The file says that it isn't in UTF-8.",
            "Have it written in UTF-8.",
        )
    if "<!DOCTYPE" in text or "<!ENTITY" in text:
        raise refused(
            "file",
            "DTD_NOT_ALLOWED",
            "The file has a document type or entities, which payment files don't have.",
            "Have it written without.",
        )
    parser = etree.XMLParser(
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        dtd_validation=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
        encoding="utf-8",
    )
    try:
        return etree.fromstring(text.strip().encode(), parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        line = getattr(error, "lineno", None) or 1
        raise refused(
            f"line {line}",
            "NOT_XML",
            "The file is no well-formed XML.",
            "Have it written again by the program it comes from.",
        ) from None


def _version(root: Any) -> str:
    name = etree.QName(root)
    version = (name.namespace or "").removeprefix(_NAMESPACE)
    if name.localname != "Document" or version not in VERSIONS:
        raise refused(
            "Document",
            "VERSION_NOT_ACCEPTED",
            "The file isn't of an accepted version of pain.001.",
            f"Accepted are: {', '.join(VERSIONS)}.",
        )
    return version


@cache
def _schema(version: str) -> Any:
    return etree.XMLSchema(etree.parse(_SCHEMAS / f"{version}.xsd"))


def _check_schema(root: Any, version: str) -> None:
    schema = _schema(version)
    problems = FileProblems()
    with _validating:
        if schema.validate(root):
            return
        complaints = [(one.line, one.path) for one in schema.error_log[:_MOST_COMPLAINTS]]
    for line, path in complaints:
        problems.add(
            f"line {line}: {_readable(root, path)}",
            "SCHEMA",
            f"This isn't as {version} has it: the element is in the wrong place, missing a part, "
            "or holds a value of another form.",
            "Have it written again by the program it comes from.",
        )
    problems.check()


def _readable(root: Any, path: str | None) -> str:
    """Say an element's path by names."""
    found: list[Any] = root.getroottree().xpath(path) if path else []
    element: Any = found[0] if found else root
    names: list[str] = []
    while element is not None and element is not root:
        parent: Any = element.getparent()
        alike: list[Any] = [one for one in parent if one.tag == element.tag]
        position = f"[{alike.index(element) + 1}]" if len(alike) > 1 else ""
        names.append(f"{etree.QName(element).localname}{position}")
        element = parent
    return "/".join(reversed(names)) or "Document"


def _check_sums(scope: Any, where: str, header: Any, problems: FileProblems) -> None:
    """Hold the stated number of payments and their stated sum against what is there."""
    amounts = [_number(one) for one in scope.iterfind(".//{*}InstdAmt")]
    stated_count, stated_sum = _text(header, "NbOfTxs"), _text(header, "CtrlSum")
    count = len(scope.findall(".//{*}CdtTrfTxInf"))
    if stated_count and int(stated_count) != count:
        problems.add(
            f"{where}/NbOfTxs",
            "COUNT_DIFFERS",
            f"It says {stated_count} payments, and there are {count}.",
            "The file was cut off or changed: have it written again.",
        )
    if stated_sum and Decimal(stated_sum) != sum(amounts, Decimal(0)):
        problems.add(
            f"{where}/CtrlSum",
            "SUM_DIFFERS",
            "The payments don't come to the sum that is stated.",
            "The file was cut off or changed: have it written again.",
        )


def _number(element: Any) -> Decimal:
    return Decimal((element.text or "").strip())


def _text(element: Any, path: str) -> str:
    steps = "/".join(f"{{*}}{one}" for one in path.split("/"))
    found = None if element is None else element.find(steps)
    return "" if found is None else (found.text or "").strip()


def _lines(group: Any, where: str, problems: FileProblems, unused: set[str]) -> Iterator[RawLine]:
    method = _text(group, "PmtMtd")
    if method != "TRF":
        problems.add(
            f"{where}/PmtMtd",
            "NOT_A_TRANSFER",
            f"Payments are to be made by {method}, and only transfers (TRF) are.",
            "Leave this part out.",
        )
    day = _text(group, "ReqdExctnDt/Dt") or _text(group, "ReqdExctnDt/DtTm")[:10]
    day = day or _text(group, "ReqdExctnDt")
    debit = _text(group, "DbtrAcct/Id/IBAN")
    if not debit:
        problems.add(
            f"{where}/DbtrAcct",
            "NO_IBAN",
            "The account that pays isn't named by its IBAN.",
            "Name it in DbtrAcct/Id/IBAN.",
        )
    for position, one in enumerate(group.findall("{*}CdtTrfTxInf"), 1):
        place = f"line {one.sourceline}: {where}/CdtTrfTxInf[{position}]"
        unused.update(name for name in _UNUSED if one.find(f"{{*}}{name}") is not None)
        yield RawLine(_values(one, day, debit), place, "/", _NAMES)


def _values(one: Any, day: str, debit: str) -> dict[str, str]:
    amount = one.find("{*}Amt/{*}InstdAmt")
    said = one.findall("{*}RmtInf/{*}Ustrd")
    reference = " ".join((part.text or "").strip() for part in said)
    return {
        "name": _text(one, "Cdtr/Nm"),
        "iban": _text(one, "CdtrAcct/Id/IBAN"),
        "amount": "" if amount is None else plain(_number(amount)),
        "currency": "" if amount is None else amount.get("Ccy", ""),
        "reference": reference or _text(one, "RmtInf/Strd/CdtrRefInf/Ref"),
        "endToEndId": _text(one, "PmtId/EndToEndId"),
        "executionDay": day[:10],
        "debitIban": debit,
    }
