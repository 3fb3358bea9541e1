"""A linked account that is written to, what Qonto has of it, and what goes wrong between them."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Literal

import httpx2
import msgspec
from qonto_simulator import Simulator
from qonto_simulator.records.client import Client
from qonto_simulator.records.client_invoice import ClientInvoice
from qonto_simulator.world import Books

from connector.app.sandbox import Sandbox, ok
from connector.writing.performed import WriteSettings
from connector.writing.writing import Writing

Failure = Literal["lost_response", "drop", "malformed", "html", "status"]

QUICK = WriteSettings(looks=(0.0, 0.02))
PARIS = {
    "addressLine1": "1 rue de la Paix",
    "city": "Paris",
    "postalCode": "75002",
    "countryCode": "FR",
}

exact = msgspec.json.Decoder(dict[str, Any], float_hook=Decimal)


class Desk:
    """Writes for the account. `client` is the vendor's, `books` are the account's at Qonto."""

    def __init__(self, up: Sandbox, client: httpx2.AsyncClient, books: Books) -> None:
        self.up = up
        self.client = client
        self.books = books
        self.simulator: Simulator = up.simulators["qonto"]
        self.control = self.simulator.control

    async def ask(
        self, method: str, path: str, body: Any = None, *, key: str | None = None, **query: str
    ) -> httpx2.Response:
        """Make a call below /accounting; a body of bytes is sent as it is."""
        raw = body if isinstance(body, bytes) else msgspec.json.encode(body)
        headers = {"Content-Type": "application/json"}
        if key is not None:
            headers["Idempotency-Key"] = key
        return await self.client.request(
            method,
            f"/accounting/{path}",
            content=None if body is None else raw,
            headers=headers,
            params=query,
        )

    async def confirm(
        self, path: str, token: str, body: Any = None, *, key: str | None = None
    ) -> httpx2.Response:
        """Act with the token of a check."""
        headers = {"Confirmation-Token": token} | ({} if key is None else {"Idempotency-Key": key})
        content = None if body is None else msgspec.json.encode(body)
        return await self.client.post(f"/accounting/{path}", content=content, headers=headers)

    async def done(
        self, method: str, path: str, body: Any = None, *, key: str | None = None, **query: str
    ) -> dict[str, Any]:
        """Make a call that must succeed; return what it answers, with exact numbers."""
        answer = await self.ask(method, path, body, key=key, **query)
        expected = 201 if method == "POST" and "/" not in path and not query else 200
        assert answer.status_code == expected, answer.text
        return exact.decode(answer.content)["data"]

    def goes_wrong(
        self, kind: Failure, path: str = "/v2/clients*", method: str | None = None, **facts: Any
    ) -> None:
        """Let the next fitting call to Qonto end so."""
        self.control.clear_faults()
        self.control.fault(path, kind, method=method, **facts)

    def sent(self, method: str, path: str = "/v2/") -> int:
        """Count the calls that Qonto got."""
        return len(self.control.journal(method=method, path=path))

    def clients(self, name: str) -> list[Client]:
        """List Qonto's clients of a name."""
        return [one for one in self.books.clients if one.name == name]

    def invoices(self, purchase_order: str) -> list[ClientInvoice]:
        """List Qonto's invoices for an order."""
        return [one for one in self.books.client_invoices if one.purchase_order == purchase_order]

    def invoice(self, id: str) -> ClientInvoice | None:
        return self.books.client_invoices.get(id)

    @property
    def writing(self) -> Writing:
        return self.up.container.writing

    def later(self, seconds: float) -> None:
        """Let time pass, at Qonto too: so no test waits for a write to be given up."""
        clock = self.writing.clock
        self.control.advance(seconds=seconds)

        def ahead() -> datetime:
            return clock() + timedelta(seconds=seconds)

        object.__setattr__(self.writing, "clock", ahead)

    async def customer(self, name: str, **changes: Any) -> str:
        """Make a customer that can be invoiced; return its id."""
        return (await self.done("POST", "customers", company(name, **changes)))["id"]

    async def draft(self, order: str, customer: str, **changes: Any) -> str:
        """Make a draft of an invoice; return its id."""
        return (await self.done("POST", "invoices", invoice(order, customer, **changes)))["id"]


def company(name: str, **changes: Any) -> dict[str, Any]:
    """A customer with all that an invoice needs."""
    return {
        "contactType": "COMPANY",
        "companyName": name,
        "currency": "EUR",
        "locale": "fr",
        "taxNumber": "552100554",
        "addresses": [PARIS],
        **changes,
    }


def invoice(order: str, customer: str, **changes: Any) -> dict[str, Any]:
    """An invoice of 1,200.00 and 240.00 of tax."""
    return {
        "contactId": customer,
        "invoiceDate": "2026-11-20",
        "dueDate": "2026-12-20",
        "reference": order,
        "lineItems": [
            {"name": "Consulting", "quantity": 2, "unitAmount": 600, "taxRatePercentage": 20}
        ],
        **changes,
    }


def codes(answer: httpx2.Response) -> dict[str, str]:
    """What is wrong with a refused request, by field."""
    assert answer.status_code == 400, answer.text
    return {one["field"]: one["code"] for one in answer.json()["errors"]["validationErrors"]}


def code(answer: httpx2.Response) -> str:
    """The code of a refusal."""
    return str(answer.json()["errors"]["code"])


@asynccontextmanager
async def at_desk(up: Sandbox) -> AsyncGenerator[Desk]:
    """Link an account, and look for lost writes without waiting."""
    simulator = up.simulators["qonto"]
    organization = simulator.control.organizations()[0]["id"]
    writing = up.container.writing
    object.__setattr__(writing, "settings", replace(QUICK, lease=writing.settings.lease))
    async with up.client(await up.link("qonto")) as client:
        yield Desk(up, client, simulator.world.books[organization])


async def other_account(up: Sandbox) -> httpx2.AsyncClient:
    """Link another organisation by its API key; return a client for it."""
    other = list(up.simulators["qonto"].world.books.values())[1].organisation
    async with up.client() as vendor:
        body = {"username": other.slug, "apiKey": other.secret_key, "reference": "other"}
        made = await ok(vendor.post("/auth/accounts/qonto", json=body))
    return up.client(str(made.json()["accountKey"]))
