"""The edge of the HTTP surface: request ids, limits, and errors in one envelope.

Who may call is decided at each operation's own route, by `connector.app.gate`.
"""

import re
import secrets
import time
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Match
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from connector.api.errors import ErrorWriter, error_response
from connector.api.operation import Permission
from connector.api.routing import Gate, OperationRoute, other_methods
from connector.api.uploads import is_multipart
from connector.app.access_log import AccessLog
from connector.app.addresses import owner_of
from connector.app.bodies import Bodies
from connector.app.errors import NoSuchMethod, TooManyBadKeys, TooManyRequests
from connector.app.metrics import HttpMetrics
from connector.app.refusals import KeyRefusals
from oauth.errors import (
    PermissionDenied,
    UnauthorizedAccountKey,
    UnauthorizedApiKey,
    UnauthorizedUser,
)
from storage.errors import NotFound, ServiceError
from storage.log import logger
from webhooks.incoming import UNREAD
from webhooks.pauses import Pauses

HEADERS = ((b"cache-control", b"no-store"), (b"x-content-type-options", b"nosniff"))
"""Sent with every answer that doesn't say otherwise."""

_STAY_SECURE = (b"strict-transport-security", b"max-age=31536000")

_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{8,128}")

_UPLOADS_AT_ONCE = 4
"""Requests with files that are taken in at the same time: together they bound the disk space."""

_GONE = 499
"""What is noted for a request whose client didn't stay for an answer."""


@dataclass(frozen=True, slots=True)
class EdgeLimits:
    """What the edge lets through."""

    body_bytes: int = 1024 * 1024
    upload_bytes: int = 128 * 1024 * 1024
    """What a request with files may bring, where files are taken."""
    per_address: int = 1024
    """Requests that one address may have under way."""
    bad_keys_per_minute: int = 20
    """Unknown keys from one address, until more of them are asked to wait; 0 is no limit."""


class Edge:
    """The outermost layer: request id, keys, limits, errors, metrics, access log.

    `direct` is an open route whose requests need no router to find it: `/prefix/{parameter}`. It
    takes them by the thousand, and routing one would cost as much as all the rest here. What it
    refuses for good is told after one of the `pauses`. `uploads` are the routes that take files.
    `secure` says that callers come by https, and are told to go on doing so. `error_writers` are
    those of the parts of the surface that tell errors in a shape of their own, by their paths.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        metrics: HttpMetrics,
        direct: OperationRoute,
        uploads: Sequence[OperationRoute] = (),
        pauses: Pauses | None = None,
        limits: EdgeLimits | None = None,
        access_log: AccessLog | None = None,
        secure: bool = False,
        error_writers: Mapping[str, ErrorWriter] | None = None,
    ) -> None:
        limits = limits or EdgeLimits()
        self._app = app
        self._direct = direct
        self._pauses = pauses or Pauses()
        self._prefix = direct.path.partition("{")[0]
        self._metrics = metrics
        self._access_log = access_log
        self._bodies = Bodies(limits.body_bytes)
        self._uploads = tuple(uploads)
        self._files = Bodies(limits.upload_bytes, _UPLOADS_AT_ONCE)
        self._refusals = KeyRefusals(limits.bad_keys_per_minute, metrics.key_refused)
        self._per_address = limits.per_address
        self._under_way: dict[str, int] = {}
        self._error_writers = dict(error_writers or {})
        self._headers = (*HEADERS, _STAY_SECURE) if secure else HEADERS

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request_id = _request_id(_header(scope, b"x-request-id"))
        client = scope.get("client")
        address: str = client[0] if client else ""
        started = time.perf_counter()
        status = 500
        begun = False
        is_direct = self._is_direct(scope)
        answer: Response | None = None
        is_paused = False

        async def sending(message: Message) -> None:
            nonlocal status, begun
            if message["type"] == "http.response.start":
                status, begun = message["status"], True
                headers = [*message["headers"], (b"x-request-id", request_id.encode())]
                names = {name for name, _ in headers}
                headers += [pair for pair in self._headers if pair[0] not in names]
                if scope.get(UNREAD):
                    headers.append((b"connection", b"close"))
                message["headers"] = headers
            await send(message)

        try:
            try:
                if is_direct:
                    scope["route"] = self._direct
                    await self._pass_on(self._direct.app, scope, receive, sending)
                else:
                    request = Request(scope, receive)
                    request.state.request_id = request_id
                    with self._place(address):
                        self._bodies_of(scope).check(scope["headers"])
                        await self._pass_on(self._app, scope, receive, sending)
            except ClientDisconnect:
                status = _GONE
            except Exception as error:
                if begun:
                    raise
                error = self._noted(error, scope, address)
                is_paused = is_direct and isinstance(error, ServiceError) and not error.retryable
                answer = _answer(error, request_id, self._writer_for(scope))
            # the error is let go of before anything is awaited: its frames hold the body
            if answer is not None:
                if is_paused:
                    began = time.perf_counter()
                    await self._pauses.pause()
                    started += time.perf_counter() - began  # that isn't what it took
                await answer(scope, receive, sending)
        finally:
            route = _route_of(scope)
            seconds = time.perf_counter() - started
            self._metrics.observe(scope["method"], route, status, seconds)
            if self._access_log is not None:
                state = scope.get("state", {})
                caller, account = state.get("caller"), state.get("account")
                self._access_log.note(
                    request_id=request_id,
                    address=address,
                    method=scope["method"],
                    route=route,
                    status=status,
                    seconds=seconds,
                    tenant_id=None if caller is None else caller.tenant.id,
                    key_id=None if caller is None else caller.key_id,
                    account_id=None if account is None else account.id,
                )

    async def _pass_on(self, app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
        if "\0" in scope["path"]:  # no id has that, nor what stands for an unreadable character
            scope["path"] = scope["path"].replace("\0", "\ufffd")
        bodies = self._bodies_of(scope)
        if bodies.is_small(scope["headers"]):
            await app(scope, receive, send)
            return
        async with bodies.watched(receive) as receiving:
            await app(scope, receiving, send)

    def _bodies_of(self, scope: Scope) -> Bodies:
        """Return the bounds of a request's body: wider where it is a form with files."""
        kind = _header(scope, b"content-type") or ""
        if is_multipart(kind) and any(
            route.matches(scope)[0] is Match.FULL for route in self._uploads
        ):
            return self._files
        return self._bodies

    @contextmanager
    def _place(self, address: str) -> Generator[None]:
        """Hold one of the places that an address has. Raises TooManyRequests."""
        owner = owner_of(address)
        count = self._under_way.get(owner, 0)
        if count >= self._per_address:
            raise TooManyRequests
        self._under_way[owner] = count + 1
        try:
            yield
        finally:
            self._under_way[owner] -= 1
            if not self._under_way[owner]:
                del self._under_way[owner]

    def _noted(self, error: Exception, scope: Scope, address: str) -> Exception:
        """Note a key that was refused; return the error, or the one that takes its place."""
        match error:
            case UnauthorizedApiKey() | PermissionDenied():
                key = _header(scope, b"authorization" if _is_open(scope) else b"x-api-key")
            case UnauthorizedAccountKey():
                key = _header(scope, b"x-account-key")
            case UnauthorizedUser():
                key = _header(scope, b"authorization")
            case _:
                return error
        if not key:
            self._refusals.missing()
        elif isinstance(error, PermissionDenied):
            self._refusals.denied(address, key, error.code)
        else:
            try:
                self._refusals.refused(address, key, error.code)
            except TooManyBadKeys as slowed:
                return slowed
        return error

    def _writer_for(self, scope: Scope) -> ErrorWriter:
        """Return what writes errors at a path."""
        path: str = scope["path"]
        for prefix, writer in self._error_writers.items():
            if path == prefix or path.startswith(f"{prefix}/"):
                return writer
        return error_response

    def _is_direct(self, scope: Scope) -> bool:
        path: str = scope["path"]
        return (
            path.startswith(self._prefix)
            and scope["method"] == "POST"
            and "/" not in path[len(self._prefix) :]
            and len(path) > len(self._prefix)
        )


def _answer(error: Exception, request_id: str, write: ErrorWriter) -> Response:
    match error:
        case ServiceError():
            status = error.http_status
            if status >= 500:
                logger.warning("http.failed", request_id=request_id, code=error.code, status=status)
            return write(error, request_id)
        case _:
            logger.error("http.broken", request_id=request_id, exc_info=error)
            return write(
                ServiceError(
                    "Something went wrong here, not in the request. Quote the request id when "
                    "you report it."
                ),
                request_id,
            )


@dataclass(frozen=True, slots=True)
class Closed:
    """Answers what the router itself refuses, to callers with a key: no such path, or method."""

    gate: Gate

    async def answer(self, request: Request, error: Exception) -> Response:
        """Return the refusal as the envelope; raise what the gate raises."""
        assert isinstance(error, HTTPException)
        refusal: ServiceError = NotFound("There is nothing at this path.")
        if error.status_code == 405:
            known = next(other_methods(request.app.routes, request.scope), None)
            refusal = NoSuchMethod()
            if known is not None:
                admin = known.permission is Permission.ADMIN
                is_reading = request.method in ("GET", "HEAD")
                other = Permission.READ if is_reading else Permission.WRITE
                await self.gate.admit(request, known.keys, Permission.ADMIN if admin else other)
        else:
            await self.gate.admit(request, "tenant", None)
        response = error_response(refusal, request.state.request_id)
        response.headers.update(error.headers or {})
        return response


def _route_of(scope: Scope) -> str:
    return getattr(scope.get("route"), "path", "unmatched")


def _is_open(scope: Scope) -> bool:
    """Say whether the call needs no keys of ours."""
    route = scope.get("route")
    return isinstance(route, OperationRoute) and route.operation.keys == "none"


def _header(scope: Scope, wanted: bytes) -> str | None:
    return next(
        (value.decode("latin-1") for name, value in scope["headers"] if name == wanted), None
    )


def _request_id(given: str | None) -> str:
    if given is not None and _REQUEST_ID.fullmatch(given):
        return given
    return f"req_{secrets.token_hex(12)}"
