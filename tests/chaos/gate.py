"""What happens to calls on their way to the simulated Qonto and back."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from random import Random
from typing import Any, Literal

from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

Call = Literal["customer", "draft", "finalize", "mail", "credit note", "bills", "file"]
Trouble = Literal["lost", "never", "hangs", "late", "refused", "failed"]
Stage = Literal["arrived", "done", "answered"]

CALLS: dict[Call, str] = {
    "customer": "/v2/clients",
    "draft": "/v2/client_invoices",
    "finalize": "/v2/client_invoices/*/finalize",
    "mail": "/v2/client_invoices/*/send",
    "credit note": "/v2/credit_notes",
    "bills": "/v2/supplier_invoices/bulk",
    "file": "/v2/attachments",
}
STAGES: tuple[Stage, ...] = ("arrived", "done", "answered")
UNANSWERED: tuple[Trouble, ...] = ("lost", "never", "hangs", "late")

Step = Callable[[Call, Stage, int], Awaitable[None]]


@dataclass
class Gate:
    """Stands before the simulator; calls that change nothing pass, unless `blind` is their fate.

    `plan` says what goes wrong with a call that changes something. `lost`: it is done, and the
    connection breaks. `never`: the connection breaks before. `hangs`: it is done, and no answer
    comes for `patience` seconds. `late`: it is done after so long, when nobody waits any more.
    `refused`: 422. `failed`: it is done, and the answer is 500. `step` is told of the stages of
    each, with the port that it came in at; what it waits for, the call waits for.
    """

    app: ASGIApp
    chance: Random
    patience: float
    plan: Callable[[Call], Trouble | None] = lambda _: None
    step: Step | None = None
    blind: float = 0.0
    """How likely a call that only reads fails."""
    troubles: Counter[tuple[Call, Trouble]] = field(default_factory=Counter)
    applied: Counter[str] = field(default_factory=Counter)
    """How often a change was done, by path."""
    _left: set[asyncio.Task[None]] = field(default_factory=set)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        call = _call_of(scope)
        if call is not None:
            await self._change(call, scope, receive, send)
        elif _reads(scope) and self.chance.random() < self.blind:
            await self._fail_to_read(scope, receive, send)
        else:
            await self.app(scope, receive, send)

    def unanswered(self, call: Call) -> int:
        """Count the calls of a kind that got no answer."""
        return sum(self.troubles[call, trouble] for trouble in UNANSWERED)

    async def settled(self) -> None:
        """Wait until nothing is on its way any more."""
        await asyncio.gather(*self._left)

    async def _change(self, call: Call, scope: Scope, receive: Receive, send: Send) -> None:
        body = await _whole(receive)
        if body is None:  # whoever called died over it
            return
        trouble = self.plan(call)
        if trouble is not None:
            self.troubles[call, trouble] += 1
        await self._at(call, "arrived", scope)
        match trouble:
            case "never":
                await _drop(receive, send)
            case "refused":
                errors = [{"code": "invalid", "detail": "not today", "source": {}}]
                await JSONResponse({"errors": errors}, 422)(scope, receive, send)
            case "late":
                later = asyncio.create_task(self._apply_later(scope, body))
                self._left.add(later)
                later.add_done_callback(self._left.discard)
                await _wait(receive, send, 2 * self.patience)
            case _:
                answer = await self._apply(scope, body)
                await self._at(call, "done", scope)
                await self._answer(trouble, answer, scope, receive, send)
                await self._at(call, "answered", scope)

    async def _answer(
        self, trouble: Trouble | None, answer: "_Answer", scope: Scope, receive: Receive, send: Send
    ) -> None:
        if trouble == "lost":
            await _drop(receive, send)
        elif trouble == "hangs":
            await _wait(receive, send, 2 * self.patience)
        elif trouble == "failed":
            await JSONResponse({"errors": [{"code": "unknown"}]}, 500)(scope, receive, send)
        else:
            for message in answer.messages:
                await send(message)

    async def _apply(self, scope: Scope, body: bytes) -> "_Answer":
        answer = _Answer()
        await self.app(scope, _replayed(body), answer)
        if 200 <= answer.status < 300:
            self.applied[scope["path"]] += 1
        return answer

    async def _apply_later(self, scope: Scope, body: bytes) -> None:
        await asyncio.sleep(self.patience * (1.1 + 0.3 * self.chance.random()))
        await self._apply(scope, body)

    async def _at(self, call: Call, stage: Stage, scope: Scope) -> None:
        if self.step is not None:
            await self.step(call, stage, scope["server"][1])

    async def _fail_to_read(self, scope: Scope, receive: Receive, send: Send) -> None:
        status = self.chance.choice((429, 500, 503, None))
        if status is None:
            await _drop(receive, send)
        else:
            await JSONResponse({"errors": [{"code": "unknown"}]}, status)(scope, receive, send)


class _Answer:
    """An answer, held back."""

    def __init__(self) -> None:
        self.messages: list[Message] = []

    async def __call__(self, message: Message) -> None:
        self.messages.append(message)

    @property
    def status(self) -> int:
        return int(self.messages[0]["status"])


def _call_of(scope: Scope) -> Call | None:
    if scope["type"] != "http" or scope["method"] != "POST":
        return None
    path: str = scope["path"]
    return next((call for call, pattern in CALLS.items() if fnmatchcase(path, pattern)), None)


def _reads(scope: Scope) -> bool:
    return scope["type"] == "http" and scope["method"] == "GET" and scope["path"].startswith("/v2")


async def _whole(receive: Receive) -> bytes | None:
    body = bytearray()
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            return None
        body += message.get("body", b"")
        if not message.get("more_body", False):
            return bytes(body)


def _replayed(body: bytes) -> Receive:
    async def receive() -> Message:
        return {"type": "http.request", "body": body, "more_body": False}

    return receive


async def _wait(receive: Receive, send: Send, seconds: float) -> None:
    """Say nothing until the caller has gone."""
    try:
        async with asyncio.timeout(seconds):
            await receive()
    except TimeoutError:
        await _drop(receive, send)


async def _drop(receive: Receive, send: Send) -> None:
    """Close the connection without an answer, as the simulator does it."""
    transport: Any = getattr(getattr(send, "__self__", None), "transport", None)
    transport.abort()
    while (await receive())["type"] != "http.disconnect":
        pass
