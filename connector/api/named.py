"""Schemas with a name of their own, so that generated clients have one class for each.

A type says its name with `named`, wherever it is used; `hoisted` then moves all such schemas to
where references find them.
"""

from collections.abc import Iterable, Mapping
from typing import Any, TypeAlias, cast, get_args

import msgspec

Schema: TypeAlias = dict[str, Any]

REF = "#/components/schemas/"
_NAME = "x-named"
_STAYS = ("description", "default", "examples")
"""What is said of a field, not of its type."""


def named(name: str, text: str) -> msgspec.Meta:
    """Return what names a type of an answer, in `Annotated`."""
    return msgspec.Meta(extra_json_schema=naming(name, text))


def naming(name: str, text: str) -> Schema:
    """Return what names a schema, as a part of it."""
    return {_NAME: {"title": name, "description": text}}


def words(name: str, text: str, *values: str) -> msgspec.Meta:
    """Return what says that a text is one of these, in `Annotated`, and names the choice."""
    return msgspec.Meta(extra_json_schema=choice(name, text, values))


def words_of(vocabulary: Any) -> tuple[str, ...]:
    """Return the words of a named Literal."""
    literal, *_ = get_args(vocabulary)
    return get_args(literal)


def schema_of(vocabulary: Any) -> Schema:
    """Describe a named Literal."""
    (schema,), _ = msgspec.json.schema_components([vocabulary], ref_template=REF + "{name}")
    return schema


def choice(name: str, text: str, values: Iterable[Any]) -> Schema:
    """Describe a choice among values, under this name."""
    return {**naming(name, text), "enum": list(values)}


def hoisted(node: Any, schemas: dict[str, Schema]) -> Any:
    """Return the same with references where named schemas were, which are added to `schemas`.

    Raises ValueError when two different schemas have one name.
    """
    if isinstance(node, list):
        return [hoisted(one, schemas) for one in cast(list[Any], node)]
    if not isinstance(node, dict):
        return node
    schema = cast(Schema, node)
    if _NAME not in schema:
        return {key: hoisted(value, schemas) for key, value in schema.items()}
    told: Mapping[str, str] = schema[_NAME]
    own = {key: value for key, value in schema.items() if key not in (_NAME, "title", *_STAYS)}
    add(schemas, {**told, "type": _type(own), **own})
    reference = {"$ref": REF + told["title"]}
    said = {key: schema[key] for key in _STAYS if key in schema}
    if "default" in said:
        return {**said, "allOf": [reference]}  # many readers take nothing beside $ref
    return {**said, **reference}


def add(schemas: dict[str, Schema], schema: Schema) -> None:
    """Add a schema under its title. Raises ValueError when another one has it."""
    name = schema["title"]
    if schemas.setdefault(name, schema) != schema:
        raise ValueError(f"two different models are named {name}; rename one of them")


def _type(schema: Schema) -> str:
    return "integer" if isinstance(schema.get("enum", [""])[0], int) else "string"
