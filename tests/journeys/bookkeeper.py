"""A linked account that writes, its books at Qonto, and what can happen there."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import httpx2
import msgspec
from qonto_simulator.control.control import Control
from qonto_simulator.world import Books

from connector.app.sandbox import Sandbox

_exact = msgspec.json.Decoder(dict[str, Any], float_hook=Decimal).decode


@dataclass(frozen=True)
class Written:
    """An answer: what is told, and how."""

    status: int
    data: Any
    warnings: tuple[str, ...]
    errors: dict[str, Any]
    headers: httpx2.Headers

    @property
    def codes(self) -> dict[str, str]:
        """What is wrong, by field."""
        told = self.errors["validationErrors"]
        return {one["field"]: one["code"] for one in told}


@dataclass(frozen=True)
class Bookkeeper:
    """Calls the connector for one account."""

    client: httpx2.AsyncClient
    books: Books
    control: Control

    async def call(
        self,
        method: str,
        path: str,
        body: object = None,
        *,
        key: str | None = None,
        **query: Any,
    ) -> Written:
        """Make a call and return what it answered."""
        answer = await self.client.request(
            method,
            f"/accounting/{path}",
            json=body,
            params=query,
            headers={} if key is None else {"Idempotency-Key": key},
        )
        told = _exact(answer.content)
        meta: dict[str, Any] = told["meta"]
        warnings: list[str] = meta.get("warnings", [])
        errors: dict[str, Any] = told["errors"] or {}
        return Written(answer.status_code, told["data"], tuple(warnings), errors, answer.headers)

    async def ok(self, method: str, path: str, body: object = None, **options: Any) -> Any:
        """Make a call that must succeed, and return its data."""
        done = await self.call(method, path, body, **options)
        assert done.status in (200, 201), done
        return done.data

    def asked(self, method: str, path: str) -> int:
        """Count the calls that Qonto got so far."""
        return sum(
            one["method"] == method and one["path"] == path for one in self.control.journal()
        )


@asynccontextmanager
async def bookkeeper(up: Sandbox, target: str = "qonto") -> AsyncGenerator[Bookkeeper]:
    """Link an account and open its client."""
    simulator = up.simulators[target]
    organization = simulator.control.organizations()[0]["id"]
    async with up.client(await up.link(target)) as client:
        yield Bookkeeper(client, simulator.world.books[organization], simulator.control)
