"""Error answers, in every shape in use."""

from dataclasses import dataclass
from typing import Any

import msgspec

from connector.providers.qonto.documents.reading import BROKEN


@dataclass(frozen=True, slots=True)
class ReadError:
    """One entry of an error answer; `source` is the pointer or parameter it names."""

    code: str | None
    detail: str | None
    source: str | None


@dataclass(frozen=True, slots=True)
class ReadErrors:
    entries: tuple[ReadError, ...] = ()
    trace_id: str | None = None


class _ErrorSource(msgspec.Struct, frozen=True):
    pointer: Any = None
    parameter: Any = None


class _ErrorEntry(msgspec.Struct, frozen=True):
    code: Any = None
    detail: Any = None
    message: Any = None
    error: Any = None
    error_description: Any = None
    source: _ErrorSource | str | None = None


class _ErrorBody(_ErrorEntry, frozen=True):
    errors: list[_ErrorEntry | str] | _ErrorEntry | str | None = None
    trace_id: Any = None


_ERROR_BODY = msgspec.json.Decoder(_ErrorBody)


def read_errors(body: bytes) -> ReadErrors:
    """Read an error answer in any of the shapes in use; what can't be read is left out.

    Documented is `{errors: [{code, detail, source}], trace_id}`; also seen are `errors` as an
    object, `{message}`, `{code, message, trace_id}` and the authorisation server's `{error}`.
    """
    try:
        outer = _ERROR_BODY.decode(body)
    except BROKEN:
        return ReadErrors()
    listed = outer.errors if isinstance(outer.errors, list) else [outer.errors or outer]
    entries = (_error(entry) for entry in listed)
    return ReadErrors(
        tuple(entry for entry in entries if entry.code or entry.detail), _text(outer.trace_id)
    )


def _error(entry: "_ErrorEntry | _ErrorBody | str") -> ReadError:
    if isinstance(entry, str):
        return ReadError(None, _text(entry), None)
    where = entry.source if isinstance(entry.source, _ErrorSource) else _ErrorSource()
    return ReadError(
        _text(entry.code) or _text(entry.error),
        _text(entry.detail) or _text(entry.message) or _text(entry.error_description),
        _text(where.pointer) or _text(where.parameter),
    )


def _text(value: object) -> str | None:
    return value if isinstance(value, str) and value else None
