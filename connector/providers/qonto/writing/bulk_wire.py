"""Qonto's bulk creation of supplier invoices: what is sent, and whose each answer is. Pure.

The answer is 200 even when single documents fail. Qonto names a document that failed by its key or
by its place; those that were made come without either, in the order in which they were sent.
"""

import re
from collections.abc import Sequence
from typing import Any, cast

import msgspec

from connector.api.spooling import UploadedFile
from connector.listing.records import Record
from connector.multipart import FormPart, MultipartBody
from connector.providers.qonto.client import SUPPLIER_INVOICES
from connector.providers.qonto.documents.purchases import SupplierInvoice
from connector.providers.qonto.documents.reading import Unreadable
from connector.providers.qonto.writing.file_kinds import kind_of
from connector.unified.upload import UploadedItem
from connector.writing.problems import Problems

MOST_ITEMS = 20
LARGEST_REQUEST = 15_000_000
FRAMING = 1024
"""Bytes that a form adds to a file, at most."""

_BY_KEY = re.compile(r"/supplier_invoices/idempotency_key/(.+)")
_BY_PLACE = re.compile(r"/supplier_invoices/(\d{1,4})(?:/.*)?", re.ASCII)
_NOT_TOLD = ("NOT_TOLD", "Qonto said nothing of this one. Look for it before uploading it again.")


class BulkItem(msgspec.Struct, frozen=True, omit_defaults=True):
    """A document to become a supplier invoice: a file that comes along, or one that's there.

    `index` is its place in the caller's request. Files are by their place among those that come
    along, with what tells them again: name and size.
    """

    index: int
    key: str
    attachment_id: str | None = None
    file: int | None = None
    name: str | None = None
    size: int = 0


class BulkFault(msgspec.Struct, frozen=True):
    """Why one of them was not made."""

    index: int
    code: str
    message: str
    name: str | None = None

    def told(self) -> UploadedItem:
        """Say it in the unified model."""
        return UploadedItem(self.index, self.name, None, None, self.code, self.message)


class BulkSent(msgspec.Struct, frozen=True, omit_defaults=True):
    """A bulk request as it is stored; `faults` are of those that are not sent."""

    items: list[BulkItem]
    faults: list[BulkFault] = []


Made = Record[SupplierInvoice]
Fate = Made | tuple[str, str]
"""The invoice that was made, or code and words of what was wrong."""


def form_of(sent: BulkSent, files: Sequence[UploadedFile]) -> MultipartBody:
    """Return the body of the request."""
    parts: list[FormPart] = []
    for item in sent.items:
        if item.file is not None:
            file = files[item.file]
            parts.append(FormPart("supplier_invoices[][file]", file, kind_of(file)))
        else:
            parts.append(FormPart("supplier_invoices[][attachment_id]", item.attachment_id or ""))
        parts.append(FormPart("supplier_invoices[][idempotency_key]", item.key))
    parts.append(FormPart("source", "integration"))
    return MultipartBody(parts)


def check_size(items: Sequence[BulkItem], problems: Problems) -> None:
    """Note when it is more than one request may hold, or when two have one key."""
    if len(items) > MOST_ITEMS:
        problems.add("files", "TOO_MANY_FILES", f"Qonto takes {MOST_ITEMS} in one request.")
    if sum(item.size + FRAMING for item in items if item.file is not None) > LARGEST_REQUEST:
        problems.add("files", "TOO_LARGE", "Qonto takes 15 MB in one request.")
    seen: dict[str, int] = {}
    for item in items:
        first = seen.setdefault(item.key, item.index)
        if first != item.index:
            problems.add(
                f"files.{item.index}",
                "DUPLICATE_ITEM",
                f"This is the same as files.{first}, of which one bill is made.",
            )


def fates_of(sent: BulkSent, body: bytes) -> list[Fate]:
    """Say of each document what came of it. Raises Unreadable."""
    made = list(SUPPLIER_INVOICES.resource.read_page(body).records)
    fates: dict[int, Fate] = {}
    loose: list[tuple[str, str]] = []
    for error in _errors_of(body):
        place = _place_of(error, sent)
        told = (str(error.get("code") or "invalid").upper()[:60], _words_of(error))
        if place is None:
            loose.append(told)
        else:
            fates[place] = told
    left = [place for place in range(len(sent.items)) if place not in fates]
    for place in left if len(made) != len(left) else ():
        found = next((one for one in made if _is_of(one, sent.items[place])), None)
        if found is not None:
            made.remove(found)
            fates[place] = found
    for place in left:
        if place not in fates:
            fates[place] = made.pop(0) if made else loose.pop(0) if loose else _NOT_TOLD
    return [fates[place] for place in range(len(sent.items))]


def _is_of(record: Made, item: BulkItem) -> bool:
    document = record.document
    if document is None:
        return False
    if item.attachment_id is not None:
        return document.attachment_id == item.attachment_id
    return document.file_name == item.name


def is_candidate(record: Made, item: BulkItem) -> bool:
    """Say whether an invoice may have come of an item, as far as it tells by itself."""
    return record.id is not None and _is_of(record, item)


def _errors_of(body: bytes) -> list[dict[str, Any]]:
    try:
        told: Any = msgspec.json.decode(body).get("errors")
    except msgspec.MsgspecError:
        raise Unreadable("the answer is not a JSON object") from None
    listed = cast(list[Any], told if isinstance(told, list) else [told])
    return [cast(dict[str, Any], one) for one in listed if isinstance(one, dict)]


def _place_of(error: dict[str, Any], sent: BulkSent) -> int | None:
    source = error.get("source")
    pointer = cast(dict[str, Any], source).get("pointer") if isinstance(source, dict) else None
    if not isinstance(pointer, str):
        return None
    if by_key := _BY_KEY.fullmatch(pointer):
        keys = [item.key for item in sent.items]
        return keys.index(by_key[1]) if by_key[1] in keys else None
    by_place = _BY_PLACE.fullmatch(pointer)
    place = int(by_place[1]) if by_place else None
    return place if place is not None and place < len(sent.items) else None


def _words_of(error: dict[str, Any]) -> str:
    told = error.get("detail") or error.get("message") or "Qonto did not say why."
    return str(told)[:300]
