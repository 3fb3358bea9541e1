"""What the tests of the simulator share. Everything goes through HTTP."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx2
from qonto_simulator import Simulator, give_consent
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

NOW = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
ORIGIN = "http://qonto.test"
REDIRECT = "https://app.example/auth/callback/qonto"
CALLBACK = "https://hooks.example/qonto"
STATE = "a-state-of-some-length"
SINGLE_404 = ("/v2/quotes/",)
"""Where a 404 has one error instead of a list."""


class Api(httpx2.AsyncClient):
    """A client that says what was wrong when an answer is not the expected one."""

    async def take(self, method: str, path: str, status: int = 200, **options: Any) -> Any:
        """The JSON of an answer with this status, ``None`` without a body."""
        response = await self.request(method, path, **options)
        assert response.status_code == status, f"{response.status_code} {response.text[:500]}"
        return response.json() if response.content else None

    async def problem(self, method: str, path: str, status: int, **options: Any) -> dict[str, Any]:
        """The first error of a refusal, after a look at its envelope: three shapes are in use."""
        response = await self.request(method, path, **options)
        assert response.status_code == status, f"{response.status_code} {response.text[:500]}"
        document = response.json()
        if path.startswith("/v2/webhook_subscriptions"):
            assert {"code", "detail"} <= set(document) <= {"code", "detail", "source"}
            return document
        assert document["trace_id"] == response.headers["x-tyk-trace-id"]
        errors = document["errors"]
        is_single = status == 404 and path.startswith(SINGLE_404)
        assert isinstance(errors, dict if is_single else list)
        return errors if is_single else errors[0]


class Receiver:
    """A webhook receiver: keeps what it got, answers what it is told."""

    def __init__(self) -> None:
        self.posts: list[tuple[dict[str, str], bytes]] = []
        self.answers: list[int] = []
        self.delay = 0.0
        self.got_one = asyncio.Event()
        self.transport = httpx2.ASGITransport(self._app)

    async def _app(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        body = await request.body()
        await asyncio.sleep(self.delay)
        self.posts.append((dict(request.headers), body))
        self.got_one.set()
        status = self.answers.pop(0) if self.answers else 200
        await Response(status_code=status)(scope, receive, send)

    @property
    def events(self) -> list[dict[str, Any]]:
        return [json.loads(body) for _, body in self.posts]


def authorization_url(sim: Simulator, scope: str, **changes: str | None) -> str:
    """The address that a user is sent to; a change to ``None`` leaves a parameter out."""
    query: dict[str, str | None] = {
        "client_id": sim.client_id,
        "redirect_uri": REDIRECT,
        "response_type": "code",
        "scope": scope,
        "state": STATE,
        **changes,
    }
    kept = {name: value for name, value in query.items() if value is not None}
    return f"{ORIGIN}/oauth2/auth?{urlencode(kept)}"


def query_of(url: str) -> dict[str, str]:
    """The query of an address, one value per name."""
    return {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}


async def obtain_code(http: httpx2.AsyncClient, sim: Simulator, scope: str, **changes: Any) -> str:
    """A code, by way of the pages."""
    return query_of(await give_consent(http, authorization_url(sim, scope, **changes)))["code"]


def code_form(sim: Simulator, code: str, **more: str) -> dict[str, str]:
    return {
        "grant_type": "authorization_code",
        "client_id": sim.client_id,
        "client_secret": sim.client_secret,
        "code": code,
        "redirect_uri": REDIRECT,
        **more,
    }


def refresh_form(sim: Simulator, refresh_token: str, **more: str) -> dict[str, str]:
    return {
        "grant_type": "refresh_token",
        "client_id": sim.client_id,
        "client_secret": sim.client_secret,
        "refresh_token": refresh_token,
        **more,
    }


async def link(http: Api, sim: Simulator, scope: str, **changes: Any) -> dict[str, Any]:
    """Tokens, by way of the pages."""
    code = await obtain_code(http, sim, scope, **changes)
    return await http.take("POST", "/oauth2/token", data=code_form(sim, code))


async def client_named(api: Api, name: str) -> dict[str, Any]:
    found = await api.take("GET", "/v2/clients", params={"filter[name]": name})
    return found["clients"][0]


async def invoice_body(api: Api, **changes: Any) -> dict[str, Any]:
    """A valid body for an invoice over 1,440.00 EUR; a change to ``None`` leaves a field out."""
    organization = (await api.take("GET", "/v2/organization"))["organization"]
    client = await client_named(api, "Brasserie")
    body: dict[str, Any] = {
        "client_id": client["id"],
        "issue_date": "2026-11-20",
        "due_date": "2026-12-20",
        "currency": "EUR",
        "status": "draft",
        "payment_methods": {"iban": organization["bank_accounts"][0]["iban"]},
        "items": [item()],
        **changes,
    }
    return {name: value for name, value in body.items() if value is not None}


def item(**changes: Any) -> dict[str, Any]:
    line: dict[str, Any] = {
        "title": "Consulting",
        "quantity": "2",
        "unit": "day",
        "unit_price": {"value": "600.00", "currency": "EUR"},
        "vat_rate": "0.2",
        **changes,
    }
    return {name: value for name, value in line.items() if value is not None}


async def create_invoice(api: Api, **changes: Any) -> dict[str, Any]:
    body = await invoice_body(api, **changes)
    answer = await api.take("POST", "/v2/client_invoices", json=body)
    return answer["client_invoice"]


async def get_invoice(api: Api, id: str) -> dict[str, Any]:
    return (await api.take("GET", f"/v2/client_invoices/{id}"))["client_invoice"]


async def subscribe(api: Api, *types: str, **changes: Any) -> dict[str, Any]:
    body: dict[str, Any] = {"callback_url": CALLBACK, "types": list(types), **changes}
    return await api.take("POST", "/v2/webhook_subscriptions", 201, json=body)


async def download(api: Api, anybody: Api, attachment_id: str) -> tuple[str, bytes]:
    """Name and content of a stored file, which its link gives to anybody."""
    stored = (await api.take("GET", f"/v2/attachments/{attachment_id}"))["attachment"]
    file = await anybody.get(stored["url"])
    assert file.status_code == 200
    assert file.headers["content-type"] == stored["file_content_type"]
    return stored["file_name"], file.content


def opened(simulator: Simulator) -> tuple[Api, Api]:
    """A client with a token, and one without, outside of the fixtures."""
    transport = httpx2.ASGITransport(simulator.app)
    token = {"Authorization": f"Bearer {simulator.issue_access_token()}"}
    return (
        Api(transport=transport, base_url=ORIGIN, headers=token),
        Api(transport=transport, base_url=ORIGIN),
    )
