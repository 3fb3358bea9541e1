"""From the provider's request to the intake: the body whole, the headers as sent, then 202."""

from collections.abc import Mapping
from typing import Any, cast

import pytest
from prometheus_client import CollectorRegistry
from starlette.requests import ClientDisconnect
from starlette.types import Message

from connector.api.routing import OperationRoute
from connector.app.edge import Edge
from connector.app.metrics import HttpMetrics
from storage.errors import Invalid, NotFound
from tests.support.gates import LetIn
from webhooks.errors import SignatureInvalid
from webhooks.incoming import MAX_EVENT, Incoming
from webhooks.intake import Intake
from webhooks.operations import TAKE_IN
from webhooks.pauses import Pauses


class Taken:
    """An intake that remembers what it was given."""

    def __init__(self, refuses: Exception | None = None) -> None:
        self.given: list[tuple[str, Mapping[str, str], bytes]] = []
        self.refuses = refuses

    async def admit(self, code: str, headers: Mapping[str, str]) -> None:
        if self.refuses is not None:
            raise self.refuses

    async def accept(self, code: str, headers: Mapping[str, str], body: bytes) -> None:
        self.given.append((code, headers, body))


async def post(intake: Taken, *messages: Message, headers: Any = ()) -> list[Message]:
    left = list(messages)
    sent: list[Message] = []

    async def receive() -> Message:
        return left.pop(0)

    async def send(message: Message) -> None:
        sent.append(message)

    scope = {"type": "http", "path": "/events/callback/code-1", "headers": headers}
    await Incoming(cast(Intake, intake))(scope, receive, send)
    return sent


def part(body: bytes, *, more: bool = False) -> Message:
    return {"type": "http.request", "body": body, "more_body": more}


async def test_an_event_in_parts_reaches_the_intake_whole() -> None:
    intake = Taken()
    sent = await post(intake, part(b'{"id"', more=True), part(b": 7}"))
    assert [(code, body) for code, _, body in intake.given] == [("code-1", b'{"id": 7}')]
    assert [sent[0]["status"], sent[1]["body"]] == [202, b"{}"]


async def test_of_two_headers_alike_the_first_counts() -> None:
    intake = Taken()
    signatures = [(b"x-qonto-signature", b"t=1,v1=a"), (b"x-qonto-signature", b"t=2,v1=b")]
    await post(intake, part(b"{}"), headers=signatures)
    assert intake.given[0][1] == {"x-qonto-signature": "t=1,v1=a"}


async def test_a_body_that_is_too_long_is_refused_before_it_is_read_to_its_end() -> None:
    intake = Taken()
    half = b"x" * (MAX_EVENT // 2)
    with pytest.raises(Invalid):
        await post(intake, *(part(half, more=True) for _ in range(3)))
    assert intake.given == []


@pytest.mark.parametrize(
    ("refuses", "headers", "expected"),
    [
        (SignatureInvalid("unsigned"), [], SignatureInvalid),
        (SignatureInvalid("unsigned"), [(b"content-length", b"20000")], SignatureInvalid),
        (NotFound("no such callback"), [(b"content-length", b"1000000")], NotFound),
    ],
)
async def test_what_the_headers_refuse_is_refused_before_the_body_is_read(
    refuses: Exception, headers: Any, expected: type[Exception]
) -> None:
    with pytest.raises(expected):
        await post(Taken(refuses), headers=headers)  # there is nothing to receive


async def test_a_small_body_is_read_at_once() -> None:
    """Whoever sends one is told by `accept`, and a genuine event costs no second look."""
    intake = Taken(SignatureInvalid("asked"))
    await post(intake, part(b"{}"), headers=[(b"content-length", b"2")])
    assert len(intake.given) == 1


async def test_a_length_that_is_none_is_left_to_the_server() -> None:
    intake = Taken()
    await post(intake, part(b"{}"), headers=[(b"content-length", b"two")])
    assert len(intake.given) == 1


async def test_a_connection_whose_body_was_not_read_is_closed() -> None:
    """At the edge, which writes the answer; one whose body was read stays open."""
    for refuses, closed in ((SignatureInvalid("unsigned"), True), (None, False)):
        sent: list[Message] = []

        async def send(message: Message, sent: list[Message] = sent) -> None:
            sent.append(message)

        async def receive() -> Message:
            return part(b"{}")

        direct = OperationRoute(TAKE_IN, cast(Intake, Taken(refuses)), LetIn())
        edge = Edge(
            direct,
            metrics=HttpMetrics(CollectorRegistry()),
            direct=direct,
            pauses=Pauses(seconds=0),
        )
        scope = {"type": "http", "method": "POST", "path": "/events/callback/c", "headers": []}
        await edge(scope, receive, send)
        assert sent[0]["status"] == (401 if closed else 202)
        assert ((b"connection", b"close") in sent[0]["headers"]) == closed


async def test_a_request_that_broke_off_stores_nothing() -> None:
    intake = Taken()
    with pytest.raises(ClientDisconnect):
        await post(intake, part(b"{", more=True), {"type": "http.disconnect"})
    assert intake.given == []


async def test_one_answer_leaves_the_next_as_it_was() -> None:
    """What wraps the answer adds headers to it."""
    intake = Taken()
    first = await post(intake, part(b"{}"))
    first[0]["headers"] = [*first[0]["headers"], (b"x-request-id", b"one")]
    second = await post(intake, part(b"{}"))
    assert (b"x-request-id", b"one") not in second[0]["headers"]
