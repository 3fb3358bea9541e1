"""A made-up target system and its provider, to show that the list engine needs nothing of Qonto.

The stockroom has goods, asked for by offset and count, seven at most; it sorts them by label and by
nothing else, and sends them as they were put in otherwise. It can't filter, and unless it's told to
it neither counts them nor tells what changed.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from operator import attrgetter
from random import Random
from typing import Any

import msgspec

from connector.errors import DocumentNotFound, UnreadableAnswer
from connector.listing.kinds import ListPlan, RecordKind, SingleListKind, find_one, first_found
from connector.listing.listing import Listing
from connector.listing.query import Condition, ListQuery, ask, changed_since, is_in
from connector.listing.records import DocumentPage, ListMeta, Record
from connector.listing.snapshots import Snapshots
from connector.listing.source import NativeOrder, Params, RemoteList, Source
from connector.ports import Found, Query
from connector.unified.enums import ItemType
from connector.unified.item import Item
from connector.unified.mapped import Mapped

SYSTEM = "Stockroom"
MOST = 7
"""Goods that one answer may hold."""

FIRST_DAY = datetime(2026, 3, 1, tzinfo=UTC)


class Good(msgspec.Struct, frozen=True):
    """A good as the stockroom writes it; `put_in` is a day. Some have no number."""

    sku: str | None
    label: str
    is_service: bool
    put_in: int


class Stockroom:
    """Holds goods, answers questions, and keeps what it was asked."""

    def __init__(self, count: int = 0) -> None:
        self.goods: list[Any] = [good(number) for number in range(count)]
        self.asked: list[tuple[int, int, Params] | str] = []
        self.counts = False
        self.tells_changes = False
        self.shows_one = True
        self.shuffle: Random | None = None
        """Draws the order of goods with one label anew with every request."""
        self.leaves: dict[int, str] = {}
        """Goods that are taken out just before an offset is answered."""
        self.changed = 0
        self.now = FIRST_DAY + timedelta(days=90)

    def take_out(self, sku: str) -> None:
        """Remove a good for good."""
        self.goods = [one for one in self.goods if one["sku"] != sku]

    def answer(self, offset: int, count: int, params: Params) -> bytes:
        """Return some goods, fewer than asked for at the end."""
        self.asked.append((offset, count, params))
        if (sku := self.leaves.pop(offset, None)) is not None:
            self.take_out(sku)
        shown = list(self.goods)
        sort = dict(params).get("sort")
        if sort is not None:
            if self.shuffle is not None:
                self.shuffle.shuffle(shown)
            shown.sort(key=lambda one: one["label"], reverse=sort.startswith("-"))
        part = shown[offset : offset + min(count, MOST)]
        said = {"goods": part, "more": offset + len(part) < len(shown)}
        return msgspec.json.encode({**said, "in_all": len(shown)} if self.counts else said)

    def answer_one(self, sku: str) -> bytes | None:
        """Return one good, None for a number that it doesn't know."""
        self.asked.append(sku)
        return next((msgspec.json.encode(one) for one in self.goods if one["sku"] == sku), None)


def good(number: int, **more: Any) -> dict[str, Any]:
    """Make a good as the stockroom writes it; later ones have earlier labels."""
    label = f"L{500 - number:03d}"
    return {
        "sku": f"sku-{number}",
        "label": label,
        "is_service": number % 3 == 0,
        "put_in": number,
        **more,
    }


@dataclass(frozen=True, slots=True)
class Account:
    """What the provider wants to know of a linked account."""

    room: Stockroom


BY_LABEL = NativeOrder(attrgetter("label"), (("sort", "-label"),), (("sort", "label"),))
AS_PUT_IN = NativeOrder()


def goods_of(account: Account) -> RemoteList[Good]:
    """Make the stockroom's list readable: all that the engine needs to know of it."""
    room = account.room

    async def page(number: int, size: int, params: Params) -> DocumentPage[Good]:
        offset = (number - 1) * size
        body = room.answer(offset, size, params)
        said = msgspec.json.decode(body, type=dict[str, msgspec.Raw])
        raws = msgspec.json.decode(said["goods"], type=list[msgspec.Raw])
        has_more = said["more"] == msgspec.Raw(b"true")
        total = msgspec.json.decode(said["in_all"], type=int) if "in_all" in said else None
        meta = ListMeta(next_page=number + 1 if has_more else None, total_count=total)
        return DocumentPage(tuple(_record(bytes(raw)) for raw in raws), meta, body)

    async def one(sku: str) -> tuple[Good, bytes]:
        body = room.answer_one(sku)
        if body is None:
            raise DocumentNotFound(f"{SYSTEM} has no good of that number.")
        document = _record(body).document
        if document is None:
            raise UnreadableAnswer(f"{SYSTEM}'s answer can't be read.")
        return document, body

    async def count_changed(moment: datetime) -> int:
        del moment
        room.asked.append("changes")
        return room.changed

    return RemoteList(
        SYSTEM,
        "goods",
        MOST,
        page,
        one if room.shows_one else None,
        count_changed if room.tells_changes else None,
    )


def _record(raw: bytes) -> Record[Good]:
    try:
        document = msgspec.json.decode(raw, type=Good)
    except msgspec.ValidationError:
        return Record(None, raw, None)
    return Record(document, raw, document.sku)


def _put_in(document: Good) -> datetime:
    return FIRST_DAY + timedelta(days=document.put_in)


def _item(document: Good) -> Mapped[Item]:
    kind: ItemType = "SERVICE" if document.is_service else "PRODUCT"
    told: dict[str, Any] = dict.fromkeys(Item.__struct_fields__)
    told |= {
        "id": document.sku or "unnumbered",
        "name": document.label,
        "type": kind,
        "last_modified_date": f"{_put_in(document):%Y-%m-%dT00:00:00.000Z}",
    }
    lost = ("the colour has no counterpart",) if document.put_in == 1 else ()
    return Mapped(Item(**told), lost)


def _source(account: Account, params: Params) -> Source[Good, Item]:
    return Source(goods_of(account), "good", _item, _put_in, AS_PUT_IN, "no good", params)


def _question(query: Query) -> ListQuery[Item]:
    """Leave the order by name to the stockroom, and do all else here."""
    conditions: tuple[Condition[Item] | None, ...] = (
        is_in("type", query.value_of("type")),
        changed_since(query, lambda item: item.last_modified_date),
    )
    return ask(
        query,
        conditions=conditions,
        keys={"name": lambda item: item.name, "number": lambda item: item.id},
        native={"name": BY_LABEL},
    )


@dataclass(frozen=True, slots=True)
class TwoRooms:
    """A kind of record that comes from two lists."""

    other: Stockroom
    name: str = "item"

    async def plan(self, account: Account, query: Query) -> ListPlan[Item]:
        del query
        return ListPlan([_source(account, ()), _source(Account(self.other), ())])

    async def find(self, account: Account, record_id: str) -> Found[Item]:
        places = (account, Account(self.other))
        _, found = await first_found(places, lambda each: find_one(_source(each, ()), record_id))
        return found


ITEMS = SingleListKind("item", _source, _question)


def reader_of(room: Stockroom, kind: RecordKind[Account, Item] = ITEMS) -> Listing[Account, Item]:
    """Make the reader of items for an account whose id is `acct`."""

    def open_account(account_id: str, zone: tzinfo | None) -> Account:
        assert account_id == "acct"
        del zone  # a good has no state that depends on the day
        return Account(room)

    def known_id(text: str) -> str:
        if not text.startswith("sku-"):
            raise DocumentNotFound(f"{SYSTEM} has no such numbers.")
        return text

    return Listing(kind, open_account, known_id, Snapshots(), lambda: room.now)
