"""``/_simulator``: the control calls over HTTP, without credentials and never gated."""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import cast

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from qonto_simulator.errors import ApiError
from qonto_simulator.pages import page
from qonto_simulator.times import with_millis

from .call import Call, Problem, Refused, calls_of
from .control import Control
from .described import PREFIX, groups, index, openapi

_encoder = msgspec.json.Encoder(decimal_format="number")
_NO_BODY: dict[str, object] = {}


def routes(control: Control) -> list[Route]:
    """One route per control call, and what describes them all."""
    return [
        Route(PREFIX, _index, methods=["GET"]),
        Route(f"{PREFIX}/openapi.json", _openapi, methods=["GET"]),
        *(
            Route(f"{PREFIX}{one.path}", _serve(control, one), methods=[one.method])
            for _, calls in calls_of(Control)
            for one in calls
        ),
    ]


async def _index(request: Request) -> Response:
    """A page for browsers, JSON for programs."""
    base = _base(request)
    if "text/html" in request.headers.get("accept", ""):
        return page("control.html", base=base, prefix=PREFIX, groups=groups(base))
    return _json(index(base))


async def _openapi(request: Request) -> Response:
    return _json(openapi(_base(request)))


def _base(request: Request) -> str:
    return str(request.base_url).rstrip("/")


def _serve(control: Control, call: Call) -> Callable[[Request], Awaitable[Response]]:
    async def serve(request: Request) -> Response:
        try:
            result: object = getattr(control, call.name)(**await _arguments(request, call))
            if inspect.isawaitable(result):
                result = await result
        except ApiError as refusal:
            return _json({"errors": [one.document() for one in refusal.problems]}, refusal.status)
        except Refused as refusal:
            return _refused(400, *refusal.problems)
        except KeyError as problem:
            return _refused(404, Problem("not_found", f"there is no {problem.args[0]}"))
        except (ValueError, ArithmeticError) as problem:
            return _refused(400, Problem("invalid", str(problem)))
        if isinstance(result, datetime):
            result = with_millis(result)
        return _json({} if result is None else {call.answers: result}, call.status)

    return serve


async def _arguments(request: Request, call: Call) -> dict[str, object]:
    """The arguments in path, query and JSON body, wherever a field was sent."""
    query = request.query_params
    twice = [name for name in query if len(query.getlist(name)) > 1]
    body = await _body(request)
    twice += [name for name in body if name in query]
    if twice:
        raise Refused(*(Problem("invalid", f"{name} is there twice", name) for name in twice))
    misplaced = [name for name in (*query, *body) if name in request.path_params]
    if misplaced:
        raise Refused(
            *(Problem("invalid", f"{name} belongs into the path", name) for name in misplaced)
        )
    given = {**query, **body, **request.path_params}
    return call.read(given, as_text=frozenset(query))


async def _body(request: Request) -> dict[str, object]:
    raw = await request.body()
    if not raw.strip():
        return _NO_BODY
    try:
        data: object = msgspec.json.decode(raw)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        raise Refused(Problem("invalid_body", "the body is not valid JSON")) from None
    if not isinstance(data, dict):
        raise Refused(Problem("invalid_body", "the body must be a JSON object"))
    return cast("dict[str, object]", data)


def _refused(status: int, *problems: Problem) -> Response:
    errors: list[dict[str, object]] = []
    for problem in problems:
        error: dict[str, object] = {"code": problem.code, "detail": problem.detail}
        if problem.field is not None:
            error["source"] = {"field": problem.field}
        errors.append(error)
    return _json({"errors": errors}, status)


def _json(document: object, status: int = 200) -> Response:
    return Response(_encoder.encode(document), status, media_type="application/json")
