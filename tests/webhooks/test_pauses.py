"""Refused events are told of after a pause, during which nothing but their connection is held."""

import asyncio
import weakref
from collections.abc import Mapping
from contextvars import ContextVar
from typing import cast

import pytest
from prometheus_client import CollectorRegistry
from starlette.types import Message

from connector.api.routing import OperationRoute
from connector.app.edge import Edge
from connector.app.metrics import HttpMetrics
from storage.errors import Invalid, NotFound, StorageUnavailable
from tests.support.gates import LetIn
from webhooks.errors import EventStale, SignatureInvalid
from webhooks.intake import Intake
from webhooks.operations import TAKE_IN
from webhooks.pauses import SECONDS, Pauses


class Body:
    """What a frame that refuses an event still holds of it."""


class Refusing:
    """An intake that refuses, or doesn't."""

    def __init__(self, refuses: Exception | None = None) -> None:
        self.refuses = refuses
        self.bodies: list[weakref.ref[Body]] = []

    async def admit(self, code: str, headers: Mapping[str, str]) -> None:
        pass

    async def accept(self, code: str, headers: Mapping[str, str], body: bytes) -> None:
        kept = Body()
        self.bodies.append(weakref.ref(kept))
        if self.refuses is not None:
            raise type(self.refuses)("refused") from self.refuses


class Clock:
    """Notes how long was to be slept, and sleeps until it's told to stop."""

    def __init__(self) -> None:
        self.slept: list[float] = []
        self.over = asyncio.Event()

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        await self.over.wait()


POSTED_TO: ContextVar[Refusing] = ContextVar("posted_to")
"""The intake of the event that is being posted."""


class Intakes:
    """Passes each event on to the intake that it's posted to."""

    async def admit(self, code: str, headers: Mapping[str, str]) -> None:
        await POSTED_TO.get().admit(code, headers)

    async def accept(self, code: str, headers: Mapping[str, str], body: bytes) -> None:
        await POSTED_TO.get().accept(code, headers, body)


def edge_of(pauses: Pauses, metrics: HttpMetrics | None = None) -> Edge:
    direct = OperationRoute(TAKE_IN, cast(Intake, Intakes()), LetIn())
    return Edge(
        direct.app,
        metrics=metrics or HttpMetrics(CollectorRegistry()),
        direct=direct,
        pauses=pauses,
    )


async def post(
    edge: Edge, intake: Refusing, *, size: int = 2, told: int | None = None, method: str = "POST"
) -> int:
    """Post an event of that size; return the status."""
    sent: list[Message] = []

    async def receive() -> Message:
        return {"type": "http.request", "body": b"x" * size, "more_body": False}

    async def send(message: Message) -> None:
        sent.append(message)

    POSTED_TO.set(intake)
    scope = {
        "type": "http",
        "method": method,
        "path": "/events/callback/c",
        "headers": [(b"content-length", str(size if told is None else told).encode())],
    }
    await edge(scope, receive, send)
    return sent[0]["status"]


REFUSALS = [
    (SignatureInvalid("unsigned"), 401),
    (EventStale("signed long ago"), 400),
    (NotFound("no such callback"), 404),
    (Invalid("not an event"), 400),
]


@pytest.mark.parametrize(("refuses", "status"), REFUSALS)
async def test_a_refusal_is_told_after_a_pause(refuses: Exception, status: int) -> None:
    clock, intake = Clock(), Refusing(refuses)
    posting = asyncio.create_task(post(edge_of(Pauses(sleep=clock.sleep)), intake))
    for _ in range(5):
        await asyncio.sleep(0)
    (slept,) = clock.slept
    assert 0.75 * SECONDS <= slept <= 1.25 * SECONDS
    assert not posting.done()
    clock.over.set()
    assert await posting == status


async def test_a_body_too_large_to_be_read_is_refused_after_a_pause_too() -> None:
    clock = Clock()
    clock.over.set()
    edge = edge_of(Pauses(sleep=clock.sleep))
    assert await post(edge, Refusing(), told=10**9) == 413
    assert len(clock.slept) == 1


@pytest.mark.parametrize(
    ("refuses", "status"), [(None, 202), (StorageUnavailable("the database is away"), 503)]
)
async def test_an_event_that_is_taken_or_wanted_again_never_waits(
    refuses: Exception | None, status: int
) -> None:
    clock = Clock()
    assert await post(edge_of(Pauses(sleep=clock.sleep)), Refusing(refuses)) == status
    assert clock.slept == []


async def test_a_genuine_event_is_taken_while_others_pause() -> None:
    clock = Clock()
    edge = edge_of(Pauses(sleep=clock.sleep))
    refused = [
        asyncio.create_task(post(edge, Refusing(SignatureInvalid("unsigned")))) for _ in range(500)
    ]
    await asyncio.sleep(0)
    assert await post(edge, Refusing()) == 202
    assert not any(task.done() for task in refused)
    clock.over.set()
    assert set(await asyncio.gather(*refused)) == {401}


async def test_nothing_of_a_refused_event_is_kept_during_its_pause() -> None:
    """Neither its body, nor one of the places that large bodies take."""
    clock, intake = Clock(), Refusing(SignatureInvalid("forged"))
    edge = edge_of(Pauses(sleep=clock.sleep))
    posting = [asyncio.create_task(post(edge, intake, size=100_000)) for _ in range(40)]
    for _ in range(20):
        await asyncio.sleep(0)
    assert len(clock.slept) == 40
    assert [body() for body in intake.bodies] == [None] * 40
    clock.over.set()
    assert set(await asyncio.gather(*posting)) == {401}


async def test_beyond_a_number_of_pauses_refusals_are_told_at_once() -> None:
    """So what pausing takes is bounded, whoever posts."""
    clock, intake = Clock(), Refusing(SignatureInvalid("unsigned"))
    edge = edge_of(Pauses(most=3, sleep=clock.sleep))
    pausing = [asyncio.create_task(post(edge, intake)) for _ in range(3)]
    for _ in range(5):
        await asyncio.sleep(0)
    assert await post(edge, intake) == 401
    clock.over.set()
    await asyncio.gather(*pausing)
    assert len(clock.slept) == 3
    await post(edge, intake)
    assert len(clock.slept) == 4, "there is room again"


async def test_a_client_that_leaves_gives_its_pause_back() -> None:
    clock, intake = Clock(), Refusing(SignatureInvalid("unsigned"))
    edge = edge_of(Pauses(most=1, sleep=clock.sleep))
    leaving = asyncio.create_task(post(edge, intake))
    for _ in range(5):
        await asyncio.sleep(0)
    leaving.cancel()
    await asyncio.gather(leaving, return_exceptions=True)
    clock.over.set()
    await post(edge, intake)
    assert len(clock.slept) == 2


async def test_a_server_that_stops_tells_refusals_at_once() -> None:
    clock = Clock()
    pauses = Pauses(sleep=clock.sleep)
    pauses.end()
    assert await post(edge_of(pauses), Refusing(SignatureInvalid("unsigned"))) == 401
    assert clock.slept == []


async def test_what_else_is_refused_does_not_pause() -> None:
    """Callers with keys have limits of their own."""
    clock = Clock()
    status = await post(edge_of(Pauses(sleep=clock.sleep)), Refusing(), method="GET", told=10**9)
    assert status == 413
    assert clock.slept == []


async def test_a_pause_is_no_part_of_what_a_request_took(monkeypatch: pytest.MonkeyPatch) -> None:
    """Else rubbish would look like a server that takes long to answer Qonto."""
    now = 0.0
    monkeypatch.setattr("connector.app.edge.time.perf_counter", lambda: now)
    took: list[float] = []

    async def sleep(seconds: float) -> None:
        nonlocal now
        now += seconds

    metrics = HttpMetrics(CollectorRegistry())
    monkeypatch.setattr(metrics, "observe", lambda *told: took.append(told[-1]))
    edge = edge_of(Pauses(sleep=sleep), metrics)
    assert await post(edge, Refusing(SignatureInvalid("unsigned"))) == 401
    assert now >= 0.75 * SECONDS
    assert took == [pytest.approx(0.0)]
