"""The edge of the HTTP surface: who is calling, request ids, and errors in one envelope.

Closed by default: a path that isn't listed here as open needs both keys.
"""

import math
import re
import secrets
import time
from collections.abc import Sequence

import msgspec
import structlog
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from connector import errors as connector_errors
from connector.app.metrics import HttpMetrics
from connector.app.permitted import needed
from oauth import errors as oauth_errors
from oauth.callers import Callers
from storage import errors as storage_errors
from storage.errors import FieldError, Invalid, ServiceError
from webhooks import errors as webhook_errors
from webhooks.incoming import UNREAD

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

_HEADERS = ((b"cache-control", b"no-store"), (b"x-content-type-options", b"nosniff"))
"""Sent with every answer that doesn't say otherwise."""

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
}

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


class Edge:
    """The outermost layer: request id, keys, errors, metrics, access log.

    `direct` is an open route whose requests need no router to find it: `/prefix/{parameter}`. It
    takes them by the thousand, and routing one would cost as much as all the rest here.
    """

    def __init__(
        self, app: ASGIApp, *, callers: Callers, metrics: HttpMetrics, direct: Route
    ) -> None:
        self._app = app
        self._direct = direct
        self._prefix = direct.path.partition("{")[0]
        self._callers = callers
        self._metrics = metrics
        # bound once: a request that isn't logged would else cost more than all the rest here
        self._log = structlog.get_logger().bind()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request_id = _request_id(_header(scope, b"x-request-id"))
        started = time.perf_counter()
        status = 500
        begun = False

        async def sending(message: Message) -> None:
            nonlocal status, begun
            if message["type"] == "http.response.start":
                status, begun = message["status"], True
                headers = [*message["headers"], (b"x-request-id", request_id.encode())]
                names = {name for name, _ in headers}
                headers += [pair for pair in _HEADERS if pair[0] not in names]
                if scope.get(UNREAD):
                    headers.append((b"connection", b"close"))
                message["headers"] = headers
            await send(message)

        try:
            try:
                if self._is_direct(scope):
                    scope["route"] = self._direct
                    await self._direct.app(scope, receive, sending)
                else:
                    request = Request(scope, receive)
                    request.state.request_id = request_id
                    await self._authenticate(request)
                    await self._app(scope, receive, sending)
            except Exception as error:
                if begun:
                    raise
                await _answer(error, request_id)(scope, receive, sending)
        finally:
            route = getattr(scope.get("route"), "path", "unmatched")
            seconds = time.perf_counter() - started
            self._metrics.observe(scope["method"], route, status, seconds)
            self._log.debug(
                "http.request",
                request_id=request_id,
                method=scope["method"],
                route=route,
                status=status,
                duration_ms=round(seconds * 1000, 1),
            )

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


def _header(scope: Scope, wanted: bytes) -> str | None:
    return next(
        (value.decode("latin-1") for name, value in scope["headers"] if name == wanted), None
    )


def _request_id(given: str | None) -> str:
    if given is not None and _REQUEST_ID.fullmatch(given):
        return given
    return f"req_{secrets.token_hex(12)}"
