"""The failures of the API's description: which codes there are, by status, and who may get them.

Codes, statuses and meanings come from the error classes, so that none can be forgotten here. Each
failure has schemas of its own, flat and named, whose codes are those of its status.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from http import HTTPStatus

from connector.api.errors import ErrorEnvelope
from connector.api.named import REF, Schema
from connector.api.openapi_models import components
from storage.errors import ServiceError

FAILURES = {
    400: ("BadRequest", "A parameter or the body is wrong, or the target system refused it"),
    401: (
        "AccountKeyRefused",
        "The account key or the user is unknown, or the link has to be renewed",
    ),
    403: ("ApiKeyRefused", "The API key is unknown or not for this, or the consent is too narrow"),
    404: ("NotFound", "Unknown id, or the target system has nothing of that kind"),
    405: ("UnknownTarget", "No target system has that name, or the path has no such method"),
    406: ("NotAcceptable", "The file is in none of the forms that Accept names"),
    408: ("RequestTimeout", "The request did not come in time"),
    409: ("Conflict", "What is there already forbids it"),
    413: ("BodyTooLarge", "The body is larger than the operator lets it be"),
    417: ("ExpectationFailed", "The sandbox is to be called, and its token is missing"),
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
        meanings.setdefault(key, []).append(kind.meaning)
        if kind.retryable:
            retryable.add(key)
    return tuple(
        ErrorCode(*key, "; or ".join(dict.fromkeys(said)), key in retryable)
        for key, said in sorted(meanings.items())
    )


def failures() -> tuple[dict[str, Schema], dict[str, Schema]]:
    """Describe each failure once: the responses by name, and the schemas of their bodies."""
    _, schemas = components(requests=(), answers=(ErrorEnvelope,))
    envelope, problem = schemas.pop("ErrorEnvelope"), schemas.pop("Problem")
    responses: dict[str, Schema] = {}
    by_status: dict[int, list[ErrorCode]] = {}
    for one in error_codes():
        by_status.setdefault(one.status, []).append(one)
    for status, (name, meaning) in FAILURES.items():
        codes = by_status.get(status, [])
        body, reason, code = f"{name}Error", f"{name}Problem", f"{name}Code"
        schemas[body] = _with(envelope, body, "errors", reason)
        schemas[reason] = _with(problem, reason, "code", code)
        schemas[code] = {
            "title": code,
            "description": "\n".join(f"- `{one.code}`: {one.meaning}." for one in codes),
            "type": "string",
            "enum": [one.code for one in codes],
        }
        responses[name] = _response(status, meaning, codes, body)
    return responses, schemas


def _with(schema: Schema, title: str, field: str, model: str) -> Schema:
    """Return a schema under another title, with a field that is of this model."""
    properties: Mapping[str, Schema] = schema["properties"]
    said = {key: one for key, one in properties[field].items() if key == "description"}
    narrowed = {**properties, field: {**said, "$ref": REF + model}}
    return {**schema, "title": title, "properties": narrowed}


def _response(status: int, meaning: str, codes: list[ErrorCode], body: str) -> Schema:
    headers: Schema = {"X-Request-Id": {"$ref": "#/components/headers/RequestId"}}
    if any(one.retryable for one in codes):
        headers["Retry-After"] = {"$ref": "#/components/headers/RetryAfter"}
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        headers |= {
            f"RateLimit-{name}": {"$ref": f"#/components/headers/RateLimit{name}"}
            for name in ("Limit", "Remaining", "Reset")
        }
    return {
        "description": f"{HTTPStatus(status).phrase}. {meaning}.",
        "headers": headers,
        "content": {"application/json": {"schema": {"$ref": REF + body}}},
    }


def _kinds(kind: type[ServiceError]) -> Iterator[type[ServiceError]]:
    """The errors that leave through the edge; the command line has others."""
    if kind.__module__.endswith(".errors"):
        yield kind
    for child in kind.__subclasses__():
        yield from _kinds(child)
