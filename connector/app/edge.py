"""The edge of the HTTP surface: who is calling, request ids, and errors in one envelope.

Closed by default: a path that isn't listed here as open needs both keys.
"""

import math
import re
import secrets
import time
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import msgspec
import structlog
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Match, Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from connector import errors as connector_errors
from connector.app import errors as edge_errors
from connector.app.access_log import AccessLog
from connector.app.addresses import owner_of
from connector.app.bodies import Bodies
from connector.app.metrics import HttpMetrics
from connector.app.permitted import needed
from connector.app.refusals import Refusals
from oauth import errors as oauth_errors
from oauth.callers import Callers
from storage import errors as storage_errors
from storage.errors import FieldError, Invalid, ServiceError
from webhooks import errors as webhook_errors
from webhooks.incoming import UNREAD
from webhooks.pauses import Pauses

OPEN = (
    "/auth/callback/",
    "/link/",
    "/events/callback/",
    "/health",
    "/metrics",
    "/openapi.json",
    "/docs",
    "/llms.txt",
)
"""Called by browsers, by providers (whose signature is checked instead) and by operators."""

TENANT = ("/auth/", "/tenants/", "/webhooks/tenant", "/capabilities")
"""Need the vendor's key; an account key is taken when sent."""

ACCOUNT = frozenset({"/auth/companies", "/auth/environments", "/auth/status"})
"""Need both keys although they are below a path of TENANT."""

HEADERS = ((b"cache-control", b"no-store"), (b"x-content-type-options", b"nosniff"))
"""Sent with every answer that doesn't say otherwise."""

_STAY_SECURE = (b"strict-transport-security", b"max-age=31536000")

_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{8,128}")

# From error to HTTP status: the nearest class in an error's family counts.
STATUS: dict[type[ServiceError], int] = {
    ServiceError: 500,
    storage_errors.Invalid: 400,
    storage_errors.NotFound: 404,
    storage_errors.Conflict: 409,
    storage_errors.StorageUnavailable: 503,
    oauth_errors.UnauthorizedApiKey: 403,
    oauth_errors.PermissionDenied: 403,
    oauth_errors.UnauthorizedAccountKey: 401,
    oauth_errors.ReauthRequired: 401,
    oauth_errors.AccountUnusable: 401,
    oauth_errors.UnknownTarget: 405,
    oauth_errors.SystemNotRegistered: 409,
    oauth_errors.SigningSecretMissing: 409,
    oauth_errors.LinkRefused: 400,
    oauth_errors.ReferenceTaken: 409,
    oauth_errors.CodeInvalid: 400,
    oauth_errors.ProviderError: 502,
    oauth_errors.ProviderUnavailable: 503,
    connector_errors.UnknownTarget: 405,
    connector_errors.IdentityUnknown: 403,
    connector_errors.NotAcceptable: 406,
    connector_errors.DocumentTooLarge: 400,
    connector_errors.PassThroughRefused: 403,
    connector_errors.DownstreamError: 502,
    connector_errors.DownstreamRefused: 400,
    connector_errors.DownstreamForbidden: 403,
    connector_errors.AccessRefused: 401,
    connector_errors.SandboxTokenMissing: 502,
    connector_errors.DownstreamUnavailable: 503,
    connector_errors.DownstreamTimeout: 504,
    connector_errors.RateLimited: 429,
    webhook_errors.SignatureInvalid: 401,
    webhook_errors.EventStale: 400,
    edge_errors.MalformedRequest: 400,
    edge_errors.RequestTooSlow: 408,
    edge_errors.BodyTooLarge: 413,
    edge_errors.TooManyBadKeys: 429,
    edge_errors.TooManyRequests: 429,
    edge_errors.HeadersTooLarge: 431,
    edge_errors.ServerBusy: 503,
}

_GONE = 499
"""What is noted for a request whose client didn't stay for an answer."""

logger = structlog.get_logger()


class ValidationProblem(msgspec.Struct, frozen=True):
    field: str
    code: str
    message: str


class DownstreamProblem(msgspec.Struct, frozen=True):
    """What the target system said, in its own words; `hint` is ours, where there is one."""

    status: int
    code: str | None
    message: str | None
    source: str | None
    hint: str | None


class Problem(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """Why a request failed. Branch on `code`; `message` is for people."""

    code: str
    message: str
    request_id: str
    validation_errors: tuple[ValidationProblem, ...] = ()
    downstream_errors: tuple[DownstreamProblem, ...] = ()
    trace_id: str | None = None
    subscription_id: str | None = None


class ErrorEnvelope(msgspec.Struct, frozen=True, rename="camel"):
    """The body of every failure."""

    errors: Problem
    data: None = None
    meta: dict[str, str] = {}


_encode = msgspec.json.Encoder().encode


def status_of(error: ServiceError) -> int:
    """Answer the HTTP status of an error."""
    return next(STATUS[kind] for kind in type(error).__mro__ if kind in STATUS)


def error_response(error: ServiceError, request_id: str) -> Response:
    """Write an error as the envelope clients get."""
    fields: Sequence[FieldError] = error.fields if isinstance(error, Invalid) else ()
    problem = Problem(
        code=error.code,
        message=error.message,
        request_id=request_id,
        validation_errors=tuple(
            ValidationProblem(item.field, item.code, item.message) for item in fields
        ),
        downstream_errors=tuple(
            DownstreamProblem(item.status, item.code, item.message, item.source, item.hint)
            for item in getattr(error, "downstream", ())
        ),
        trace_id=getattr(error, "trace_id", None),
        subscription_id=getattr(error, "subscription_id", None),
    )
    headers: dict[str, str] = {}
    if (wait := getattr(error, "retry_after", None)) is not None:
        headers["Retry-After"] = str(max(1, math.ceil(wait)))
    elif error.retryable:
        headers["Retry-After"] = "5"
    if isinstance(error, connector_errors.RateLimited):
        headers |= _rate_limit(error)
    if isinstance(error, edge_errors.BodyTooLarge):
        headers["Connection"] = "close"  # the rest of it isn't waited for
    return Response(
        _encode(ErrorEnvelope(problem, meta={"requestId": request_id})),
        status_of(error),
        headers,
        "application/json",
    )


def _rate_limit(error: connector_errors.RateLimited) -> dict[str, str]:
    known = {"Limit": error.limit, "Remaining": error.remaining, "Reset": error.reset}
    return {
        f"RateLimit-{name}": str(math.ceil(value))
        for name, value in known.items()
        if value is not None
    }


@dataclass(frozen=True, slots=True)
class EdgeLimits:
    """What the edge lets through."""

    body_bytes: int = 1024 * 1024
    per_address: int = 1024
    """Requests that one address may have under way."""
    bad_keys_per_minute: int = 20
    """Unknown keys from one address, until more of them are asked to wait; 0 is no limit."""


class Edge:
    """The outermost layer: request id, keys, limits, errors, metrics, access log.

    `direct` is an open route whose requests need no router to find it: `/prefix/{parameter}`. It
    takes them by the thousand, and routing one would cost as much as all the rest here. What it
    refuses for good is told after one of the `pauses`. `secure` says that callers come by https,
    and are told to go on doing so.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        callers: Callers,
        metrics: HttpMetrics,
        direct: Route,
        pauses: Pauses | None = None,
        limits: EdgeLimits | None = None,
        access_log: AccessLog | None = None,
        secure: bool = False,
    ) -> None:
        limits = limits or EdgeLimits()
        self._app = app
        self._direct = direct
        self._pauses = pauses or Pauses()
        self._prefix = direct.path.partition("{")[0]
        self._callers = callers
        self._metrics = metrics
        self._access_log = access_log
        self._bodies = Bodies(limits.body_bytes)
        self._refusals = Refusals(limits.bad_keys_per_minute, metrics.key_refused)
        self._per_address = limits.per_address
        self._under_way: dict[str, int] = {}
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
        refusal: Exception | None = None

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
                        self._bodies.check(scope["headers"])
                        await self._authenticate(request)
                        await self._pass_on(self._app, scope, receive, sending)
            except ClientDisconnect:
                status = _GONE
            except Exception as error:
                if begun:
                    raise
                refusal = self._noted(error, scope, address)
            if refusal is not None:
                if is_direct and isinstance(refusal, ServiceError) and not refusal.retryable:
                    # nothing but the connection is held meanwhile; frames would hold the body
                    refusal.__traceback__ = refusal.__context__ = refusal.__cause__ = None
                    began = time.perf_counter()
                    await self._pauses.pause()
                    started += time.perf_counter() - began  # that isn't what it took
                await _answer(refusal, request_id)(scope, receive, sending)
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

    @staticmethod
    def _check(scope: Scope) -> None:
        """Raise Invalid for a query with NUL, which no text that's stored may hold.

        In a path it gives way to what stands for an unreadable character: no id has that either.
        """
        if "\0" in scope["path"]:
            scope["path"] = scope["path"].replace("\0", "\ufffd")
        if b"%00" in scope.get("query_string", b""):
            raise Invalid.one("query", "NOT_ALLOWED", "No parameter may hold the character NUL.")

    async def _pass_on(self, app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
        self._check(scope)
        if self._bodies.is_small(scope["headers"]):
            await app(scope, receive, send)
            return
        async with self._bodies.watched(receive) as receiving:
            await app(scope, receiving, send)

    @contextmanager
    def _place(self, address: str) -> Generator[None]:
        """Hold one of the places that an address has. Raises TooManyRequests."""
        owner = owner_of(address)
        count = self._under_way.get(owner, 0)
        if count >= self._per_address:
            raise edge_errors.TooManyRequests
        self._under_way[owner] = count + 1
        try:
            yield
        finally:
            self._under_way[owner] -= 1
            if not self._under_way[owner]:
                del self._under_way[owner]

    def _noted(self, error: Exception, scope: Scope, address: str) -> Exception:
        """Note a key that was refused; answer the error, or the one that takes its place."""
        match error:
            case oauth_errors.UnauthorizedApiKey() | oauth_errors.PermissionDenied():
                is_open = scope["path"].startswith(OPEN)
                key = _header(scope, b"authorization" if is_open else b"x-api-key")
            case oauth_errors.UnauthorizedAccountKey():
                key = _header(scope, b"x-account-key")
            case _:
                return error
        if not key:
            self._refusals.missing()
        elif isinstance(error, oauth_errors.PermissionDenied):
            self._refusals.denied(address, key, error.code)
        else:
            try:
                self._refusals.refused(address, key, error.code)
            except edge_errors.TooManyBadKeys as slowed:
                return slowed
        return error

    def _is_direct(self, scope: Scope) -> bool:
        path: str = scope["path"]
        return (
            path.startswith(self._prefix)
            and scope["method"] == "POST"
            and "/" not in path[len(self._prefix) :]
            and len(path) > len(self._prefix)
        )

    async def _authenticate(self, request: Request) -> None:
        path = request.scope["path"]
        if path.startswith(OPEN):
            return
        api_key = request.headers.get("X-API-KEY")
        account_key = request.headers.get("X-ACCOUNT-KEY")
        permission = needed(request.method, path)
        if account_key is None and path.startswith(TENANT) and path not in ACCOUNT:
            caller = await self._callers.identify(api_key)
            request.state.caller = caller  # whoever is refused is written down too
            caller.require(permission)
        else:
            caller, request.state.account = await self._callers.admit(
                api_key, account_key, permission
            )
        request.state.tenant, request.state.caller = caller.tenant, caller


def _answer(error: Exception, request_id: str) -> Response:
    match error:
        case ServiceError():
            status = status_of(error)
            if status >= 500:
                logger.warning("http.failed", request_id=request_id, code=error.code, status=status)
            return error_response(error, request_id)
        case _:
            logger.error("http.broken", request_id=request_id, exc_info=error)
            return error_response(
                ServiceError(
                    "Something went wrong here, not in the request. Quote the request id when "
                    "you report it."
                ),
                request_id,
            )


async def answer_http_exception(request: Request, error: Exception) -> Response:
    """Write what the router itself refuses (no such path, no such method) as the envelope."""
    assert isinstance(error, HTTPException)
    refusal: ServiceError
    if error.status_code == 405:
        refusal = _NoSuchMethod("This path exists, but not for this method.")
    else:
        refusal = storage_errors.NotFound("There is nothing at this path.")
    response = error_response(refusal, request.state.request_id)
    response.status_code = error.status_code
    response.headers.update(error.headers or {})
    return response


class _NoSuchMethod(ServiceError):
    code = "METHOD_NOT_ALLOWED"


def _route_of(scope: Scope) -> str:
    """Name the route of a request; of one that was refused, the route it would have taken."""
    if "route" in scope or "app" not in scope:
        return getattr(scope.get("route"), "path", "unmatched")
    for one in scope["app"].router.routes:
        if one.matches(scope)[0] is Match.FULL:
            return getattr(one, "path", "unmatched")
    return "unmatched"


def _header(scope: Scope, wanted: bytes) -> str | None:
    return next(
        (value.decode("latin-1") for name, value in scope["headers"] if name == wanted), None
    )


def _request_id(given: str | None) -> str:
    if given is not None and _REQUEST_ID.fullmatch(given):
        return given
    return f"req_{secrets.token_hex(12)}"
