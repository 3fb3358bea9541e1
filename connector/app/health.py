"""Is it up, and is it well: /health, /health/details and /metrics."""

import hmac
from dataclasses import dataclass
from typing import Annotated, Literal

import msgspec
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from starlette.requests import Request
from starlette.responses import Response

from connector.api.envelope import written
from connector.api.meaning import meaning
from connector.api.named import named
from connector.api.operation import operation
from connector.app.metrics import QueueMetrics
from connector.app.write_probe import WriteProbe
from oauth.errors import UnauthorizedApiKey
from storage import schema
from storage.clock import Clock
from storage.errors import ServiceError
from storage.repositories.endpoints import ACTIVE, DISABLED, PAUSED
from storage.unit_of_work import UnitOfWork

_Parts = dict[str, dict[str, str | int | float]]


class Healthy(msgspec.Struct, frozen=True):
    __doc__ = """The process answers."""

    status: Annotated[
        Annotated[Literal["ok"], named("Alive", "The process answers.")], meaning("Always ok.")
    ]


class Health(msgspec.Struct, frozen=True):
    __doc__ = """How what the service stands on is: `info` what works, `error` what doesn't."""

    status: Annotated[
        Annotated[Literal["ok", "error"], named("HealthStatus", "Whether all works.")],
        meaning("Whether all works."),
    ]
    info: Annotated[_Parts, meaning("What works.")]
    error: Annotated[_Parts, meaning("What doesn't.")]
    details: Annotated[_Parts, meaning("Both.")]


@dataclass(frozen=True, slots=True)
class Monitoring:
    """What the operator's monitoring is answered from; with a token it must be sent."""

    work: UnitOfWork
    clock: Clock
    metrics: CollectorRegistry
    queue: QueueMetrics
    probe: WriteProbe
    token: str | None = None

    async def parts(self) -> _Parts:
        """Return what the service stands on, each with how it is."""
        try:
            await schema.require_current(self.work.database)
            due, age = await self.backlog()
            problem = await self.probe.problem()
        except ServiceError as error:
            return {"database": {"status": "down", "message": error.message}}
        return {
            "database": (
                {"status": "up"} if problem is None else {"status": "down", "message": problem}
            ),
            "queue": {"status": "up", "due": due, "oldestSeconds": round(age, 3)},
        }

    async def backlog(self) -> tuple[int, float]:
        """Return how many deliveries are due, and since how many seconds the oldest is."""
        async with self.work.reading() as tx:
            due, oldest = await tx.deliveries.backlog(self.clock())
        age = 0.0 if oldest is None else (self.clock() - oldest).total_seconds()
        return due, max(age, 0.0)

    def authorize(self, request: Request) -> None:
        """Raise UnauthorizedApiKey unless the token was sent, where there is one."""
        if self.token is None:
            return
        given = request.headers.get("Authorization", "").removeprefix("Bearer ")
        if not hmac.compare_digest(given.encode(), self.token.encode()):
            raise UnauthorizedApiKey


@operation(
    "GET",
    "/health",
    "Say that the process answers",
    name="getHealth",
    keys="none",
    response=Healthy,
    tag="health",
)
async def health(_monitoring: Monitoring, _request: Request) -> Response:
    """200 when the process answers."""
    return written(Healthy("ok"))


@operation(
    "GET",
    "/health/details",
    "Say whether all it stands on works",
    name="getHealthDetails",
    keys="none",
    response=Health,
    errors=(403,),
    description="503 with what doesn't work. May ask for the monitoring token.",
    tag="health",
)
async def details(monitoring: Monitoring, request: Request) -> Response:
    """200 when everything it stands on works; 503 with what doesn't."""
    monitoring.authorize(request)
    parts = await monitoring.parts()
    up = {name: part for name, part in parts.items() if part["status"] == "up"}
    down = {name: part for name, part in parts.items() if part["status"] != "up"}
    found = Health("error" if down else "ok", up, down, parts)
    return written(found, 503 if down else 200)


@operation(
    "GET",
    "/metrics",
    "Figures for Prometheus",
    name="getMetrics",
    keys="none",
    tag="health",
    is_described=False,
)
async def metrics(monitoring: Monitoring, request: Request) -> Response:
    """Prometheus' text format."""
    monitoring.authorize(request)
    due, age = await monitoring.backlog()
    async with monitoring.work.reading() as tx:
        held = await tx.endpoints.held()
        states = await tx.endpoints.states()
    queue = monitoring.queue
    queue.due.set(due)
    queue.held.set(held)
    for state in (ACTIVE, PAUSED, DISABLED):
        queue.endpoints.labels(state).set(states.get(state, 0))
    queue.age.set(age)
    return Response(generate_latest(monitoring.metrics), media_type=CONTENT_TYPE_LATEST)


MONITORING_OPERATIONS = (health, details, metrics)
