"""Models as JSON Schema under readable names."""

import re
from collections.abc import Iterable, Mapping
from inspect import cleandoc
from typing import Any, TypeGuard, cast, get_args, get_origin

import msgspec
from pydantic import BaseModel
from pydantic.alias_generators import to_camel
from pydantic.json_schema import models_json_schema

from connector.api.envelope import Envelope
from connector.api.named import REF, Schema, add, hoisted

_QUOTED = re.compile(r"`([a-z0-9_]+)`")


def components(
    *, requests: Iterable[Any], answers: Iterable[Any]
) -> tuple[dict[Any, Schema], dict[str, Schema]]:
    """Return a reference for each model, and the schemas they need, under readable names.

    Decimals are described as the numbers they are on the wire, and fields of answers that have a
    default as always there, since they are sent all the same. Raises ValueError when two models
    would have one name.
    """
    asked, told = dict.fromkeys(requests), dict.fromkeys(answers)
    references: dict[Any, Schema] = {}
    schemas: dict[str, Schema] = {}
    for models, is_sent in ((asked, False), (told, True)):
        found, ours = _ours([one for one in models if not _is_pydantic(one)])
        references |= found
        for schema in ours:
            add(schemas, _as_sent(schema) if is_sent else schema)
    found, theirs = _theirs([one for one in (*asked, *told) if _is_pydantic(one)])
    references |= found
    for schema in theirs:
        add(schemas, schema)
    named: dict[str, Schema] = {}
    plain = {name: hoisted(schema, named) for name, schema in schemas.items()}
    for schema in named.values():
        add(plain, schema)
    return references, plain


def _ours(models: list[Any]) -> tuple[dict[Any, Schema], list[Schema]]:
    found, schemas = msgspec.json.schema_components(models, ref_template=REF + "{name}")
    names = {name: _short(name) for name in schemas}
    for model, schema in zip(models, found, strict=True):
        if "$ref" in schema and get_origin(model) is Envelope:
            names[schema["$ref"].removeprefix(REF)] = _envelope_name(model)
    references = {
        model: cast(Schema, _rewritten(schema, names))
        for model, schema in zip(models, found, strict=True)
    }
    return references, [
        {**_worded(cast(Schema, _rewritten(schema, names))), "title": names[name]}
        for name, schema in schemas.items()
    ]


def _theirs(models: list[type[BaseModel]]) -> tuple[dict[Any, Schema], list[Schema]]:
    refs, definitions = models_json_schema(
        [(model, "validation") for model in models], ref_template=REF + "{model}"
    )
    schemas = cast(dict[str, Schema], definitions.get("$defs", {}))
    references = {model: refs[model, "validation"] for model in models}
    return references, [
        {**_worded(_untitled(schema)), "title": name} for name, schema in schemas.items()
    ]


def _is_pydantic(model: Any) -> TypeGuard[type[BaseModel]]:
    return isinstance(model, type) and issubclass(model, BaseModel)


def _short(name: str) -> str:
    """webhooks.routes.Meta, one of several Metas, becomes WebhooksMeta."""
    package, _, own = name.partition(".")
    return package.capitalize() + own.rpartition(".")[2] if own else name


def _envelope_name(model: Any) -> str:
    """Envelope[Invoice] is an InvoiceAnswer, Envelope[tuple[Invoice, ...]] an InvoiceListAnswer."""
    content, _ = get_args(model)
    if get_origin(content) is dict:
        return "ObjectAnswer"
    items = get_args(content)
    return f"{items[0].__name__}ListAnswer" if items else f"{content.__name__}Answer"


def _as_sent(schema: Schema) -> Schema:
    properties = cast(dict[str, Schema], schema.get("properties", {}))
    if not any("default" in field for field in properties.values()):
        return schema
    sent = {
        name: {key: value for key, value in field.items() if key != "default"}
        for name, field in properties.items()
    }
    required = schema.get("required", [])
    there = [name for name, one in properties.items() if name in required or "default" in one]
    return {**schema, "properties": sent, "required": there}


def _untitled(schema: Schema) -> Schema:
    """Leave out the titles of fields: they only repeat the names."""
    properties = cast(dict[str, Schema], schema.get("properties", {}))
    without = {
        name: {key: value for key, value in field.items() if key != "title"}
        for name, field in properties.items()
    }
    return {**schema, "properties": without}


def _worded(schema: Schema) -> Schema:
    """Spell fields in a model's description as they are on the wire, without its indent."""
    if "description" not in schema or "properties" not in schema:
        return schema

    def on_the_wire(found: re.Match[str]) -> str:
        name = to_camel(found[1])
        return f"`{name}`" if name in schema["properties"] else found[0]

    return {**schema, "description": _QUOTED.sub(on_the_wire, cleandoc(schema["description"]))}


def _rewritten(node: Any, names: Mapping[str, str]) -> Any:
    """Say what the encoder really writes, decimals as numbers, and whom references mean."""
    if isinstance(node, list):
        return [_rewritten(item, names) for item in cast(list[Any], node)]
    if not isinstance(node, dict):
        return node
    schema = cast(Schema, node)
    if schema.get("type") == "string" and schema.get("format") == "decimal":
        return {
            "type": "number",
            **{key: value for key, value in schema.items() if key not in ("type", "format")},
        }
    rewritten = {key: _rewritten(value, names) for key, value in schema.items()}
    reference = rewritten.get("$ref")
    if isinstance(reference, str):
        name = reference.removeprefix(REF)
        rewritten["$ref"] = REF + names.get(name, name)
    return rewritten
