"""A made-up target system that can be written to, and that loses answers when told to."""

import asyncio
import itertools
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, cast

from pydantic import BaseModel

from connector.errors import DownstreamRefused, DownstreamTimeout, NotReached
from connector.ports import Found, PreparedWrite, WriteDone, WriteRequest
from connector.registry import Provider, Registry
from connector.writing.writing import Writing
from storage.ids import new_id
from storage.repositories.accounts import Account
from storage.repositories.tenants import Tenant
from storage.sealing import KeyRing
from storage.unit_of_work import UnitOfWork
from tests.support.accounts import add_account
from tests.webhooks.relay import START, Clock

TARGET = "qonto"


class Order(BaseModel):
    """What is asked for."""

    text: str


@dataclass(frozen=True)
class Record:
    """What there is of it."""

    id: str
    text: str
    made_at: datetime


@dataclass
class Shop:
    """Keeps records. `answers` are how the next calls go: ok, lost, dropped, refused, unreached.

    `lost` does what was asked, then says nothing, and with `last` nothing can be reached any more;
    `dropped` says nothing and does nothing.
    """

    clock: Clock
    records: list[Record] = field(default_factory=list[Record])
    answers: list[str] = field(default_factory=list[str])
    looked: int = 0
    blind: bool = False
    away: bool = False
    """Nothing of it can be reached."""
    checked: int = 0
    slow: asyncio.Event | None = None
    """Set when a creation under way may go on."""
    called: asyncio.Event = field(default_factory=asyncio.Event)
    _numbers: Any = field(default_factory=lambda: itertools.count(1))

    def make(self, text: str) -> Record:
        record = Record(f"rec-{next(self._numbers)}", text, self.clock())
        self.records.append(record)
        return record

    def call(self, text: str) -> Record:
        if self.away:
            raise NotReached("It can't be reached.")
        match self.answers.pop(0) if self.answers else "ok":
            case "last":
                self.make(text)
                self.away = True
                raise DownstreamTimeout("It did not answer.")
            case "lost":
                self.make(text)
                raise DownstreamTimeout("It did not answer.")
            case "dropped":
                raise DownstreamTimeout("It did not answer.")
            case "refused":
                raise DownstreamRefused("It doesn't like that.")
            case "unreached":
                raise NotReached("It can't be reached.")
            case _:
                return self.make(text)


@dataclass
class Making:
    """The Writer that makes records there."""

    shop: Shop
    can_repeat: bool = False

    async def prepare(self, account_id: str, asked: WriteRequest) -> PreparedWrite:
        order = cast(Order, asked.body)
        self.shop.checked += 1
        return PreparedWrite(json.dumps({"text": order.text}).encode(), ("a warning",))

    async def send(self, account_id: str, prepared: PreparedWrite) -> WriteDone[Record]:
        if self.shop.slow is not None:
            self.shop.called.set()
            await self.shop.slow.wait()
        return self._done(self.shop.call(json.loads(prepared.request)["text"]))

    async def find(
        self, account_id: str, prepared: PreparedWrite, since: datetime
    ) -> Sequence[WriteDone[Record]] | None:
        self.shop.looked += 1
        if self.shop.away:
            raise NotReached("It can't be reached.")
        if self.shop.blind:
            return None
        text = json.loads(prepared.request)["text"]
        there = [one for one in self.shop.records if one.text == text and one.made_at >= since]
        return [self._done(one) for one in there]

    def read(self, raw: bytes) -> Found[Record]:
        told = json.loads(raw)
        record = Record(told["id"], told["text"], datetime.fromisoformat(told["at"]))
        return Found(record, (), raw)

    def _done(self, record: Record) -> WriteDone[Record]:
        raw = json.dumps(
            {"id": record.id, "text": record.text, "at": record.made_at.isoformat()}
        ).encode()
        return WriteDone(record.id, Found(record, (), raw), record.made_at)


@dataclass
class Setting:
    """The Writer that sets a text, whatever it was before; `blind` are looks that fail first."""

    shop: Shop
    can_repeat: bool = True
    text: str = ""
    blind: int = 0

    async def prepare(self, account_id: str, asked: WriteRequest) -> PreparedWrite:
        self.shop.checked += 1
        return PreparedWrite(cast(Order, asked.body).text.encode())

    async def send(self, account_id: str, prepared: PreparedWrite) -> WriteDone[str]:
        self.shop.call("")
        self.text = prepared.request.decode()
        return self._done()

    async def find(
        self, account_id: str, prepared: PreparedWrite, since: datetime
    ) -> Sequence[WriteDone[str]] | None:
        if self.blind:
            self.blind -= 1
            raise DownstreamTimeout("It did not answer.")
        return (self._done(),) if self.text == prepared.request.decode() else ()

    def read(self, raw: bytes) -> Found[str]:
        return Found(raw.decode(), (), raw)

    def _done(self) -> WriteDone[str]:
        return WriteDone(None, Found(self.text, (), self.text.encode()))


class Office:
    """Processes that write to the shop for one account, over one database and one clock."""

    def __init__(self, work: UnitOfWork, ring: KeyRing) -> None:
        self.work = work
        self.clock = Clock()
        self.shop = Shop(self.clock)
        self.setting = Setting(self.shop)
        self._registry = Registry(
            [
                Provider(
                    TARGET,
                    cast(Any, None),
                    cast(Any, None),
                    cast(Any, None),
                    writers={
                        "orders.create": Making(self.shop),
                        "orders.keyed": Making(self.shop, can_repeat=True),
                        "orders.set": self.setting,
                    },
                )
            ]
        )
        self._ring = ring

    def process(self) -> Writing:
        """Start another process."""
        return Writing(self._registry, self.work, self._ring, self.clock, sleep=self._sleep)

    async def _sleep(self, seconds: float) -> None:
        self.clock.advance(seconds=seconds)

    async def account(self) -> Account:
        at = self.clock()
        async with self.work.writing() as tx:
            tenant = Tenant(id=new_id("ten", at), name="Vendor", created_at=at)
            await tx.tenants.add(tenant)
            return await add_account(
                tx,
                Account(
                    id=new_id("acct", at),
                    tenant_id=tenant.id,
                    target=TARGET,
                    organization_id=new_id("org", at),
                    organization_name=None,
                    membership_id=None,
                    status="ACTIVE",
                    reference=None,
                    linked_at=START,
                    updated_at=START,
                ),
            )

    def later(self, seconds: float) -> None:
        self.clock.now += timedelta(seconds=seconds)


def order(text: str = "one") -> WriteRequest:
    return WriteRequest(Order(text=text))
