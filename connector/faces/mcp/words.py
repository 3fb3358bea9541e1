"""The words of Qonto's own tools for the fields of the unified requests.

What a field means, which values it takes and what is wrong with one is said by the request alone;
here is only what a tool calls it.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, cast

from pydantic import BaseModel, ValidationError

from connector.faces.mcp.schemas import Schema, tidy
from storage.errors import FieldError, Invalid

_SAID = {
    "missing": "This is needed.",
    "extra_forbidden": "The tool has no argument of this name. Leave it out.",
}


@dataclass(frozen=True, slots=True)
class Word:
    """What a tool calls a field, and what the request calls it: `to`.

    `parts` are the words inside it: of each of its lines where it `is_list`, else of an object that
    the request doesn't have, whose fields stand beside it there. `values` are a tool's words for a
    field's. `is_needed` says that the tool can't do without, though the request could, `is_found`
    the contrary: it can be found by another argument.
    """

    to: str = ""
    parts: Mapping[str, "Word"] = field(default_factory=dict[str, "Word"])
    is_list: bool = False
    values: Mapping[str, str] = field(default_factory=dict[str, str])
    is_needed: bool = False
    is_found: bool = False
    meaning: str = ""


@dataclass(frozen=True)
class Words:
    """A request in a tool's words."""

    model: type[BaseModel]
    words: Mapping[str, Word]

    @cached_property
    def schema(self) -> Schema:
        """The JSON Schema of the arguments."""
        whole = self.model.model_json_schema(by_alias=True)
        return _object(self.words, whole, cast(dict[str, Schema], whole.get("$defs", {})))

    def read(self, arguments: Mapping[str, Any], found: Mapping[str, Any]) -> Any:
        """Return the request; `found` are fields of it that the arguments needn't tell.

        Raises Invalid with everything that is wrong, in the tool's words.
        """
        wrong: list[FieldError] = []
        request = {**_request(self.words, arguments, "", wrong), **found}
        if wrong:
            raise Invalid("Some arguments are wrong; each is listed with its reason.", wrong)
        try:
            return self.model.model_validate(request)
        except ValidationError as error:
            raise self.back(invalid(error)) from None

    def back(self, error: Invalid) -> Invalid:
        """Return what was wrong with the request, under the tool's names."""
        return Invalid(
            error.message,
            [
                FieldError(self.name_of(one.field), one.code, one.message, one.hint)
                for one in error.fields
            ],
        )

    def name_of(self, path: str) -> str:
        """Return what the tool calls a field: lineItems.0.unitAmount is items.0.unit_price.value.

        A field that it has no word for keeps its name.
        """
        said: list[str] = []
        words: Mapping[str, Word] = self.words
        for part in re.split(r"[.\[\]]+", path):
            if part.isdigit() or not words:
                said.append(part)
                continue
            found = _find(words, part)
            if found is None:
                said.append(part)
                words = {}
                continue
            name, word = found
            said.append(name)
            words = word.parts if word.is_list else {}
        return ".".join(said)


def invalid(error: ValidationError) -> Invalid:
    """Say what a model found wrong, under its own names."""
    fields = [
        FieldError(
            ".".join(str(part) for part in wrong["loc"]) or "arguments",
            "REQUIRED" if wrong["type"] == "missing" else wrong["type"].upper(),
            _SAID.get(wrong["type"], wrong["msg"]),
        )
        for wrong in error.errors(include_url=False, include_context=False, include_input=False)
    ]
    return Invalid("Some arguments are wrong; each is listed with its reason.", fields)


def _find(words: Mapping[str, Word], wanted: str) -> tuple[str, Word] | None:
    for name, word in words.items():
        if word.to == wanted:
            return name, word
        if word.parts and not word.is_list:
            inside = _find(word.parts, wanted)
            if inside is not None:
                return f"{name}.{inside[0]}", inside[1]
    return None


def _request(
    words: Mapping[str, Word], given: Mapping[str, Any], at: str, wrong: list[FieldError]
) -> dict[str, Any]:
    request: dict[str, Any] = {}
    for name, value in given.items():
        word = words.get(name)
        here = f"{at}{name}"
        if word is None:
            wrong.append(FieldError(here[:200], "EXTRA_FORBIDDEN", _SAID["extra_forbidden"]))
        elif word.is_list:
            request[word.to] = _list(word, value, here, wrong)
        elif word.parts:
            if isinstance(value, dict):
                inner = cast(dict[str, Any], value)
                request |= _request(word.parts, inner, f"{here}.", wrong)
            elif value is not None:
                wrong.append(FieldError(here, "NOT_AN_OBJECT", "This is an object."))
        else:
            request[word.to] = _value(word, value, here, wrong)
    for name, word in words.items():
        if word.is_needed and given.get(name) is None:
            wrong.append(FieldError(f"{at}{name}", "REQUIRED", _SAID["missing"]))
    return request


def _list(word: Word, value: Any, at: str, wrong: list[FieldError]) -> list[Any] | None:
    if value is None:
        return None
    if not isinstance(value, list):
        wrong.append(FieldError(at, "NOT_A_LIST", "This is a list of objects."))
        return None
    made: list[Any] = []
    for position, one in enumerate(cast(list[Any], value)):
        if isinstance(one, dict):
            inner = cast(dict[str, Any], one)
            made.append(_request(word.parts, inner, f"{at}.{position}.", wrong))
        else:
            wrong.append(FieldError(f"{at}.{position}", "NOT_AN_OBJECT", "This is an object."))
    return made


def _value(word: Word, value: Any, at: str, wrong: list[FieldError]) -> Any:
    if not word.values or value is None:
        return value
    if value not in word.values:
        message = f"This is one of {', '.join(word.values)}."
        wrong.append(FieldError(at, "NOT_ALLOWED", message))
    return word.values.get(value)


def _object(words: Mapping[str, Word], model: Schema, definitions: Mapping[str, Schema]) -> Schema:
    """Describe words by the fields that they stand for."""
    fields = cast(dict[str, Schema], model["properties"])
    needed = set(cast(list[str], model.get("required", ())))
    properties: dict[str, Schema] = {}
    required: list[str] = []
    for name, word in words.items():
        if word.parts and not word.is_list:
            properties[name] = _object(word.parts, model, definitions)
        else:
            properties[name] = _described(word, fields.get(word.to, {}), definitions)
        if word.meaning:
            properties[name]["description"] = word.meaning
        is_needed = word.to in needed and not word.is_found
        if word.is_needed or is_needed or properties[name].get("required"):
            required.append(name)
    return {
        "type": "object",
        "properties": properties,
        "required": required,
        "additionalProperties": False,
    }


def _described(word: Word, shape: Schema, definitions: Mapping[str, Schema]) -> Schema:
    if word.values:
        said = {key: one for key, one in tidy(shape).items() if key == "description"}
        return {"type": "string", "enum": list(word.values), **said}
    if not word.is_list:
        plain = cast(Schema, tidy(shape))
        # a day is all that is taken of a moment
        return plain | ({"format": "date"} if plain.get("format") == "date-time" else {})
    lines = cast(Schema, tidy(shape))
    inner = _object(word.parts, definitions[_name_in(shape)], definitions)
    return {**{key: one for key, one in lines.items() if key != "items"}, "items": inner}


def _name_in(shape: Schema) -> str:
    """Return the name of the model whose list a field is."""
    for one in (shape, *cast(list[Schema], shape.get("anyOf", ()))):
        if "items" in one:
            return str(one["items"]["$ref"]).rpartition("/")[2]
    raise ValueError("this field is no list of a model")
