"""A copier on a real database, between a simulated Qonto and places that hold facts."""

import json
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from hashlib import sha256
from typing import Any

import httpx2
import msgspec
from qonto_simulator import Simulator
from qonto_simulator.render.client_invoices import client_invoice
from qonto_simulator.render.supplier_invoices import supplier_invoice
from qonto_simulator.render.transactions import transaction_document

from connector.copying.copier import Copier
from connector.copying.ports import CopiedRecord, Gone, StoredDocument
from connector.copying.work import CopyPlace, Tell
from connector.http import Limits
from connector.providers.qonto.provider import QontoHosts, qonto
from connector.registry import Registry
from connector.transport.client import ProviderHttp
from oauth.tokens import Access
from storage.ids import new_id
from storage.repositories.accounts import Account
from storage.repositories.copied_documents import CopiedDocument
from storage.repositories.copies import CopyKey, CopyRun, CopyState
from storage.repositories.tenants import Tenant
from storage.sealing import KeyRing, MasterKey
from storage.unit_of_work import UnitOfWork
from tests.support.accounts import add_account

ADDRESS = "https://qonto.example"
START = datetime(2026, 11, 20, 10, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
_JSON = msgspec.json.Encoder(decimal_format="number")
_NUMBERS = msgspec.json.Decoder(float_hook=Decimal)
RING = KeyRing([MasterKey.generate("test")])
_ADDED = ("attachments", "labels")
RESOURCES = ("invoices", "bills", "transactions")


class Killed(BaseException):
    """The process ends here: nobody cleans up."""


def truth_of(books: Any, resource: str, address: str) -> dict[str, Any]:
    """Return each record as Qonto has it, without a word of ours."""
    shown = list[Any]()
    if resource == "invoices":
        for one in books.client_invoices:
            shown.append(client_invoice(one, books.organisation, address))
    elif resource == "bills":
        for one in books.supplier_invoices:
            if not (one.reading and one.reading.is_credit_note):
                shown.append(supplier_invoice(one, books.organisation.id))
    else:
        for account in books.transactions.values():
            shown += [transaction_document(one) for one in account]
    return {one["id"]: _NUMBERS.decode(_JSON.encode(one)) for one in shown}


def as_shown(raw: bytes | str) -> dict[str, Any]:
    """Return what a copy kept of Qonto's JSON, but for what lists add to it."""
    document: dict[str, Any] = _NUMBERS.decode(raw)
    return {name: one for name, one in document.items() if name not in _ADDED}


@dataclass
class Shelf:
    """A Destination that holds what it was given, and remembers each batch."""

    records: dict[tuple[str, str], CopiedRecord] = field(
        default_factory=dict[tuple[str, str], CopiedRecord]
    )
    batches: list[Sequence[CopiedRecord | Gone]] = field(
        default_factory=list[Sequence[CopiedRecord | Gone]]
    )
    step: Callable[[], None] = lambda: None

    async def write(self, account_id: str, batch: Sequence[CopiedRecord | Gone]) -> None:
        self.step()
        for one in batch:
            if isinstance(one, Gone):
                self.records.pop((one.resource, one.id), None)
            else:
                self.records[one.resource, one.id] = one
        self.batches.append(batch)
        self.step()

    async def close(self) -> None:
        """Keep all."""

    def of(self, resource: str) -> dict[str, CopiedRecord]:
        return {id: record for (kind, id), record in self.records.items() if kind == resource}


@dataclass
class Archive:
    """A DocumentStore that holds what it was given."""

    files: dict[str, bytes] = field(default_factory=dict[str, bytes])
    names: list[str | None] = field(default_factory=list[str | None])
    step: Callable[[], None] = lambda: None

    async def put(
        self,
        account_id: str,
        resource: str,
        record_id: str,
        file_name: str | None,
        content_type: str,
        chunks: AsyncIterator[bytes],
    ) -> StoredDocument:
        self.step()
        content = b"".join([chunk async for chunk in chunks])
        digest = sha256(content).hexdigest()
        self.files[digest] = content
        self.names.append(file_name)
        self.step()
        return StoredDocument(digest, len(content), f"{digest[:2]}/{digest}")

    async def has(self, digest: str) -> bool:
        return digest in self.files

    async def close(self) -> None:
        """Keep all."""


class Key:
    """An AccessSource with the simulator's API key, or with some scopes."""

    def __init__(self, simulator: Simulator) -> None:
        self._headers = {"Authorization": f"{simulator.login}:{simulator.secret}"}
        self.scopes: frozenset[str] | None = None

    async def get(self, account_id: str) -> Access:
        return Access(self._headers, self.scopes, None)

    async def renew(self, account_id: str, refused: Access) -> Access:
        raise AssertionError("the key is fine")


@dataclass
class Line(httpx2.AsyncBaseTransport):
    """The way to the simulator. Each request takes a while, and may be told of first."""

    to: httpx2.AsyncBaseTransport
    passed: Callable[[httpx2.Request], None] = lambda _: None
    rewrite: Callable[[dict[str, Any]], dict[str, Any]] | None = None
    """What becomes of each invoice that a list shows."""

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        self.passed(request)
        response = await self.to.handle_async_request(request)
        if self.rewrite is None or request.url.path != "/v2/client_invoices":
            return response
        page = json.loads(await response.aread())
        page["client_invoices"] = [self.rewrite(one) for one in page["client_invoices"]]
        return httpx2.Response(response.status_code, json=page)


@dataclass
class Stage:
    """Everything, and the two clocks: `now` is Qonto's, and ours is `off` from it."""

    work: UnitOfWork
    account: Account
    now: datetime = START
    off: timedelta = timedelta(0)
    shelf: Shelf = field(default_factory=Shelf)
    archive: Archive = field(default_factory=Archive)
    has_archive: bool = True
    name: str = "memory://shelf"
    jitter: float = 0.0

    def __post_init__(self) -> None:
        self.simulator = Simulator(seed=1, clock=lambda: self.now, base_url=ADDRESS)
        self.simulator.control.set_quirks(rate_limits=False)
        self.control = self.simulator.control
        self.key = Key(self.simulator)
        self.line = Line(httpx2.ASGITransport(app=self.simulator.app))
        self.http = ProviderHttp(transport=self.line)
        system = qonto(
            self.http,
            hosts=QontoHosts(ADDRESS, ADDRESS),
            limits=Limits(retries=0),
            clock=self.our_now,
        )
        self.registry = Registry([system.provider(self.key)])
        self.copier = self.process()

    def our_now(self) -> datetime:
        return self.now + self.off

    def process(self) -> Copier:
        """Start a process; one that was killed before knows nothing of it."""
        return Copier(self.work, self.registry, self.our_now, RING, jitter=lambda: self.jitter)

    def later(self, **by: float) -> None:
        self.now += timedelta(**by)

    def place(self) -> CopyPlace:
        return CopyPlace(self.name, self.shelf, self.archive if self.has_archive else None)

    async def run(
        self,
        resource: str,
        *,
        since: datetime | None = None,
        origin: str = "COMMAND",
        copier: Copier | None = None,
        tell: Tell = lambda _run, _progress: None,
    ) -> CopyRun:
        run = CopyRun(
            new_id("run", self.our_now()),
            self.account.id,
            resource,
            self.name,
            origin,
            "OPEN",
            self.our_now(),
            since,
        )
        made = copier or self.copier
        return await made.make(self.account, run, self.place(), interval=HOUR, tell=tell)

    async def done(self, resource: str, **how: Any) -> CopyRun:
        """Make a run that succeeds."""
        run = await self.run(resource, **how)
        assert run.status == "SUCCESS", run
        return run

    def key_of(self, resource: str) -> CopyKey:
        return CopyKey(self.account.id, resource, self.name)

    async def state(self, resource: str) -> CopyState | None:
        async with self.work.reading() as tx:
            return await tx.copies.get(self.key_of(resource))

    async def documents(self, resource: str) -> list[CopiedDocument]:
        async with self.work.reading() as tx:
            return await tx.copied_documents.all(self.key_of(resource))

    # -- the truth, from the simulator itself ----------------------------------------------------

    @property
    def books(self) -> Any:
        return self.simulator.world.first

    def truth(self, resource: str) -> dict[str, Any]:
        return truth_of(self.books, resource, ADDRESS)

    def copy(self, resource: str) -> dict[str, Any]:
        """Return each record as the copy has it, but for what lists add to it."""
        found: dict[str, Any] = {}
        for id, record in self.shelf.of(resource).items():
            assert record.record["id"] == id
            found[id] = as_shown(record.raw)
        return found

    def asked(self, path: str) -> list[dict[str, list[str]]]:
        """Return what a list was asked for, each time."""
        entries = self.simulator.recorder.entries(method="GET")
        return [entry.query for entry in entries if entry.path == path]


@asynccontextmanager
async def stage(work: UnitOfWork) -> AsyncGenerator[Stage]:
    at = START
    tenant = Tenant(new_id("ten", at), "Vendor", at)
    account = Account(
        id=new_id("acct", at),
        tenant_id=tenant.id,
        target="qonto",
        organization_id="org",
        organization_name=None,
        membership_id=None,
        status="ACTIVE",
        reference=None,
        linked_at=at,
        updated_at=at,
    )
    async with work.writing() as tx:
        await tx.tenants.add(tenant)
        account = await add_account(tx, account)
    made = Stage(work, account)
    async with made.http:
        yield made
