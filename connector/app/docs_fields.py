"""JSON Schema as fields that a reader understands, with types in words. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

Schema = Mapping[str, Any]

_WORDS = {"integer": "whole number", "string": "text", "boolean": "true or false"}
_SAMPLES: dict[str, Any] = {"integer": 1, "number": 1, "boolean": True, "array": [], "object": {}}
_LIMITS = {
    "minimum": "at least {}",
    "maximum": "at most {}",
    "minLength": "length at least {}",
    "maxLength": "length at most {}",
    "pattern": "matching `{}`",
}


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a body, or one parameter; `place` says where a parameter goes."""

    name: str
    type: str
    model: str | None
    """The model that the type names, if it does."""
    nullable: bool
    required: bool
    description: str
    choices: tuple[str, ...] = ()
    limits: tuple[str, ...] = ()
    """What a value must keep to, in words; a pattern between backticks."""
    default: str = ""
    place: str = ""


@dataclass(frozen=True, slots=True)
class Shape:
    """What a body holds: `title` is its type in words, `fields` are those of the model it names."""

    title: str
    model: str | None
    description: str
    fields: tuple[Field, ...]
    enveloped: bool = False
    """What is described is the answer's `data`."""


class Shapes:
    """Reads the schemas of one document, and remembers which models were linked to."""

    def __init__(self, schemas: Mapping[str, Schema]) -> None:
        self._schemas = schemas
        self._linked: dict[str, None] = {}

    def answer(self, schema: Schema) -> Shape:
        """Describe what an answer holds; of an envelope, its data."""
        properties = self._resolved(schema).get("properties", {})
        if "data" in properties and "meta" in properties:
            data = self.shape(properties["data"])
            return Shape(data.title, data.model, data.description, data.fields, enveloped=True)
        return self.shape(schema)

    def shape(self, schema: Schema) -> Shape:
        """Describe a body."""
        words, model, _ = self._type(schema)
        found: Schema = self._schemas[model] if model else self._resolved(schema)
        return Shape(words, model, found.get("description", ""), self.fields(found))

    def fields(self, schema: Schema) -> tuple[Field, ...]:
        """Describe the fields of an object."""
        required = schema.get("required", [])
        return tuple(
            self._field(name, one, required=name in required)
            for name, one in schema.get("properties", {}).items()
        )

    def parameter(self, parameter: Schema) -> Field:
        """Describe a parameter."""
        return self._field(
            parameter["name"],
            {**parameter["schema"], "description": parameter["description"]},
            required=parameter["required"],
            place=parameter["in"],
        )

    def linked(self) -> dict[str, Shape]:
        """Describe every model that a field named, by name; these name others in turn."""
        found: dict[str, Shape] = {}
        while waiting := [name for name in self._linked if name not in found]:
            for name in waiting:
                schema = self._schemas[name]
                found[name] = Shape(name, name, schema.get("description", ""), self.fields(schema))
        return dict(sorted(found.items()))

    def sample(self, schema: Schema) -> Any:
        """Make up a body that has the required fields, where there is no example."""
        found = self._resolved(self._inlined(schema))
        if "examples" in found:
            return found["examples"][0]
        if "enum" in found:
            return found["enum"][0]
        if "properties" in found:
            needed = found.get("required", [])
            return {
                name: self.sample(one)
                for name, one in found["properties"].items()
                if name in needed
            }
        return _SAMPLES.get(str(found.get("type")), "...")

    def _field(self, name: str, schema: Schema, *, required: bool, place: str = "") -> Field:
        words, model, nullable = self._type(schema)
        if model:
            self._linked[model] = None
        bare = self._inlined(self._without_null(schema))
        items = self._inlined(bare.get("items", {}))
        choices = bare.get("enum") or items.get("enum") or ()
        default = schema.get("default")
        return Field(
            name=name,
            type=words,
            model=model,
            nullable=nullable,
            required=required,
            description=schema.get("description", ""),
            choices=tuple(str(one) for one in choices if one is not None),
            limits=tuple(words.format(bare[key]) for key, words in _LIMITS.items() if key in bare),
            default="" if default is None else str(default).lower(),
            place=place,
        )

    def _type(self, schema: Schema) -> tuple[str, str | None, bool]:
        """Return a type in words, the model in them, and whether null is possible."""
        bare = self._without_null(schema)
        nullable = bare is not schema
        bare = self._inlined(bare)
        if "$ref" in bare:
            name = str(bare["$ref"]).rpartition("/")[2]
            return name, name, nullable
        kind: Any = bare.get("type")
        if isinstance(kind, list):
            kinds = cast(list[str], kind)
            nullable = "null" in kinds
            kind = next(one for one in kinds if one != "null")
        if kind == "array":
            words, model, _ = self._type(bare.get("items", {}))
            return f"list of {words}", model, nullable
        if "anyOf" in bare:
            words = " or ".join(dict.fromkeys(self._type(one)[0] for one in bare["anyOf"]))
            return words, None, nullable
        if kind == "null":
            return "null", None, False
        if bare.get("format") in ("date-time", "date"):
            return "moment" if bare["format"] == "date-time" else "day", None, nullable
        if kind is None and "enum" in bare:
            kind = "string"
        return _WORDS.get(str(kind), str(kind or "anything")), None, nullable

    def _without_null(self, schema: Schema) -> Schema:
        """Take null off the possibilities; the same schema when it isn't among them."""
        possible: list[Schema] = schema.get("anyOf", [])
        others = [one for one in possible if one.get("type") != "null"]
        if len(others) == len(possible):
            return schema
        return others[0] if len(others) == 1 else {"anyOf": others}

    def _inlined(self, schema: Schema) -> Schema:
        """Return what the name of a choice stands for; models keep theirs."""
        only = {**schema, **schema["allOf"][0]} if "allOf" in schema else schema
        found = self._resolved(only)
        if "properties" in found:
            return only
        return {**found, **{key: value for key, value in only.items() if key != "$ref"}}

    def _resolved(self, schema: Schema) -> Schema:
        if "$ref" in schema:
            return self._schemas[str(schema["$ref"]).rpartition("/")[2]]
        return schema
