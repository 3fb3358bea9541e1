"""Payout files as tests write them."""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from connector.payouts.files import read_file
from connector.payouts.orders import CheckedFile
from storage.errors import FieldError, Invalid

TODAY = date(2026, 11, 30)
IBAN = "FR7630006000011234567890189"
OTHER_IBAN = "DE89370400440532013000"
DEBIT_IBAN = "FR1420041010050500013M02606"
LINE = {"name": "Marie Durand", "iban": IBAN, "amount": "1250.50", "reference": "Invoice 17"}


def csv_of(lines: Iterable[Mapping[str, str]], *, delimiter: str = ";") -> bytes:
    """Write lines under a header of all their columns; every cell is quoted."""
    listed = list(lines)
    columns = list(dict.fromkeys(name for line in listed for name in line))
    rows = [columns, *([line.get(name, "") for name in columns] for line in listed)]
    return "".join(
        delimiter.join('"' + cell.replace('"', '""') + '"' for cell in row) + "\r\n" for row in rows
    ).encode()


def line(**changes: str) -> dict[str, str]:
    """A line that is right but for these changes."""
    return {**LINE, **changes}


def read(content: bytes | str, *confirmed: str, **options: Any) -> CheckedFile:
    """Read a file on a certain day."""
    raw = content.encode() if isinstance(content, str) else content
    return read_file(raw, today=TODAY, confirmed=frozenset(confirmed), **options)


def wrong(content: bytes | str, *confirmed: str, **options: Any) -> list[tuple[str, str]]:
    """What is wrong with a file, each with its place; nothing is wrong without a remedy."""
    found = complaints(content, *confirmed, **options)
    assert all(one.hint and one.message for one in found)
    return [(one.field, one.code) for one in found]


def complaints(content: bytes | str, *confirmed: str, **options: Any) -> tuple[FieldError, ...]:
    """All that is told of a file; a file that is refused has something wrong."""
    try:
        read(content, *confirmed, **options)
    except Invalid as error:
        return error.fields or (FieldError("", "", ""),)
    return ()


def pain001(transactions: str, *, count: int = 1, total: str = "1250.50", **changes: str) -> str:
    """A pain.001.001.03 file around these transactions."""
    group = {
        "version": "pain.001.001.03",
        "method": "TRF",
        "day": "2026-12-01",
        "group": f"<NbOfTxs>{count}</NbOfTxs><CtrlSum>{total}</CtrlSum>",
        "debit": f"<IBAN>{DEBIT_IBAN}</IBAN>",
        "prolog": '<?xml version="1.0" encoding="UTF-8"?>',
        **changes,
    }
    return (
        f'{group["prolog"]}<Document xmlns="urn:iso:std:iso:20022:tech:xsd:{group["version"]}">'
        "<CstmrCdtTrfInitn><GrpHdr><MsgId>M1</MsgId><CreDtTm>2026-11-30T09:00:00</CreDtTm>"
        f"<NbOfTxs>{count}</NbOfTxs><CtrlSum>{total}</CtrlSum><InitgPty><Nm>Us</Nm></InitgPty>"
        f"</GrpHdr><PmtInf><PmtInfId>P1</PmtInfId><PmtMtd>{group['method']}</PmtMtd>"
        f"{group['group']}<ReqdExctnDt>{group['day']}</ReqdExctnDt><Dbtr><Nm>Us</Nm></Dbtr>"
        f"<DbtrAcct><Id>{group['debit']}</Id></DbtrAcct>"
        "<DbtrAgt><FinInstnId><BIC>PSSTFRPPXXX</BIC></FinInstnId></DbtrAgt>"
        f"{transactions}</PmtInf></CstmrCdtTrfInitn></Document>"
    )


def transaction(**changes: str) -> str:
    """One transaction of a pain.001.001.03 file."""
    said = {
        "id": "E1",
        "amount": "1250.50",
        "currency": "EUR",
        "name": "Marie Durand",
        "iban": IBAN,
        "reference": "<RmtInf><Ustrd>Invoice 17</Ustrd></RmtInf>",
        "more": "",
        **changes,
    }
    return (
        f"<CdtTrfTxInf><PmtId><EndToEndId>{said['id']}</EndToEndId></PmtId>"
        f'<Amt><InstdAmt Ccy="{said["currency"]}">{said["amount"]}</InstdAmt></Amt>'
        f"<Cdtr><Nm>{said['name']}</Nm></Cdtr><CdtrAcct><Id><IBAN>{said['iban']}</IBAN></Id>"
        f"</CdtrAcct>{said['more']}{said['reference']}</CdtTrfTxInf>"
    )
