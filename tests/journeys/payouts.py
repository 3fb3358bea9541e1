"""A linked account whose payouts are run, and what became of them at the simulated Qonto."""

import asyncio
import itertools
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx2
from qonto_simulator import Simulator
from qonto_simulator.records.request import Request, RequestedTransfer
from qonto_simulator.world import Books

from connector.app.sandbox import Sandbox
from storage.repositories.payment_settings import PaymentSettings
from tests.connector.payouts.written import IBAN, csv_of

SCOPES = (
    "offline_access organization.read attachment.read attachment.write request_transfers.write "
    "payment.write"
)
PROPOSALS = "/v2/requests/multi_transfers"
_files = itertools.count(1)


def payments(count: int, *, prefix: str = "Salary") -> list[dict[str, str]]:
    """Lines of 1.01, 1.02 and so on, each with a reference of its own."""
    number = next(_files)
    return [
        {
            "name": f"Payee {at}",
            "iban": IBAN,
            "amount": f"{1 + at / 100:.2f}",
            "reference": f"{prefix} {number}-{at}",
        }
        for at in range(1, count + 1)
    ]


@dataclass(frozen=True)
class Payroll:
    """Calls the shipped app for one account."""

    up: Sandbox
    client: httpx2.AsyncClient
    simulator: Simulator
    books: Books
    tenant_id: str

    async def allow(self, **changes: Any) -> None:
        """Let the vendor pay, within these limits."""
        now = self.up.container.storage.clock()
        new = PaymentSettings(self.tenant_id, now, **{"enabled": True, **changes})
        async with self.up.container.storage.work.writing() as tx:
            await tx.payment_settings.put(new)

    async def file(
        self,
        content: bytes | Sequence[Mapping[str, str]],
        *,
        key: str | None = None,
        query: str = "",
        **fields: str,
    ) -> httpx2.Response:
        """Send a file."""
        raw = content if isinstance(content, bytes) else csv_of(content)
        return await self.client.post(
            f"/accounting/payouts{query}",
            files={"file": ("salaries.csv", raw, "text/csv")},
            data=fields,
            headers={} if key is None else {"Idempotency-Key": key},
        )

    async def draft(self, lines: bytes | Sequence[Mapping[str, str]]) -> dict[str, Any]:
        """Store a file that is right."""
        return data(await self.file(lines), 201)

    async def post(self, path: str, body: Any = None) -> httpx2.Response:
        return await self.client.post(f"/accounting/payouts{path}", json=body)

    async def confirm(self, draft: Mapping[str, Any], **changes: Any) -> httpx2.Response:
        """Confirm a draft by what it comes to."""
        body = {"total": draft["total"], "count": draft["count"], **changes}
        return await self.post(f"/{draft['id']}/confirm", body)

    async def get(self, payout_id: str) -> dict[str, Any]:
        return data(await self.client.get(f"/accounting/payouts/{payout_id}"))

    async def lines(self, payout_id: str, **query: Any) -> list[dict[str, Any]]:
        answer = await self.client.get(
            f"/accounting/payouts/{payout_id}/lines", params={"limit": 100, **query}
        )
        return data(answer)

    async def ended(self, payout_id: str) -> dict[str, Any]:
        """Return a payout once it isn't running any more."""
        return await self.until(payout_id, lambda payout: payout["status"] != "RUNNING")

    async def until(self, payout_id: str, so: Any) -> dict[str, Any]:
        """Return a payout once something is so of it."""
        async with asyncio.timeout(40):
            while True:
                payout = await self.get(payout_id)
                together = sum(
                    payout[group]["count"]
                    for group in ("settled", "pending", "refused", "undecided")
                )
                assert together == payout["count"], payout
                if so(payout):
                    return payout
                await asyncio.sleep(0.05)

    def requests(self, payout_id: str) -> list[Request]:
        """Return the proposals of a payout that are at Qonto, the oldest first."""
        return [one for one in self.books.requests if f"({payout_id})" in one.note]

    def proposed(self, payout_id: str) -> list[RequestedTransfer]:
        """Return all transfers in them."""
        return [line for one in self.requests(payout_id) for line in one.transfers]

    def calls(self, path: str = PROPOSALS, method: str = "POST") -> list[dict[str, Any]]:
        """Return what was asked of Qonto."""
        return self.simulator.control.journal(method=method, path=path)


def data(answer: httpx2.Response, status: int = 200) -> Any:
    assert answer.status_code == status, answer.text
    return answer.json()["data"]


def codes(answer: httpx2.Response, status: int = 400) -> list[tuple[str, str]]:
    """What is wrong with a refused request, each with its place."""
    assert answer.status_code == status, answer.text
    return [(one["field"], one["code"]) for one in answer.json()["errors"]["validationErrors"]]


@asynccontextmanager
async def payroll(up: Sandbox) -> AsyncGenerator[Payroll]:
    """Link an account."""
    simulator = up.simulators["qonto"]
    organization = simulator.control.organizations()[0]["id"]
    async with up.client(await up.link("qonto")) as client:
        client.timeout = httpx2.Timeout(30)
        books = simulator.world.books[organization]
        tenants = await up.container.oauth.tenants.all()
        roll = Payroll(up, client, simulator, books, tenants[0].id)
        await roll.allow()
        yield roll
