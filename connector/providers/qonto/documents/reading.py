"""How Qonto's answers are read: a list record by record, a single document, and their bytes."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Generic, Protocol, TypeVar, cast

import msgspec

from connector.listing.records import DocumentPage, ListMeta, Record
from connector.providers.qonto.documents.mending import BROKEN, QontoDocument, mended

D = TypeVar("D", bound=QontoDocument)


class Unreadable(ValueError):
    """The bytes are not the JSON that the endpoint documents; the message says what is missing."""


# numbers outside strings become Decimal, so that no amount passes through a float
_OBJECT = msgspec.json.Decoder(dict[str, msgspec.Raw])
_RAW_LIST: msgspec.json.Decoder[list[msgspec.Raw] | None] = msgspec.json.Decoder(
    list[msgspec.Raw] | None
)
_META = msgspec.json.Decoder(ListMeta)


class _Split(Protocol):
    """A list answer, in the bytes of its parts."""

    records: Sequence[msgspec.Raw] | None
    meta: msgspec.Raw


def _splitter(plural: str) -> msgspec.json.Decoder[_Split]:
    records = ("records", list[msgspec.Raw] | None, msgspec.field(name=plural))
    kind = msgspec.defstruct("Split", [records, ("meta", msgspec.Raw, msgspec.Raw(b"null"))])
    return msgspec.json.Decoder(cast("type[_Split]", kind))


class QontoResource(Generic[D]):
    """How one resource is named and read: the key of its list, of a single one, and its type."""

    def __init__(self, plural: str, singular: str, document: type[D]) -> None:
        self._document = document
        self.plural = plural
        self.singular = singular
        self._decoder = msgspec.json.Decoder(document, float_hook=Decimal)
        self._splitter = _splitter(plural)

    def read_page(self, body: bytes) -> DocumentPage[D]:
        """Read a list answer, record by record. Raises Unreadable when there is no such list."""
        raws, meta = self._split(body)
        return DocumentPage(tuple([self._record(bytes(raw)) for raw in raws]), _meta(meta), body)

    def read_one(self, body: bytes) -> tuple[D, bytes]:
        """Read a single document and its own bytes, in its envelope or bare. Raises Unreadable."""
        raw = bytes(_outer(body).get(self.singular, body))
        try:
            return self._read(raw), raw
        except BROKEN:
            raise Unreadable(f"the {self.singular} doesn't fit its documentation") from None

    def _split(self, body: bytes) -> tuple[Sequence[msgspec.Raw], msgspec.Raw | None]:
        """Return the bytes of a list's records and of its meta, from one look at the whole."""
        try:
            body.decode()  # skipped fields aren't checked otherwise, and would be passed on as raw
            page = self._splitter.decode(body)
        except BROKEN:
            return self._split_in_steps(body)
        return page.records or (), page.meta

    def _split_in_steps(self, body: bytes) -> tuple[Sequence[msgspec.Raw], msgspec.Raw | None]:
        """Do the same for an answer that is odd, or find out what is missing in it."""
        outer = _outer(body)
        if self.plural not in outer:
            raise Unreadable(f"the answer has no {self.plural}")
        try:
            return _RAW_LIST.decode(outer[self.plural]) or (), outer.get("meta")
        except BROKEN:
            raise Unreadable(f"{self.plural} is not a list") from None

    def _record(self, raw: bytes) -> Record[D]:
        try:
            document = self._read(raw)
        except BROKEN:
            return Record(None, raw, None)
        return Record(document, raw, document.id or None)

    def _read(self, raw: bytes) -> D:
        try:
            return self._decoder.decode(raw)
        except BROKEN:
            return mended(self._document, raw)


def _outer(body: bytes) -> dict[str, msgspec.Raw]:
    try:
        body.decode()  # skipped fields aren't checked otherwise, and would be passed on as raw data
        return _OBJECT.decode(body)
    except BROKEN:
        raise Unreadable("the answer is not a JSON object") from None


def _meta(raw: msgspec.Raw | None) -> ListMeta:
    if raw is None:
        return ListMeta()
    try:
        return _META.decode(raw)
    except BROKEN:
        pass
    try:
        return mended(ListMeta, bytes(raw))
    except BROKEN:
        return ListMeta()
