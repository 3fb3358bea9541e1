"""The failures of the API's description: which codes there are, by status, and who may get them.

Codes and statuses come from the error classes, the meanings from the trees in the
docstrings of the modules that define them, so neither can be forgotten here.
"""

import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from storage.errors import ServiceError

Schema = dict[str, Any]

_BRANCH = re.compile(r"[├└]── (\w+) +(\S[^\n]*)")
_BASE = re.compile(r" \(\w+\)$")
_UNEXPECTED = "something went wrong here, not in the request"

FAILURES = {
    400: ("BadRequest", "A parameter or the body is wrong, or the target system refused it"),
    401: ("AccountKeyRefused", "The account key is unknown, or the customer must link again"),
    403: ("ApiKeyRefused", "The API key is unknown or not for this, or the consent is too narrow"),
    404: ("NotFound", "Unknown id, or the target system has nothing of that kind"),
    405: ("UnknownTarget", "No target system has that name, or the path has no such method"),
    406: ("NotAcceptable", "The file is in none of the forms that Accept names"),
    408: ("RequestTimeout", "The request did not come in time"),
    409: ("Conflict", "What is there already forbids it"),
    413: ("BodyTooLarge", "The body is larger than the operator lets it be"),
    429: ("TooManyRequests", "Too many requests; wait as long as Retry-After says"),
    431: ("HeadersTooLarge", "The request's headers are too long or too many"),
    500: ("Internal", "Something went wrong here, not in the request"),
    502: ("BadGateway", "The target system's answer is of no use"),
    503: ("Unavailable", "The target system or the database can't be reached; try again"),
    504: ("GatewayTimeout", "The target system did not answer in time; try again"),
}
"""By status: the name of its response in the description, and what it means."""


@dataclass(frozen=True, slots=True)
class ErrorCode:
    """A code that clients may branch on."""

    status: int
    code: str
    meaning: str
    retryable: bool


def error_codes() -> tuple[ErrorCode, ...]:
    """List every code that an answer may carry, by status and name."""
    meanings: dict[tuple[int, str], list[str]] = {}
    retryable: set[tuple[int, str]] = set()
    for kind in _kinds(ServiceError):
        key = kind.http_status, kind.code
        meaning = _meanings(kind.__module__).get(kind.__name__)
        meanings.setdefault(key, []).extend([] if meaning is None else [meaning])
        if kind.retryable:
            retryable.add(key)
    return tuple(
        ErrorCode(*key, "; or ".join(dict.fromkeys(said)) or _UNEXPECTED, key in retryable)
        for key, said in sorted(meanings.items())
    )


def failure_responses(envelope: Schema) -> dict[str, Schema]:
    """Describe each failure once; `envelope` is a reference to the body's schema."""
    by_status: dict[int, list[ErrorCode]] = {}
    for one in error_codes():
        by_status.setdefault(one.status, []).append(one)
    return {
        name: _response(status, meaning, by_status.get(status, []), envelope)
        for status, (name, meaning) in FAILURES.items()
    }


def _response(status: int, meaning: str, codes: list[ErrorCode], envelope: Schema) -> Schema:
    headers: Schema = {"X-Request-Id": {"$ref": "#/components/headers/RequestId"}}
    if any(one.retryable for one in codes):
        headers["Retry-After"] = {"$ref": "#/components/headers/RetryAfter"}
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        headers |= {
            f"RateLimit-{name}": {"$ref": f"#/components/headers/RateLimit{name}"}
            for name in ("Limit", "Remaining", "Reset")
        }
    schema = {"allOf": [envelope, _with_code([one.code for one in codes])]}
    return {
        "description": f"{HTTPStatus(status).phrase}. {meaning}.",
        "headers": headers,
        "content": {"application/json": {"schema": schema}},
    }


def _with_code(codes: list[str]) -> Schema:
    code = {"properties": {"code": {"enum": codes}}}
    return {"type": "object", "properties": {"errors": code}}


def _kinds(kind: type[ServiceError]) -> Iterator[type[ServiceError]]:
    """The errors that leave through the edge; the command line has others."""
    if kind.__module__.endswith(".errors"):
        yield kind
    for child in kind.__subclasses__():
        yield from _kinds(child)


def _meanings(module: str) -> dict[str, str]:
    """Read the tree of errors; in it, `it` is the target system."""
    branches = _BRANCH.findall(sys.modules[module].__doc__ or "")
    return {
        name: re.sub(r"^it\b", "the target system", _BASE.sub("", meaning))
        for name, meaning in branches
    }
