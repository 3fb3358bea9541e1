"""How a body or a query becomes a checked value: each wrong field is named."""

import json
from collections import Counter
from collections.abc import Mapping
from decimal import Decimal
from functools import cache
from itertools import chain
from typing import Any, TypeVar, cast

import msgspec
from pydantic import AliasChoices, BaseModel, ValidationError
from starlette.datastructures import QueryParams
from starlette.requests import Request

from storage.errors import FieldError, Invalid

Model = TypeVar("Model", bound=BaseModel)

_EXACT = msgspec.json.Decoder(float_hook=Decimal)
_CODES = {"missing": "REQUIRED"}
_CODES_OF = {"limit": "NOT_ALLOWED"}
"""Of fields that other calls have too, and refuse by the same code whatever is wrong."""


def parse_body(model: type[Model], raw: bytes) -> Model:
    """Read a JSON body; an empty one counts as `{}`. Raises Invalid, one entry per wrong field."""
    try:
        read = model.model_validate_json(raw or b"{}")
    except ValidationError as error:
        raise _invalid(error, "body") from None
    if b"\\u0000" in raw and _holds_nul(json.loads(raw)):
        message = "no text may hold the character NUL, which can't be stored"
        raise Invalid.one("body", "NOT_ALLOWED", message)
    return read


async def read_body(model: type[Model], request: Request) -> Model:
    """Read a request's JSON body, and keep warnings of what isn't used. Raises as `parse_body`."""
    raw = await request.body()
    read = parse_body(model, raw)
    given: Mapping[str, Any] = json.loads(raw or b"{}")
    _keep_unused(model, given, request, "field of this call's body")
    return read


async def read_exact_body(model: type[Model], request: Request) -> Model:
    """Read a request's JSON body with every digit of its numbers. Raises as `parse_exact`."""
    read, given = parse_exact(model, await request.body())
    _keep_unused(model, given, request, "field of this call's body")
    return read


def parse_exact(model: type[Model], raw: bytes) -> tuple[Model, Mapping[str, Any]]:
    """Read a JSON body with every digit of its numbers; return what was given, too.

    Raises Invalid, one entry per wrong field.
    """
    try:
        given: Any = _EXACT.decode(raw or b"{}")
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError, ArithmeticError):
        raise Invalid.one("body", "NOT_JSON", "The request is not JSON.") from None
    if not isinstance(given, dict):
        raise Invalid.one("body", "NOT_AN_OBJECT", "The body is a JSON object.")
    return _checked(model, cast(dict[str, Any], given)), cast(dict[str, Any], given)


def read_fields(model: type[Model], given: Mapping[str, Any], request: Request) -> Model:
    """Check the fields of a form, and keep warnings of what isn't used. Raises Invalid."""
    read = _checked(model, given)
    _keep_unused(model, given, request, "field of this call's form")
    return read


def _checked(model: type[Model], given: Mapping[str, Any]) -> Model:
    if _holds_nul(given):
        message = "no text may hold the character NUL, which can't be stored"
        raise Invalid.one("body", "NOT_ALLOWED", message)
    try:
        return model.model_validate(given)
    except ValidationError as error:
        raise _invalid(error, "body") from None


def read_query(model: type[Model], request: Request) -> Model:
    """Read a request's query, and keep warnings of what isn't used. Raises as `parse_query`."""
    read = parse_query(model, request.query_params)
    _keep_unused(model, request.query_params, request, "parameter of this call")
    return read


def _keep_unused(
    model: type[BaseModel], given: Mapping[str, Any], request: Request, kind: str
) -> None:
    request.state.unused = unused_fields(model, given, kind)


def unused_fields(model: type[BaseModel], given: Mapping[str, Any], kind: str) -> tuple[str, ...]:
    """Return a warning for each field that a model doesn't know."""
    known = _known_to(model)
    return tuple(
        f"{name[:40]!r} is not a {kind}; it was not used." for name in given if name not in known
    )


def unused_in(request: Request) -> tuple[str, ...]:
    """Return the warnings that were kept."""
    return getattr(request.state, "unused", ())


@cache
def _known_to(model: type[BaseModel]) -> frozenset[str]:
    """Name every spelling of every field."""
    known = set(model.model_fields)
    for one in model.model_fields.values():
        match one.validation_alias or one.alias:
            case str(name):
                known.add(name)
            case AliasChoices(choices=choices):
                known.update(choice for choice in choices if isinstance(choice, str))
            case _:
                pass
    return frozenset(known)


def parse_query(model: type[Model], parameters: QueryParams) -> Model:
    """Read query parameters. Raises Invalid, one entry per wrong or repeated parameter."""
    given = given_once(parameters)
    try:
        return model.model_validate(given)
    except ValidationError as error:
        raise _invalid(error, "query") from None


def _holds_nul(value: Any) -> bool:
    """Look into all texts, without recursion: a body may be nested as deep as it is long."""
    left: list[Any] = [value]
    while left:
        one = left.pop()
        match one:
            case str():
                if "\0" in one:
                    return True
            case list():
                left.extend(cast(list[Any], one))
            case dict():
                left.extend(chain.from_iterable(cast(dict[str, Any], one).items()))
            case _:
                pass
    return False


def _invalid(error: ValidationError, whole: str) -> Invalid:
    fields = [
        FieldError(
            field=".".join(str(part) for part in wrong["loc"]) or whole,
            code=_code(wrong["loc"], wrong["type"]),
            message=wrong["msg"],
        )
        for wrong in error.errors(include_url=False, include_context=False, include_input=False)
    ]
    return Invalid(f"the {whole} has {len(fields)} wrong or missing field(s)", fields)


def _code(where: tuple[int | str, ...], kind: str) -> str:
    own = _CODES_OF.get(str(where[0])) if len(where) == 1 else None
    return own or _CODES.get(kind, kind.upper())


def refuse_nul(request: Request) -> None:
    """Raise Invalid for a query with NUL, which no text that's stored may hold."""
    if b"%00" in request.scope.get("query_string", b""):
        raise Invalid.one("query", "NOT_ALLOWED", "No parameter may hold the character NUL.")


def given_once(parameters: QueryParams) -> dict[str, str]:
    """Return the parameters that have a value; an empty one is as good as none.

    Raises Invalid for those that come more than once: taking one of their values would leave the
    others out without a word.
    """
    pairs = [(name, value) for name, value in parameters.multi_items() if value]
    repeated = [name for name, count in Counter(name for name, _ in pairs).items() if count > 1]
    if repeated:
        raise Invalid(
            "Some query parameters come more than once; each is listed.",
            [FieldError(name[:60], "REPEATED", f"{name[:60]} may come once.") for name in repeated],
        )
    return dict(pairs)
