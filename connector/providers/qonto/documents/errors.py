"""Error answers, in every shape in use."""

from dataclasses import dataclass
from typing import cast

import msgspec

from connector.providers.qonto.documents.reading import BROKEN

_OBJECT = msgspec.json.Decoder(dict[str, object])
_DEEPEST = 4


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


def read_errors(body: bytes) -> ReadErrors:
    """Read an error answer in any of the shapes in use; what can't be read is left out.

    Documented is `{errors: [{code, detail, source}], trace_id}`; also seen are `errors` as an
    object, `{message}`, `{code, message, trace_id}` and the authorisation server's `{error}`.
    """
    try:
        outer = _OBJECT.decode(body)
    except BROKEN:
        return ReadErrors()
    listed = outer.get("errors") or outer
    each = cast(list[object], listed) if isinstance(listed, list) else [listed]
    entries = [_error(entry) for entry in each]
    return ReadErrors(
        tuple(entry for entry in entries if entry.code or entry.detail),
        _text(outer.get("trace_id")),
    )


def _error(entry: object) -> ReadError:
    if not isinstance(entry, dict):
        return ReadError(None, _text(entry), None)
    told = cast(dict[str, object], entry)
    return ReadError(
        _text(told.get("code")) or _text(told.get("error")),
        _text(told.get("detail"))
        or _text(told.get("message"))
        or _text(told.get("error_description")),
        _place(told.get("source")),
    )


def _place(source: object, depth: int = 0) -> str | None:
    """Read what an entry is about: a text, or a pointer or parameter at some depth of an object."""
    if not isinstance(source, dict):
        return _text(source)
    told = cast(dict[str, object], source)
    if depth > _DEEPEST:
        return None
    named = [told[name] for name in ("pointer", "parameter", "properties") if name in told]
    return next((place for one in named if (place := _place(one, depth + 1))), None)


def _text(value: object) -> str | None:
    return value if isinstance(value, str) and value else None
