"""An event's way from the provider's request to the intake, and the answer back.

An ASGI app of its own, without Request and Response: under a burst most of the time went there.
"""

from collections.abc import Iterable

from starlette.requests import ClientDisconnect
from starlette.types import Message, Receive, Scope, Send

from storage.errors import Invalid
from webhooks.intake import Intake

MAX_EVENT = 1024 * 1024
"""Bytes of an incoming event. A Qonto event has a few thousand; no bound is documented."""

SMALL = 16 * 1024
"""Bytes that come with the headers, or nearly so: reading them costs less than asking first."""

UNREAD = "connector.unread"
"""Set in a scope while its body isn't read: a connection that ends so is of no more use."""

_STORED: Message = {
    "type": "http.response.start",
    "status": 202,
    "headers": [(b"content-length", b"2"), (b"content-type", b"application/json")],
}
_BODY: Message = {"type": "http.response.body", "body": b"{}"}


class Incoming:
    """Takes in an event posted to `/events/callback/{code}`: 202 once it's stored.

    Raises what `Intake.accept` raises, Invalid for a body that is too long, and ClientDisconnect.
    Of a body that isn't small nothing is read before path and headers have been looked at.
    """

    def __init__(self, intake: Intake) -> None:
        self._intake = intake

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        code = scope["path"].rpartition("/")[2]
        headers = _headers(scope["headers"])
        if not _is_small(headers.get("content-length", "")):
            scope[UNREAD] = True
            await self._intake.admit(code, headers)
            del scope[UNREAD]
        body = await _body(receive)
        await self._intake.accept(code, headers, body)
        await send(dict(_STORED))
        await send(_BODY)


async def _body(receive: Receive) -> bytes:
    parts: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientDisconnect
        part = message.get("body", b"")
        size += len(part)
        if size > MAX_EVENT:
            raise Invalid(f"An event has at most {MAX_EVENT} bytes.")
        parts.append(part)
        if not message.get("more_body"):
            return b"".join(parts)


def _is_small(announced: str) -> bool:
    return announced.isascii() and announced.isdigit() and int(announced[:20]) <= SMALL


def _headers(raw: Iterable[tuple[bytes, bytes]]) -> dict[str, str]:
    """Return the headers by name, in lower case; of several alike the first counts."""
    headers: dict[str, str] = {}
    for name, value in raw:
        headers.setdefault(name.decode("latin-1"), value.decode("latin-1"))
    return headers
