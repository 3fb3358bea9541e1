"""The types of fields as JSON schemas, and schemas as words for people."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import cast

import msgspec

Schema = dict[str, object]
REF = "#/components/schemas/{name}"
_WORDS = {"string": "a string", "boolean": "true or false", "null": "null", "object": "an object"}


def one_of(values: Iterable[str]) -> msgspec.Meta:
    """A constraint: one of some strings that are known only at run time."""
    allowed = list(values)
    # Not `$`, which also fits before a line feed at the end.
    pattern = f"^(?:{'|'.join(map(re.escape, allowed))})\\Z"
    return msgspec.Meta(pattern=pattern, extra_json_schema={"enum": allowed})


def schema_of(kind: object) -> Schema:
    """The schema of a type that needs no components."""
    return schemas_of([kind])[0][0]


def schemas_of(kinds: Iterable[object]) -> tuple[list[Schema], dict[str, Schema]]:
    """The schemas of types, and the components that they refer to."""
    schemas, components = msgspec.json.schema_components(
        kinds, schema_hook=_anything, ref_template=REF
    )
    return [_tidy(one) for one in schemas], {name: _tidy(one) for name, one in components.items()}


def _anything(kind: object) -> Schema:
    if kind is object:
        return {"title": "any JSON value"}
    raise NotImplementedError


def _tidy(schema: Schema) -> Schema:
    """Without the pattern of what is an enumeration anyway, and with ECMAScript's anchors."""
    found: Schema = {}
    for key, value in schema.items():
        if key == "pattern":
            if "enum" in schema:
                continue
            found[key] = str(value).replace("\\Z", "$")
        elif isinstance(value, dict):
            found[key] = _tidy(cast("Schema", value))
        elif isinstance(value, list):
            items = cast("list[object]", value)
            found[key] = [
                _tidy(cast("Schema", one)) if isinstance(one, dict) else one for one in items
            ]
        else:
            found[key] = value
    return found


def in_words(schema: Schema) -> str:
    """What a value must be, to end a sentence with."""
    if "anyOf" in schema:
        choices = [in_words(one) for one in _each(schema, "anyOf")]
        return " or ".join(choices)
    if "enum" in schema:
        allowed = cast("list[object]", schema["enum"])
        return f"one of: {', '.join(map(str, allowed))}"
    kind = str(schema.get("type", ""))
    if kind in ("integer", "number"):
        return ("a whole number" if kind == "integer" else "a number") + _span(schema)
    if kind == "array":
        return f"a list of which each is {in_words(cast('Schema', schema.get('items', {})))}"
    if kind == "object" and "additionalProperties" in schema:
        return f"an object of which each value is {in_words(_inner(schema))}"
    if kind == "string" and "pattern" in schema:
        examples = cast("list[object]", schema.get("examples", []))
        like = f"like {examples[0]}" if examples else f"that fits {schema['pattern']}"
        return f"a string {like}"
    if kind == "string" and schema.get("minLength"):
        return "a string that is not empty"
    return _WORDS.get(kind, "any JSON value")


def _inner(schema: Schema) -> Schema:
    return cast("Schema", schema["additionalProperties"])


def _each(schema: Schema, key: str) -> list[Schema]:
    return cast("list[Schema]", schema[key])


def _span(schema: Schema) -> str:
    low, high = schema.get("minimum"), schema.get("maximum")
    if isinstance(low, int) and low < 0 and low == -cast("int", high):
        return f" of up to {len(str(high))} digits"
    if low is not None and high is not None:
        return f" from {low:,} to {high:,}"
    return f" from {low:,} on" if low is not None else ""
