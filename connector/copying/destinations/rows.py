"""Rows of records: each value as its column holds it, or null and named as unfit."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from connector.copying.destinations.columns import ColumnKind, RecordColumn, RecordTable
from connector.copying.ports import CopiedRecord

_WHOLE_LIMIT = 2**63
_MOMENT = re.compile(
    r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(?:[.,](\d{1,6}))?(?:[Zz]|[+-]\d\d:?\d\d)", re.ASCII
)
_UNFIT = object()


@dataclass(frozen=True, slots=True)
class RowLimits:
    """What a destination can hold exactly: digits of a decimal, and texts with a NUL in them."""

    digits_before: int
    digits_after: int
    nul_in_text: bool = True


def row_of(
    account_id: str, record: CopiedRecord, table: RecordTable, limits: RowLimits
) -> list[Any]:
    """Return the values of a record's row, in the order of the table's columns."""
    unfit: list[str] = []

    def held(column: RecordColumn, value: Any) -> Any:
        fitting = _fitting(column.kind, value, limits)
        if fitting is _UNFIT:
            unfit.append(column.name)
            return None
        return fitting

    own = {
        "_account": account_id,
        "_id": record.id,
        "_version": record.version,
        "_hash": record.content_hash,
        "_changed_at": record.changed_at,
        "_record": json_of(record.record),
        "_raw": _text_of(record.raw),
    }
    row = [
        held(column, own[column.name] if column.field is None else record.record.get(column.field))
        for column in table.columns[:-1]
    ]
    return [*row, " ".join(unfit) or None]


def json_of(value: Any) -> str:
    """Write a value as JSON: decimals as texts with all their digits, moments in UTC.

    Most readers would make a float of a decimal that is written as a number.
    """
    text = json.dumps(value, default=_plain, ensure_ascii=False, separators=(",", ":"))
    if text.isascii() or _is_encodable(text):
        return text
    return json.dumps(value, default=_plain, separators=(",", ":"))


def moment_text(moment: datetime) -> str:
    """Write a moment so that texts sort as moments do."""
    return f"{moment.astimezone(UTC).replace(tzinfo=None).isoformat(timespec='microseconds')}Z"


def moment_of(value: Any) -> datetime | None:
    """Read a moment; None when it isn't one in full, or more exact than a microsecond."""
    try:
        if isinstance(value, str):
            if not _MOMENT.fullmatch(value):
                return None
            value = datetime.fromisoformat(value)
        if isinstance(value, datetime) and value.tzinfo is not None:
            return value.astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    return None


def _fitting(kind: ColumnKind, value: Any, limits: RowLimits) -> Any:
    if value is None:
        return None
    match kind:
        case ColumnKind.TEXT:
            return value if isinstance(value, str) and _is_text(value, limits) else _UNFIT
        case ColumnKind.TRUTH:
            return value if isinstance(value, bool) else _UNFIT
        case ColumnKind.WHOLE:
            is_whole = isinstance(value, int) and not isinstance(value, bool)
            return value if is_whole and -_WHOLE_LIMIT <= value < _WHOLE_LIMIT else _UNFIT
        case ColumnKind.AMOUNT:
            return _amount(value, limits)
        case ColumnKind.MOMENT:
            return moment_of(value) or _UNFIT
        case ColumnKind.JSON:
            text = json_of(value)
            has_nul = not limits.nul_in_text and "\\u0000" in text
            return _UNFIT if has_nul or "\\ud" in text else text


def _amount(value: Any, limits: RowLimits) -> Any:
    if isinstance(value, int) and not isinstance(value, bool):
        value = Decimal(value)
    if not isinstance(value, Decimal) or not value.is_finite():
        return _UNFIT
    if not value:
        return Decimal(0)
    digits = "".join(str(digit) for digit in value.as_tuple().digits)
    exponent = value.as_tuple().exponent
    assert isinstance(exponent, int)
    after = -exponent - (len(digits) - len(digits.rstrip("0")))
    fits = after <= limits.digits_after and value.adjusted() < limits.digits_before
    return value if fits else _UNFIT


def _is_text(text: str, limits: RowLimits) -> bool:
    return _is_encodable(text) and (limits.nul_in_text or "\0" not in text)


def _is_encodable(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _text_of(raw: bytes) -> str:
    # what isn't UTF-8 becomes a text that can't be encoded: null, and named as unfit
    return raw.decode(errors="surrogateescape")


def _plain(value: Any) -> Any:
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, datetime) and value.tzinfo is not None:
        return moment_text(value)
    if isinstance(value, Mapping):
        return dict(value)  # pyright: ignore[reportUnknownArgumentType, reportUnknownVariableType]
    raise TypeError(f"a record can't hold a {type(value).__name__}")
