"""POST /accounting/passThrough: a call in the target system's own words."""

import re
from decimal import Decimal
from typing import Annotated, Any, Literal, cast

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from connector.api.envelope import Envelope, Meta, answer
from connector.api.meaning import meaning
from connector.api.named import named
from connector.api.operation import Permission, operation
from connector.faces.rest.offered import pass_through_of
from connector.faces.rest.parameters import read_bare
from connector.pass_through import PassedCall
from connector.registry import Registry
from oauth.admitted import account_of
from storage.errors import FieldError, Invalid

LARGEST_BODY = 1024 * 1024
"""Bytes of a whole request."""

_MOST_PARAMETERS = 100
_LONGEST_TEXT = 1000
_NAME = re.compile(r"[A-Za-z0-9_.-]{1,60}(\[[A-Za-z0-9_.-]{0,60}\]){0,3}", re.ASCII)
_HEADER = re.compile(r"[\x21-\x7e](?:[\x20-\x7e]{0,253}[\x21-\x7e])?", re.ASCII)

QueryValue = str | bool | int | float | tuple[str | bool | int | float, ...]


class PassThroughRequest(msgspec.Struct, frozen=True):
    __doc__ = (
        """A call of the target system's own API. `path` has no parameters; they go into `query`."""
    )

    path: Annotated[str, meaning("The path, such as /v2/organization.")]
    method: Annotated[
        Literal["GET", "POST", "PUT", "PATCH", "DELETE"],
        named("PassedMethod", "The method of a call that is passed through."),
        meaning("The method."),
    ]
    headers: Annotated[
        dict[str, str] | None,
        meaning("Headers; of them only X-Qonto-Idempotency-Key is passed on."),
    ] = None
    query: Annotated[dict[str, QueryValue] | None, meaning("Parameters of the query.")] = None
    body: Annotated[dict[str, Any] | None, meaning("The body, an object.")] = None


class _Sent(msgspec.Struct, frozen=True):
    """The same as it arrives: what is passed on isn't taken apart."""

    path: str
    method: Literal["GET", "POST", "PUT", "PATCH", "DELETE"]
    headers: dict[str, str] | None = None
    query: dict[str, Any] | None = None
    body: msgspec.Raw = msgspec.Raw()


# numbers keep their digits
_DECODER = msgspec.json.Decoder(_Sent, float_hook=Decimal)


async def needed(request: Request) -> Permission:
    """Return the permission that a call takes: reading, or changing something."""
    sent = await _sent(request)
    return Permission.READ if sent.method == "GET" else Permission.WRITE


@operation(
    "POST",
    "/accounting/passThrough",
    "Make a call of the target system's own API",
    name="passThrough",
    permission=needed,
    request=PassThroughRequest,
    response=Envelope[dict[str, Any], Meta],
    status=201,
    description=(
        "Only calls on a list: those that read invoices, clients, products, bank and people, "
        "and where the operator allows it those that change invoices, quotes, clients and "
        "products. Never payments, members, uploads or webhook subscriptions. A list that the "
        "target system answers is under `value`. Of the headers only X-Qonto-Idempotency-Key "
        "is passed on. Needs the permission read for a GET, else write."
    ),
    tag="accounting",
)
async def pass_through(registry: Registry, request: Request) -> Response:
    """Make a call that is on the list, and answer what came back as `data`, an object.

    A list or a single value, which `data` can't be, is under `value`.
    """
    sent = await _sent(request)
    passing = pass_through_of(registry, request)
    given = {name.lower(): value for name, value in (sent.headers or {}).items()}
    fields: list[FieldError] = []
    call = PassedCall(
        method=sent.method,
        path=sent.path,
        query=_query(sent.query or {}, fields),
        headers=_headers({name: given[name] for name in given if name in passing.headers}, fields),
        body=_object(sent, fields),
    )
    if fields:
        raise Invalid("Some of the call can't be passed on; each field is listed.", fields)
    value = await passing.send(account_of(request).id, call)
    data = msgspec.Raw(value if value.lstrip()[:1] == b"{" else b'{"value":%b}' % value)
    warnings = [
        f"the header {name[:40]!r} was not passed on"
        for name in given
        if name not in passing.headers
    ]
    return answer(request, data, warnings=(*read_bare(request), *warnings), status=201)


async def _sent(request: Request) -> _Sent:
    """Read the request, once."""
    sent: _Sent | None = getattr(request.state, "sent", None)
    if sent is None:
        sent = request.state.sent = _read(await _body(request))
    return sent


async def _body(request: Request) -> bytes:
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > LARGEST_BODY:
            raise Invalid(f"The request is larger than {LARGEST_BODY} bytes.")
    return bytes(body)


def _read(body: bytes) -> _Sent:
    try:
        body.decode()  # what is passed on unread must be UTF-8 too
        return _DECODER.decode(body)
    except msgspec.ValidationError as error:
        field = str(error).rpartition("at `$.")[2].rstrip("`") if "$." in str(error) else "body"
        wrong = FieldError(field, "WRONG", str(error))
        raise Invalid("The call can't be read; each wrong field is listed.", (wrong,)) from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError, ArithmeticError):
        raise Invalid("The request is not JSON.") from None


def _query(query: dict[str, Any], fields: list[FieldError]) -> tuple[tuple[str, str], ...]:
    pairs: list[tuple[str, str]] = []
    for name, value in query.items():
        values = cast(list[Any], value) if isinstance(value, list) else [value]
        texts = [_text(one) for one in values]
        if not _NAME.fullmatch(name) or None in texts:
            fields.append(
                FieldError(
                    f"query.{name[:60]}",
                    "NOT_ALLOWED",
                    "A parameter is a text, a number, a boolean or a list of them, of at most "
                    f"{_LONGEST_TEXT} characters; its name has letters, digits and brackets.",
                )
            )
            continue
        pairs.extend((name, text) for text in texts if text is not None)
    if len(pairs) > _MOST_PARAMETERS:
        fields.append(FieldError("query", "TOO_MANY", f"At most {_MOST_PARAMETERS} parameters."))
    return tuple(pairs)


def _text(value: object) -> str | None:
    match value:
        case bool():
            return "true" if value else "false"
        case int() | Decimal():
            text = str(value)
        case str():
            text = value
        case _:
            return None
    return text if len(text) <= _LONGEST_TEXT and text.isprintable() else None


def _headers(headers: dict[str, str], fields: list[FieldError]) -> tuple[tuple[str, str], ...]:
    for name, value in headers.items():
        if not _HEADER.fullmatch(value):
            fields.append(
                FieldError(f"headers.{name}", "NOT_ALLOWED", "The value is no header's value.")
            )
    return tuple(headers.items())


def _object(sent: _Sent, fields: list[FieldError]) -> bytes | None:
    body = bytes(sent.body).strip()
    if body in (b"", b"null"):
        return None
    if not body.startswith(b"{"):
        fields.append(FieldError("body", "NOT_AN_OBJECT", "body is a JSON object."))
    elif sent.method in ("GET", "DELETE"):
        fields.append(FieldError("body", "NOT_ALLOWED", f"{sent.method} has no body."))
    return body


PASS_THROUGH_OPERATIONS = (pass_through,)
