"""Errors as answers: one envelope for every failure."""

import math
from collections.abc import Callable, Sequence
from typing import Annotated

import msgspec
from starlette.responses import Response

from connector.api.meaning import meaning
from storage.errors import FieldError, Invalid, ServiceError


class ValidationProblem(msgspec.Struct, frozen=True):
    __doc__ = "One thing that is wrong with the request."

    field: Annotated[
        str, meaning("The field or the parameter that is wrong, with dots between names.")
    ]
    code: Annotated[str, meaning("What is wrong with it, such as REQUIRED.")]
    message: Annotated[str, meaning("The same in words.")]
    hint: Annotated[str | None, meaning("What to do about it, where that is known.")] = None


class DownstreamProblem(msgspec.Struct, frozen=True):
    __doc__ = (
        """What the target system said, in its own words; `hint` is ours, where there is one."""
    )

    status: Annotated[int, meaning("The HTTP status of the target system's answer.")]
    code: Annotated[str | None, meaning("Its code.")]
    message: Annotated[str | None, meaning("Its words.")]
    source: Annotated[str | None, meaning("The field or the parameter that it meant.")]
    hint: Annotated[str | None, meaning("What to do about it, where that is known.")]


class Problem(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    __doc__ = """Why a request failed. Branch on `code`; `message` is for people."""

    code: Annotated[str, meaning("What went wrong: branch on this.")]
    message: Annotated[str, meaning("The same in words, for people.")]
    request_id: Annotated[str, meaning("The name of this request in the service's log.")]
    validation_errors: Annotated[
        tuple[ValidationProblem, ...],
        meaning("What is wrong with the request, one entry for each field."),
    ] = ()
    downstream_errors: Annotated[
        tuple[DownstreamProblem, ...], meaning("What the target system complained about.")
    ] = ()
    trace_id: Annotated[
        str | None, meaning("The name under which the target system's support finds the request.")
    ] = None
    subscription_id: Annotated[str | None, meaning("The subscription that stands already.")] = None


class FailureMeta(msgspec.Struct, frozen=True, rename="camel"):
    __doc__ = """About the answer."""

    request_id: Annotated[str, meaning("The name of this request in the service's log.")]


class ErrorEnvelope(msgspec.Struct, frozen=True, rename="camel"):
    __doc__ = """The body of every failure."""

    errors: Annotated[Problem, meaning("Why the request failed.")]
    data: Annotated[None, meaning("Always null.")]
    meta: Annotated[FailureMeta, meaning("About the answer.")]
    error: Annotated[
        str | msgspec.UnsetType,
        meaning("The code in lower case; below /api only, whose callers branch on it."),
    ] = msgspec.UNSET


ErrorWriter = Callable[[ServiceError, str], Response]
"""Returns an error as an answer; the text is the id of the request."""

_encode = msgspec.json.Encoder().encode


def error_response(error: ServiceError, request_id: str, *, with_word: bool = False) -> Response:
    """Return an error as the answer that clients get; `with_word` names it at the top as well."""
    fields: Sequence[FieldError] = error.fields if isinstance(error, Invalid) else ()
    problem = Problem(
        code=error.code,
        message=error.message,
        request_id=request_id,
        validation_errors=tuple(
            ValidationProblem(item.field, item.code, item.message, item.hint) for item in fields
        ),
        downstream_errors=tuple(
            DownstreamProblem(item.status, item.code, item.message, item.source, item.hint)
            for item in getattr(error, "downstream", ())
        ),
        trace_id=getattr(error, "trace_id", None),
        subscription_id=getattr(error, "subscription_id", None),
    )
    word = error.code.lower() if with_word else msgspec.UNSET
    return Response(
        _encode(ErrorEnvelope(problem, None, FailureMeta(request_id), word)),
        error.http_status,
        headers_of(error),
        "application/json",
    )


def headers_of(error: ServiceError) -> dict[str, str]:
    """Return the headers of an answer that tells an error, among them when to ask again."""
    headers = dict(error.headers)
    if (wait := getattr(error, "retry_after", None)) is not None:
        headers["Retry-After"] = str(max(1, math.ceil(wait)))
    elif error.retryable:
        headers["Retry-After"] = "5"
    return headers
