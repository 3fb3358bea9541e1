"""A vendor's side in small: receives events, verifies both signatures, and hands them on."""

import hmac
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from standardwebhooks import Webhook, WebhookVerificationError
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

MAX_BODY = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Received:
    """One request that arrived; `problem` says why it isn't genuine, None when it is."""

    id: str
    body: dict[str, Any]
    raw: bytes = field(repr=False)
    headers: dict[str, str] = field(repr=False)
    problem: str | None = None


@dataclass(slots=True)
class Receiver:
    """Checks what arrives against `secret` (64 hex characters) and tells `heard` of it.

    Answers 204, or 401 when a signature is wrong. `failing` is how many of the next requests are
    answered 503 instead, to play a receiver that is down.
    """

    secret: str | None = field(repr=False, default=None)
    heard: Callable[[Received], None] = lambda _received: None
    failing: int = 0

    @property
    def app(self) -> Starlette:
        return Starlette(routes=[Route("/{path:path}", self._receive, methods=["POST"])])

    async def _receive(self, request: Request) -> Response:
        raw = await request.body()
        if len(raw) > MAX_BODY:
            return Response(status_code=413)
        if self.failing > 0:
            self.failing -= 1
            return Response(status_code=503)
        headers = {name.lower(): value for name, value in request.headers.items()}
        problem = check(raw, headers, self.secret) if self.secret else "no secret to check with"
        body: dict[str, Any] = {}
        try:
            body = json.loads(raw)
        except ValueError:
            problem = "the body is not JSON"
        self.heard(Received(headers.get("webhook-id", ""), body, raw, headers, problem))
        return Response(status_code=401 if self.secret and problem else 204)


def check(raw: bytes, headers: dict[str, str], secret: str) -> str | None:
    """Verify both signatures; return what is wrong, or None."""
    expected = hmac.digest(secret.encode(), raw, "sha256").hex()
    if not hmac.compare_digest(headers.get("x-maesn-signature", ""), expected):
        return "X-MAESN-SIGNATURE does not match"
    try:
        Webhook(bytes.fromhex(secret)).verify(raw, headers)
    except (WebhookVerificationError, ValueError) as error:  # ValueError: not even base64
        return f"webhook-signature: {error}"
    return None
