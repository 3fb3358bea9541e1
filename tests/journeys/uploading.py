"""A linked account whose files go up, and what became of them at the simulated Qonto."""

import asyncio
import hashlib
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx2
from qonto_simulator import Simulator
from qonto_simulator.world import Books

from connector.app.sandbox import Sandbox
from tests.support.pdf import pdf

BULK = "/v2/supplier_invoices/bulk"


def named(*texts: str) -> list[tuple[str, bytes]]:
    """Return PDFs by their names."""
    return [(f"{text}.pdf", pdf(text)) for text in texts]


@dataclass(frozen=True)
class Uploader:
    """Calls the shipped app for one account."""

    client: httpx2.AsyncClient
    simulator: Simulator
    books: Books
    there_before: set[str] = field(default_factory=set[str])

    def begin(self) -> "Uploader":
        """Forget what was asked at Qonto so far, and which bills there were."""
        self.simulator.control.clear_journal()
        self.simulator.control.clear_faults()
        self.books.upload_keys.clear()
        self.there_before.update(one.id for one in self.books.supplier_invoices)
        return self

    async def send(
        self,
        path: str,
        files: Sequence[tuple[str, bytes]],
        *,
        part: str = "files",
        fields: dict[str, str] | None = None,
        key: str | None = None,
        query: str = "",
    ) -> httpx2.Response:
        """Send a form with files."""
        return await self.client.post(
            f"/accounting/{path}{query}",
            files=[(part, (name, content, "application/pdf")) for name, content in files],
            data=fields or {},
            headers={} if key is None else {"Idempotency-Key": key},
        )

    async def bulk(
        self, files: Sequence[tuple[str, bytes]], key: str | None = None, query: str = ""
    ) -> httpx2.Response:
        return await self.send("bills/bulk", files, key=key, query=query)

    async def post(self, path: str, body: Any = None, key: str | None = None) -> httpx2.Response:
        headers = {} if key is None else {"Idempotency-Key": key}
        return await self.client.post(f"/accounting/{path}", json=body, headers=headers)

    async def file(self, content: bytes, name: str = "invoice.pdf") -> str:
        """Upload a file; return its id."""
        answer = await self.send("files", [(name, content)], part="file")
        assert answer.status_code == 201, answer.text
        return answer.json()["data"]["id"]

    async def task(self, task_id: str) -> dict[str, Any]:
        """Return a task once it has ended."""
        async with asyncio.timeout(20):
            while True:
                answer = await self.client.get(f"/accounting/asyncTask/{task_id}")
                assert answer.status_code == 200, answer.text
                task: dict[str, Any] = answer.json()["data"]
                if task["status"] not in ("OPEN", "IN_PROGRESS"):
                    return task
                await asyncio.sleep(0.05)

    def contents(self) -> list[str]:
        """Return the digests of the files of all bills that came since."""
        stored = self.simulator.world.attachments
        return sorted(
            hashlib.sha256(stored[one.attachment_id].read()).hexdigest()
            for one in self.books.supplier_invoices
            if one.id not in self.there_before
        )

    def calls(self, path: str) -> list[dict[str, Any]]:
        """Return the POSTs to a path of Qonto's since."""
        found = self.simulator.control.journal(method="POST", path=path)
        return [one for one in found if one["path"] == path]


def digests(files: Sequence[tuple[str, bytes]]) -> list[str]:
    return sorted(hashlib.sha256(content).hexdigest() for _, content in files)


@asynccontextmanager
async def uploader(up: Sandbox) -> AsyncGenerator[Uploader]:
    """Link an account."""
    simulator = up.simulators["qonto"]
    organization = simulator.control.organizations()[0]["id"]
    async with up.client(await up.link("qonto")) as client:
        client.timeout = httpx2.Timeout(30)
        yield Uploader(client, simulator, simulator.world.books[organization])
