"""``/_simulator``: the control calls over HTTP, without credentials and never gated."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, cast

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from .control import Control
from .errors import ApiError
from .times import with_millis

Run = Callable[[Control, Request, dict[str, Any]], Awaitable[object]]
_encoder = msgspec.json.Encoder(decimal_format="number")
PREFIX = "/_simulator"


@dataclass(frozen=True, slots=True)
class _Command:
    method: str
    path: str
    summary: str
    example: str
    run: Run
    status: int = 200


def _call(name: str) -> Run:
    """Passes the fields of the body (or the query of a GET) on as arguments."""

    async def run(control: Control, request: Request, body: dict[str, Any]) -> object:
        return getattr(control, name)(*request.path_params.values(), **body)

    return run


async def _settle(control: Control, _: Request, __: dict[str, Any]) -> object:
    return {"waiting_for_retry": await control.settle()}


async def _clock(control: Control, _: Request, body: dict[str, Any]) -> object:
    now = control.advance(float(body["advance"])) if "advance" in body else control.now()
    return {"now": with_millis(now)}


async def _journal(control: Control, _: Request, body: dict[str, Any]) -> object:
    body |= {name: int(body[name]) for name in ("since", "limit") if name in body}
    return {"requests": control.journal(**body)}


async def _token(control: Control, _: Request, body: dict[str, Any]) -> object:
    return {"access_token": control.issue_access_token(**body)}


def _wrapped(name: str, key: str) -> Run:
    run = _call(name)

    async def wrapped(control: Control, request: Request, body: dict[str, Any]) -> object:
        return {key: await run(control, request, body)}

    return wrapped


COMMANDS = (
    _Command(
        "GET", "/organizations", "the organisations", "", _wrapped("organizations", "organizations")
    ),
    _Command(
        "POST",
        "/invoices",
        "issue an invoice; every field is optional",
        '{"unit_price": "600.00", "quantity": "2", "status": "unpaid"}',
        _wrapped("create_invoice", "client_invoice"),
        201,
    ),
    _Command(
        "PATCH",
        "/invoices/{id}",
        "change an invoice in any state, so that it moves in lists",
        '{"footer": "seen"}',
        _wrapped("touch_invoice", "client_invoice"),
    ),
    _Command(
        "POST",
        "/invoices/{id}/pay",
        "the client pays all, an amount, or it is marked by hand",
        '{"amount": "100.00"} or {"by_hand": true}',
        _wrapped("pay_invoice", "client_invoice"),
    ),
    _Command(
        "POST",
        "/invoices/{id}/finalize",
        "finalize a draft",
        "",
        _wrapped("finalize_invoice", "client_invoice"),
    ),
    _Command(
        "POST",
        "/invoices/{id}/cancel",
        "cancel an unpaid invoice",
        "",
        _wrapped("cancel_invoice", "client_invoice"),
    ),
    _Command(
        "POST",
        "/supplier_invoices",
        "a supplier's invoice arrives by e-mail",
        '{"supplier_name": "Papeterie du Centre", "net": "50.00"}',
        _wrapped("receive_supplier_invoice", "supplier_invoice"),
        201,
    ),
    _Command("GET", "/journal", "the requests; filter by method, path, since, limit", "", _journal),
    _Command("DELETE", "/journal", "forget them", "", _call("clear_journal")),
    _Command("GET", "/clock", "the simulator's time", "", _clock),
    _Command("POST", "/clock", "move time forward", '{"advance": 3600}', _clock),
    _Command("GET", "/faults", "planned failures", "", _wrapped("faults", "faults")),
    _Command(
        "POST",
        "/faults",
        "plan one: status, html, malformed, drop, lost_response, latency",
        '{"path": "/v2/client_invoices*", "kind": "status", "status": 503, "times": 2}',
        _wrapped("fault", "fault"),
        201,
    ),
    _Command("DELETE", "/faults", "forget them", "", _call("clear_faults")),
    _Command("GET", "/quirks", "quirk flags and delays", "", _wrapped("quirks", "quirks")),
    _Command(
        "POST",
        "/quirks",
        "change some",
        '{"omit_next_page": true, "pdf_delay": 0}',
        _wrapped("set_quirks", "quirks"),
    ),
    _Command(
        "GET",
        "/deliveries",
        "webhook events, filter by state and type",
        "",
        _wrapped("deliveries", "deliveries"),
    ),
    _Command("POST", "/deliveries/hold", "keep coming events back", "", _call("hold_deliveries")),
    _Command(
        "POST",
        "/deliveries/release",
        "let them go, forward or in reverse",
        '{"order": "reverse"}',
        _wrapped("release_deliveries", "released"),
    ),
    _Command(
        "POST",
        "/events/{id}/resend",
        "deliver an event once more: a duplicate",
        "",
        _wrapped("resend", "delivery"),
    ),
    _Command("POST", "/settle", "deliver what is due and wait for the answers", "", _settle),
    _Command(
        "POST",
        "/consents/revoke",
        "the user unlinks the application",
        '{"organization_id": "..."} or nothing for all',
        _wrapped("revoke_consent", "revoked"),
    ),
    _Command(
        "POST",
        "/tokens/expire",
        "let tokens end now",
        '{"kind": "access"}',
        _wrapped("expire_tokens", "expired"),
    ),
    _Command("POST", "/tokens", "an access token without the pages", '{"scopes": [...]}', _token),
    _Command(
        "POST",
        "/redirect_uris",
        "register a redirect address",
        '{"uri": "http://127.0.0.1:8000/auth/callback/qonto"}',
        _call("register_redirect_uri"),
        201,
    ),
    _Command("POST", "/reset", "back to the seeded state", "", _call("reset")),
)


def routes(control: Control) -> list[Route]:
    """One route per command, and the list of them all at the root."""
    served = [
        Route(f"{PREFIX}{one.path}", _serve(control, one), methods=[one.method]) for one in COMMANDS
    ]
    return [Route(PREFIX, _index, methods=["GET"]), *served]


async def _index(request: Request) -> Response:
    base = str(request.base_url).rstrip("/")
    calls: list[dict[str, str]] = []
    for one in COMMANDS:
        curl = f"curl -X {one.method} {base}{PREFIX}{one.path}"
        if one.example.startswith("{"):
            curl += f" -d '{one.example.partition(' or ')[0]}'"
        call = {"call": f"{one.method} {PREFIX}{one.path}", "does": one.summary, "curl": curl}
        calls.append(call | ({"body": one.example} if one.example else {}))
    return _json({"calls": calls})


def _serve(control: Control, command: _Command) -> Callable[[Request], Awaitable[Response]]:
    async def serve(request: Request) -> Response:
        try:
            body = await _body(request)
            return _json(await command.run(control, request, body) or {}, command.status)
        except ApiError as refusal:
            return _json(refusal.document(""), refusal.status)
        except KeyError as problem:
            return _json({"error": f"there is no {problem.args[0]!r}"}, 404)
        except (ValueError, TypeError) as problem:
            return _json({"error": str(problem)}, 400)

    return serve


async def _body(request: Request) -> dict[str, Any]:
    if request.method == "GET":
        return dict(request.query_params)
    raw = await request.body()
    data: object = json.loads(raw) if raw.strip() else {}
    if not isinstance(data, dict):
        raise ValueError("the body must be a JSON object")
    return cast("dict[str, Any]", data)


def _json(document: object, status: int = 200) -> Response:
    return Response(_encoder.encode(document), status, media_type="application/json")
