"""From the provider's request to the intake: the body whole, the headers as sent, then 202."""

from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any

import pytest
from starlette.requests import ClientDisconnect
from starlette.types import Message

from storage.errors import Invalid
from webhooks.incoming import MAX_EVENT, Incoming


class Taken:
    """An intake that remembers what it was given."""

    def __init__(self) -> None:
        self.given: list[tuple[str, Mapping[str, str], bytes]] = []

    async def accept(self, code: str, headers: Mapping[str, str], body: bytes) -> None:
        self.given.append((code, headers, body))


async def post(intake: Taken, *messages: Message, headers: Any = ()) -> list[Message]:
    left = list(messages)
    sent: list[Message] = []

    async def receive() -> Message:
        return left.pop(0)

    async def send(message: Message) -> None:
        sent.append(message)

    app = SimpleNamespace(state=SimpleNamespace(container=SimpleNamespace(intake=intake)))
    scope = {"type": "http", "path": "/events/callback/code-1", "headers": headers, "app": app}
    await Incoming()(scope, receive, send)
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
