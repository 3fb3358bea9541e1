"""Is it up, and is it well: /health, /health/details and /metrics."""

import hmac

import msgspec
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from oauth.errors import UnauthorizedApiKey
from storage import migrations
from storage.errors import SchemaMismatch, ServiceError
from storage.repositories.endpoints import ACTIVE, DISABLED, PAUSED


async def health(_request: Request) -> Response:
    """200 when the process answers."""
    return _json({"status": "ok"})


async def details(request: Request) -> Response:
    """200 when everything it stands on works; 503 with what doesn't."""
    _authorize(request)
    container = request.app.state.container
    parts: dict[str, dict[str, str | int | float]] = {}
    try:
        await migrations.require_current(container.database)
        async with container.work.reading() as tx:
            due, oldest = await tx.deliveries.backlog(container.clock())
        age = 0.0 if oldest is None else (container.clock() - oldest).total_seconds()
        problem = await request.app.state.write_probe.problem()
        parts["database"] = (
            {"status": "up"} if problem is None else {"status": "down", "message": problem}
        )
        parts["queue"] = {"status": "up", "due": due, "oldestSeconds": round(max(age, 0.0), 3)}
    except SchemaMismatch as error:
        parts["database"] = {"status": "down", "message": error.message}
    except ServiceError as error:
        parts["database"] = {"status": "down", "message": error.message}
    well = all(part["status"] == "up" for part in parts.values())
    return _json(
        {
            "status": "ok" if well else "error",
            "info": {name: part for name, part in parts.items() if part["status"] == "up"},
            "error": {name: part for name, part in parts.items() if part["status"] != "up"},
            "details": parts,
        },
        200 if well else 503,
    )


async def metrics(request: Request) -> Response:
    """Prometheus' text format."""
    _authorize(request)
    container = request.app.state.container
    async with container.work.reading() as tx:
        due, oldest = await tx.deliveries.backlog(container.clock())
        held = await tx.endpoints.held()
        states = await tx.endpoints.states()
    container.queue_metrics.due.set(due)
    container.queue_metrics.held.set(held)
    for state in (ACTIVE, PAUSED, DISABLED):
        container.queue_metrics.endpoints.labels(state).set(states.get(state, 0))
    age = 0.0 if oldest is None else (container.clock() - oldest).total_seconds()
    container.queue_metrics.age.set(max(age, 0.0))
    return Response(generate_latest(container.metrics_registry), media_type=CONTENT_TYPE_LATEST)


def _authorize(request: Request) -> None:
    token = request.app.state.container.settings.server.monitoring_token
    if token is None:
        return
    given = request.headers.get("Authorization", "").removeprefix("Bearer ")
    if not hmac.compare_digest(given.encode(), token.get_secret_value().encode()):
        raise UnauthorizedApiKey


def _json(body: object, status: int = 200) -> Response:
    return Response(msgspec.json.encode(body), status, media_type="application/json")


routes = [
    Route("/health", health),
    Route("/health/details", details),
    Route("/metrics", metrics),
]
