"""Errors as answers: one envelope for every failure."""

import math
from collections.abc import Sequence

import msgspec
from starlette.responses import Response

from storage.errors import FieldError, Invalid, ServiceError


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


def error_response(error: ServiceError, request_id: str) -> Response:
    """Return an error as the answer that clients get."""
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
    headers = dict(error.headers)
    if (wait := getattr(error, "retry_after", None)) is not None:
        headers["Retry-After"] = str(max(1, math.ceil(wait)))
    elif error.retryable:
        headers["Retry-After"] = "5"
    return Response(
        _encode(ErrorEnvelope(problem, meta={"requestId": request_id})),
        error.http_status,
        headers,
        "application/json",
    )
