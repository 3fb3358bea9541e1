"""What tools take: models of their own, or the unified requests in a tool's words."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any, Generic, Protocol, TypeVar, cast

from pydantic import BaseModel, ConfigDict, ValidationError

from connector.faces.mcp.schemas import tidy
from connector.faces.mcp.words import Words, invalid
from storage.errors import FieldError, Invalid

M = TypeVar("M", bound=BaseModel)
T_co = TypeVar("T_co", covariant=True)

_DIGITS = 15
"""Digits that a number keeps on its way through a double; an amount with more comes as a text."""


class Arguments(BaseModel):
    __doc__ = "Arguments of a tool. One that isn't known is refused: it may have meant a lot."

    model_config = ConfigDict(extra="forbid", frozen=True)


class Input(Protocol[T_co]):
    """What a tool takes."""

    @property
    def schema(self) -> dict[str, Any]:
        """The JSON Schema of its arguments."""
        ...

    def read(self, arguments: Mapping[str, Any]) -> T_co:
        """Return the arguments, checked. Raises Invalid with everything that is wrong."""
        ...

    def back(self, error: Invalid) -> Invalid:
        """Return what was wrong with the request in the words of the tool."""
        ...


@dataclass(frozen=True)
class Own(Generic[M]):
    """Arguments that are the tool's own; `names` is what it calls fields of the request."""

    model: type[M]
    names: Mapping[str, str] = field(default_factory=dict[str, str])

    @property
    def schema(self) -> dict[str, Any]:
        return own_schema(self.model)

    def read(self, arguments: Mapping[str, Any]) -> M:
        return _read(self.model, _exact(arguments))

    def back(self, error: Invalid) -> Invalid:
        fields = [replace(one, field=self.names.get(one.field, one.field)) for one in error.fields]
        return Invalid(error.message, fields)


@dataclass(frozen=True, slots=True)
class Asked(Generic[M]):
    """What a tool that writes is told: what is its own, and the request in its words."""

    own: M
    given: Mapping[str, Any]
    words: Words

    def body(self, **found: str) -> Any:
        """Return the unified request; `found` are fields of it by the tool's own arguments.

        Raises Invalid in the tool's words.
        """
        return self.words.read(self.given, found)


@dataclass(frozen=True)
class Worded(Generic[M]):
    """Arguments of the tool's own, beside a unified request in its words."""

    own: type[M]
    words: Words

    @property
    def schema(self) -> dict[str, Any]:
        own, body = own_schema(self.own), self.words.schema
        needed = [*own.get("required", ()), *body.get("required", ())]
        return {
            "type": "object",
            "properties": {**body["properties"], **own.get("properties", {})},
            "required": list(dict.fromkeys(needed)),
            "additionalProperties": False,
        }

    def read(self, arguments: Mapping[str, Any]) -> Asked[M]:
        given = _exact(arguments)
        known = self.own.model_fields.keys()
        mine = {name: value for name, value in given.items() if name in known}
        rest = {name: value for name, value in given.items() if name not in known}
        own = _read(self.own, mine)
        return Asked(own, rest, self.words)

    def back(self, error: Invalid) -> Invalid:
        return self.words.back(error)


def own_schema(model: type[BaseModel]) -> dict[str, Any]:
    """Describe a tool's own arguments; what they are together is said by the tool."""
    return {
        name: one for name, one in tidy(model.model_json_schema()).items() if name != "description"
    }


def _read(model: type[M], given: Mapping[str, Any]) -> M:
    try:
        return model.model_validate(given)
    except ValidationError as error:
        raise invalid(error) from None


def _exact(arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Return the arguments with every number as exact as it was sent.

    Raises Invalid for numbers of which digits may be lost, and for NUL, which can't be stored.
    """
    wrong: list[FieldError] = []

    def exact(value: Any, at: str) -> Any:
        match value:
            case dict():
                items = cast(dict[str, Any], value).items()
                return {name: exact(one, f"{at}.{name}") for name, one in items}
            case list():
                return [exact(one, f"{at}.{i}") for i, one in enumerate(cast(list[Any], value))]
            case float():
                number = Decimal(repr(value))
                if not number.is_finite() or len(number.as_tuple().digits) > _DIGITS:
                    message = f"Send a number of more than {_DIGITS} digits as a text."
                    wrong.append(FieldError(at.lstrip("."), "NOT_EXACT", message))
                return number
            case str() if "\0" in value:
                message = "No text may hold the character NUL."
                wrong.append(FieldError(at.lstrip("."), "NOT_ALLOWED", message))
                return value
            case _:
                return value

    read = {name: exact(value, name) for name, value in arguments.items()}
    if wrong:
        raise Invalid("Some arguments are wrong; each is listed with its reason.", wrong)
    return read
