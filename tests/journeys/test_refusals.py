"""What Qonto refuses or fails at, and what the vendor is told: the whole table, over real HTTP."""

from collections.abc import AsyncIterator
from typing import Any

import httpx2
import pytest

from connector.app.sandbox import Sandbox, sandbox

pytestmark = pytest.mark.loopback

PATH = "/accounting/invoices?limit=5"
SCOPE = {"errors": [{"code": "forbidden", "detail": "missing required oauth scope: x"}]}


@pytest.fixture
async def up() -> AsyncIterator[Sandbox]:
    async with sandbox() as running:
        yield running


def status(code: int, **more: Any) -> dict[str, Any]:
    return {"kind": "status", "status": code, "times": 3, **more}


REFUSALS: tuple[tuple[str, dict[str, Any], int, str], ...] = (
    ("qonto", status(400), 400, "DOWNSTREAM_REFUSED"),
    ("qonto", status(403), 403, "DOWNSTREAM_FORBIDDEN"),
    ("qonto", status(403, body=SCOPE), 403, "MISSING_SCOPE"),
    ("qonto", status(404), 404, "NOT_FOUND"),
    ("qonto", status(422), 400, "DOWNSTREAM_REFUSED"),
    ("qonto", status(500), 503, "DOWNSTREAM_UNAVAILABLE"),
    ("qonto", status(503, body="<html>"), 503, "DOWNSTREAM_UNAVAILABLE"),
    ("qonto", {"kind": "html", "status": 200}, 502, "DOWNSTREAM_ERROR"),
    ("qonto", {"kind": "malformed"}, 502, "DOWNSTREAM_ERROR"),
    ("qonto-sandbox", {"kind": "html", "status": 200}, 502, "SANDBOX_TOKEN_MISSING"),
    ("qonto", status(401), 503, "ACCOUNT_CALLS_SUSPENDED"),
)
"""The last one comes last: the next calls of an account whose access was refused wait."""


async def test_a_refusal_has_its_code_and_qontos_name_for_the_request(up: Sandbox) -> None:
    """Support at Qonto finds the request by it; the gate has none to give."""
    keys = {target: await up.link(target) for target in ("qonto", "qonto-sandbox")}
    for target, fault, code, name in REFUSALS:
        answer = await ask(up, target, keys[target], fault)
        problem = told(answer)
        assert (answer.status_code, problem["code"]) == (code, name), fault
        assert bool(problem["traceId"]) == (name != "SANDBOX_TOKEN_MISSING"), fault


async def test_a_wait_that_qonto_asks_for_is_the_callers(up: Sandbox) -> None:
    """Too long to be waited for here, so at once, and with the same number of seconds."""
    key = await up.link("qonto")
    refused = await ask(up, "qonto", key, status(503, headers={"Retry-After": "30"}))
    assert (refused.status_code, refused.headers["Retry-After"]) == (503, "30")
    limited = await ask(up, "qonto", key, status(429, headers={"Retry-After": "30"}))
    told(limited)
    assert limited.status_code == 429
    names = ("Retry-After", "RateLimit-Remaining", "RateLimit-Reset")
    assert [limited.headers[name] for name in names] == ["30", "0", "30"]


async def test_a_lost_connection_is_tried_again_and_then_told(up: Sandbox) -> None:
    """Once is no failure for a read, three times are."""
    key = await up.link("qonto")
    for kind in ("drop", "lost_response"):
        assert (await ask(up, "qonto", key, {"kind": kind})).status_code == 200
        answer = await ask(up, "qonto", key, {"kind": kind, "times": 3})
        assert (answer.status_code, told(answer)["code"]) == (503, "DOWNSTREAM_UNAVAILABLE")


async def ask(up: Sandbox, target: str, account_key: str, fault: dict[str, Any]) -> httpx2.Response:
    """Read invoices while Qonto fails at it."""
    control = up.simulators[target].control
    control.clear_faults()
    control.fault("/v2/client_invoices*", **fault)
    async with up.client(account_key) as client:
        answer = await client.get(PATH)
    control.clear_faults()
    return answer


def told(answer: httpx2.Response) -> dict[str, Any]:
    """Return the error of a failure, which is whole and no stack trace."""
    body = answer.json()
    assert body["data"] is None
    assert body["errors"]["message"]
    assert body["errors"]["requestId"] == answer.headers["X-Request-Id"]
    assert "Traceback" not in answer.text
    return body["errors"]
