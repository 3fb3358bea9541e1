"""JSON Schemas of tools, from the models that the API has: as small as they can be said. Pure."""

import re
from collections.abc import Mapping
from typing import Any, cast

import msgspec

Schema = dict[str, Any]

_LEFT_OUT = ("title", "examples", "x-named")
_ASIDE = re.compile(r"[;,] not in the contract|,? ?Not in the contract\.", re.IGNORECASE)

ANY_OBJECT: Schema = {"type": "object"}


def tidy(value: Any) -> Any:
    """Return a schema without what a model gains nothing from: it pays for every word.

    Titles made of names go, examples, and null where it means the same as leaving out.
    """
    match value:
        case list():
            return [tidy(one) for one in cast(list[Any], value)]
        case dict():
            return _tidy(cast(Schema, value))
        case _:
            return value


def _tidy(schema: Schema) -> Schema:
    kept: Schema = {}
    for name, value in schema.items():
        if name in _LEFT_OUT or (name == "default" and value is None):
            continue
        if name in ("properties", "$defs"):
            kept[name] = {key: tidy(one) for key, one in cast(Schema, value).items()}
        elif name == "description":
            kept[name] = " ".join(_ASIDE.sub("", value).split())
        else:
            kept[name] = tidy(value)
    choices = cast("list[Schema] | None", kept.get("anyOf"))
    if choices is not None and {"type": "null"} in choices:
        left = [one for one in choices if one != {"type": "null"}]
        del kept["anyOf"]
        kept = {**left[0], **kept} if len(left) == 1 else {**kept, "anyOf": left}
    return kept


def answered(model: Any, *, without: frozenset[str] = frozenset()) -> Schema:
    """Return the schema of an answer in a model of ours, with amounts as texts.

    What is null or empty is left out of answers, so that nothing is required. `without` are fields
    that are never told. What fields mean is left to their names: with descriptions all tools
    together would take twice as long to read.
    """
    (schema,), definitions = msgspec.json.schema_components([model], ref_template="#/$defs/{name}")
    if "$ref" in schema:
        schema = definitions.pop(schema["$ref"].rpartition("/")[2])
    schema = _optional(schema)
    schema["properties"] = {
        name: one for name, one in schema.get("properties", {}).items() if name not in without
    }
    whole = {**schema, "$defs": {name: _optional(one) for name, one in definitions.items()}}
    return _with_used_definitions(cast(Schema, _wordless(tidy(whole))))


def answering(shape: Mapping[str, Any], **models: Schema | tuple[Schema]) -> Schema:
    """Return the schema of an answer with these properties, and models of ours among them.

    A model in a tuple stands for a list of it.
    """
    properties: Schema = dict(shape)
    definitions: Schema = {}
    for name, model in models.items():
        schema: Schema = model[0] if isinstance(model, tuple) else model
        own = {key: value for key, value in schema.items() if key != "$defs"}
        definitions |= schema.get("$defs", {})
        properties[name] = {"type": "array", "items": own} if isinstance(model, tuple) else own
    whole: Schema = {"type": "object", "properties": properties}
    return whole | ({"$defs": definitions} if definitions else {})


def _wordless(value: Any) -> Any:
    match value:
        case list():
            return [_wordless(one) for one in cast(list[Any], value)]
        case dict():
            kept: Schema = {}
            for name, one in cast(Schema, value).items():
                if name in ("properties", "$defs"):
                    kept[name] = {key: _wordless(part) for key, part in one.items()}
                elif name != "description" and one != "decimal":
                    kept[name] = _wordless(one)
            return kept
        case _:
            return value


def _optional(schema: Schema) -> Schema:
    """Say that a field may be missing, and that clients need not know all there are."""
    return {key: one for key, one in schema.items() if key not in ("required", "title")}


def _with_used_definitions(schema: Schema) -> Schema:
    """Drop the definitions that nothing refers to."""
    definitions = cast(dict[str, Schema], schema.pop("$defs", {}))
    used: dict[str, Schema] = {}
    left = _references(schema)
    while left:
        name = left.pop()
        if name not in used:
            used[name] = definitions[name]
            left |= _references(definitions[name])
    return schema | ({"$defs": used} if used else {})


def _references(node: Any) -> set[str]:
    match node:
        case list():
            return set[str]().union(*map(_references, cast(list[Any], node)))
        case dict():
            found = set[str]()
            for name, one in cast(Schema, node).items():
                found |= {one.rpartition("/")[2]} if name == "$ref" else _references(one)
            return found
        case _:
            return set()
