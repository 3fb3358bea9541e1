"""Records as tools answer them: small, and exact. Pure."""

from collections.abc import Collection, Sequence
from decimal import Decimal
from functools import cache
from typing import Any, cast

import msgspec

from connector.ports import Found, Page

HEAVY = frozenset(
    {
        *("addresses", "oneLineAddress", "lineItems", "creditNoteLines", "taxes"),
        *("eInvoicingEvents", "contactPersons", "bankAccounts", "invoiceId"),
    }
)
"""What lists leave out; reading one record tells it."""

_LINKS = frozenset({"file_url", "url"})
_SOURCES = msgspec.json.Decoder(float_hook=str)


def shown(value: Any, without: Collection[str] = ()) -> Any:
    """Return a record as JSON values: amounts as texts, and without what is null or empty."""
    match value:
        case Decimal():
            return format(value, "f")
        case msgspec.Struct():
            record: dict[str, Any] = {}
            for field, name in _fields(type(value)):
                if name in without:
                    continue
                part = getattr(value, field)
                if part is not None and part != () and part != "":
                    record[name] = shown(part)
            return record
        case tuple() | list():
            return [shown(one) for one in cast(Sequence[Any], value)]
        case _:
            return value


@cache
def _fields(kind: type[msgspec.Struct]) -> tuple[tuple[str, str], ...]:
    return tuple((one.name, one.encode_name) for one in msgspec.structs.fields(kind))


def shown_page(page: Page[Any]) -> dict[str, Any]:
    """Return a page of a list, with how much there is in all where that is known."""
    records = [shown(one, HEAVY) for one in page.items]
    told: dict[str, Any] = {"page": page.page, "per_page": page.per_page}
    warnings = [*page.warnings]
    if page.total is None or page.total_pages is None:
        told["has_more"] = len(records) == page.per_page
        warnings.append("Qonto doesn't tell how many there are in all.")
    else:
        told |= {"total": page.total, "total_pages": page.total_pages}
        told["has_more"] = page.page < page.total_pages
    return {"records": records, "pagination": told, **noted(warnings)}


def shown_found(found: Found[Any]) -> dict[str, Any]:
    """Return one record, with Qonto's own document, which has what the model has no place for."""
    source = read_source(found.raw)
    return {"record": shown(found.item), "source": source, **noted(found.warnings)}


def noted(warnings: Sequence[str]) -> dict[str, Any]:
    """Return warnings where there are any."""
    return {"warnings": list(warnings)} if warnings else {}


def read_source(raw: bytes) -> Any:
    """Return a document of the target system as JSON values, with every digit.

    Without links to files: whoever has one has the file, and a conversation is kept by others.
    """
    return _linkless(_SOURCES.decode(raw))


def _linkless(value: Any) -> Any:
    match value:
        case dict():
            items = cast(dict[str, Any], value).items()
            return {name: _linkless(one) for name, one in items if name not in _LINKS}
        case list():
            return [_linkless(one) for one in cast(list[Any], value)]
        case _:
            return value
