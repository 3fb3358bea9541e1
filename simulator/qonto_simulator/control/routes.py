"""``/_simulator``: the control calls over HTTP, without credentials and never gated."""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast, get_type_hints

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from qonto_simulator.errors import ApiError
from qonto_simulator.times import with_millis

from .control import Control

_encoder = msgspec.json.Encoder(decimal_format="number")
PREFIX = "/_simulator"


@dataclass(frozen=True, slots=True)
class _Command:
    """A call of ``Control``: the fields of the body (or the query of a GET) are its arguments, and
    what it returns comes back under ``key``, by default under the name of the call."""

    method: str
    path: str
    summary: str
    call: str
    key: str = ""
    example: str = ""
    status: int = 200

    async def run(self, control: Control, path: dict[str, Any], body: dict[str, Any]) -> object:
        result: object = getattr(control, self.call)(*path.values(), **body)
        if inspect.isawaitable(result):
            result = await result
        if isinstance(result, datetime):
            result = with_millis(result)
        return {} if result is None else {self.key or self.call: result}


COMMANDS = (
    # Organisations
    _Command("GET", "/organizations", "the organisations and their API keys", "organizations"),
    _Command(
        "PATCH",
        "/organizations",
        "numbering, e-invoicing, status",
        "set_organization",
        "organization",
        '{"automatic_numbering": false}',
    ),
    _Command(
        "POST",
        "/members/change",
        "somebody gets another role",
        "change_member",
        "membership",
        '{"role": "admin"}',
    ),
    _Command(
        "POST",
        "/bank_accounts/{id}/rename",
        "an account gets another name",
        "rename_account",
        "bank_account",
        '{"name": "Trésorerie"}',
    ),
    # Sales
    _Command(
        "POST",
        "/invoices",
        "issue an invoice; every field is optional",
        "create_invoice",
        "client_invoice",
        '{"unit_price": "600.00", "quantity": "2", "status": "unpaid"}',
        201,
    ),
    _Command(
        "PATCH",
        "/invoices/{id}",
        "change an invoice in any state, so that it moves in lists",
        "touch_invoice",
        "client_invoice",
        '{"footer": "seen"}',
    ),
    _Command(
        "POST",
        "/invoices/{id}/pay",
        "the client pays all or an amount; by_hand only marks it",
        "pay_invoice",
        "client_invoice",
        '{"amount": "100.00"}',
    ),
    _Command(
        "POST",
        "/invoices/{id}/finalize",
        "finalize a draft",
        "finalize_invoice",
        "client_invoice",
    ),
    _Command(
        "POST",
        "/invoices/{id}/cancel",
        "cancel an unpaid invoice",
        "cancel_invoice",
        "client_invoice",
    ),
    _Command(
        "POST",
        "/invoices/{id}/einvoice",
        "the next step of an e-invoice, 200 to 214",
        "progress_einvoice",
        "client_invoice",
        '{"code": 205}',
    ),
    _Command(
        "POST",
        "/quotes/{id}/decide",
        "a quote is approved or canceled",
        "decide_quote",
        "quote",
        '{"status": "approved"}',
    ),
    _Command("GET", "/mails", "the e-mails that would have been sent", "mails"),
    # Purchases and bank
    _Command(
        "POST",
        "/supplier_invoices",
        "a supplier's invoice arrives by e-mail",
        "receive_supplier_invoice",
        "supplier_invoice",
        '{"supplier_name": "Papeterie du Centre", "net": "50.00"}',
        201,
    ),
    _Command(
        "POST",
        "/supplier_invoices/{id}/move",
        "the app moves it to another status",
        "move_supplier_invoice",
        "supplier_invoice",
        '{"status": "to_pay"}',
    ),
    _Command(
        "POST",
        "/supplier_invoices/{id}/hide",
        "take actions away from it",
        "hide_supplier_actions",
        "supplier_invoice",
        '{"actions": ["reject"]}',
    ),
    _Command(
        "POST",
        "/transactions",
        "money moves; the reference may name an invoice",
        "bank_transaction",
        "transaction",
        '{"amount": "1440.00", "reference": "F-2026-010"}',
        201,
    ),
    _Command(
        "POST",
        "/transactions/{id}/conclude",
        "a pending transaction is completed or declined",
        "conclude_transaction",
        "transaction",
        '{"status": "completed"}',
    ),
    _Command(
        "POST",
        "/transactions/{id}/annotate",
        "edit the note",
        "annotate_transaction",
        "transaction",
        '{"note": "seen"}',
    ),
    _Command(
        "POST",
        "/beneficiaries",
        "somebody adds a beneficiary",
        "add_beneficiary",
        "beneficiary",
        '{"name": "Menuiserie Aubert"}',
        201,
    ),
    _Command(
        "POST",
        "/generate",
        "many documents at once, without events",
        "generate",
        "generated",
        '{"kind": "client_invoices", "count": 1000}',
        201,
    ),
    # The stage
    _Command(
        "GET",
        "/journal",
        "the requests; filter by method, path, since, limit",
        "journal",
        "requests",
    ),
    _Command("DELETE", "/journal", "forget them", "clear_journal"),
    _Command("GET", "/clock", "the simulator's time", "now"),
    _Command("POST", "/clock", "move time forward", "advance", "now", '{"advance": 3600}'),
    _Command("GET", "/faults", "planned failures", "faults"),
    _Command(
        "POST",
        "/faults",
        "plan one: status, html, malformed, drop, lost_response, latency",
        "fault",
        "fault",
        '{"path": "/v2/client_invoices*", "kind": "status", "status": 503, "times": 2}',
        201,
    ),
    _Command("DELETE", "/faults", "forget them", "clear_faults"),
    _Command("GET", "/quirks", "quirk flags and delays", "quirks"),
    _Command(
        "POST",
        "/quirks",
        "change some",
        "set_quirks",
        "quirks",
        '{"omit_next_page": true, "pdf_delay": 0}',
    ),
    # Webhooks
    _Command("GET", "/deliveries", "webhook events; filter by state, type, limit", "deliveries"),
    _Command("POST", "/deliveries/hold", "keep coming events back", "hold_deliveries"),
    _Command(
        "POST",
        "/deliveries/release",
        "let them go, forward or in reverse",
        "release_deliveries",
        "released",
        '{"order": "reverse"}',
    ),
    _Command(
        "POST",
        "/events/{id}/resend",
        "deliver an event once more: a duplicate",
        "resend",
        "delivery",
    ),
    _Command(
        "POST",
        "/settle",
        "deliver what is due, wait for the answers",
        "settle",
        "waiting_for_retry",
    ),
    # Consent
    _Command(
        "POST",
        "/consents/revoke",
        "the user unlinks the application, in one organisation or in all",
        "revoke_consent",
        "revoked",
    ),
    _Command(
        "POST",
        "/tokens/expire",
        "let tokens end now",
        "expire_tokens",
        "expired",
        '{"kind": "access"}',
    ),
    _Command(
        "POST",
        "/tokens",
        "an access token without the pages",
        "issue_access_token",
        "access_token",
        '{"scopes": ["client_invoices.read"]}',
        201,
    ),
    _Command(
        "POST",
        "/redirect_uris",
        "register a redirect address",
        "register_redirect_uri",
        example='{"uri": "http://127.0.0.1:8000/auth/callback/qonto"}',
        status=201,
    ),
    _Command("POST", "/reset", "back to the seeded state", "reset"),
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
        if one.example:
            curl += f" -d '{one.example}'"
        calls.append(
            {"call": f"{one.method} {PREFIX}{one.path}", "does": one.summary, "curl": curl}
        )
    return _json({"calls": calls})


def _serve(control: Control, command: _Command) -> Callable[[Request], Awaitable[Response]]:
    async def serve(request: Request) -> Response:
        try:
            body = await _body(request, command)
            document = await command.run(control, request.path_params, body)
            return _json(document, command.status)
        except ApiError as refusal:
            return _json(refusal.document(""), refusal.status)
        except KeyError as problem:
            return _json({"error": f"there is no {problem.args[0]!r}"}, 404)
        except (ValueError, TypeError, ArithmeticError, RecursionError) as problem:
            return _json({"error": str(problem)}, 400)
        except msgspec.MsgspecError as problem:
            return _json({"error": str(problem)}, 400)

    return serve


async def _body(request: Request, command: _Command) -> dict[str, Any]:
    if request.method == "GET":
        numbers = ("since", "limit")
        query = request.query_params
        return {name: int(text) if name in numbers else text for name, text in query.items()}
    raw = await request.body()
    data: object = msgspec.json.decode(raw) if raw.strip() else {}
    if not isinstance(data, dict):
        raise ValueError("the body must be a JSON object")
    fields = cast("dict[str, Any]", data)
    if command.call == "advance":
        fields = {"seconds": float(fields["advance"])}
    hints = get_type_hints(getattr(Control, command.call))
    return {name: _fitting(name, value, hints.get(name, object)) for name, value in fields.items()}


def _fitting(name: str, value: object, kind: Any) -> object:
    """The value, if it is of the kind that the call takes; ``ValueError`` naming it otherwise."""
    try:
        return value if kind is object else msgspec.convert(value, kind)
    except msgspec.ValidationError as problem:
        raise ValueError(f"{name}: {problem}") from problem


def _json(document: object, status: int = 200) -> Response:
    return Response(_encoder.encode(document), status, media_type="application/json")
