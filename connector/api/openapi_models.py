"""Models as JSON Schema under readable names."""

import re
from collections.abc import Iterable, Mapping
from typing import Any, TypeAlias, TypeGuard, cast, get_args, get_origin

import msgspec
from pydantic import BaseModel
from pydantic.alias_generators import to_camel
from pydantic.json_schema import models_json_schema

from connector.api.envelope import Envelope

Schema: TypeAlias = dict[str, Any]

REF = "#/components/schemas/"
_QUOTED = re.compile(r"`([a-z0-9_]+)`")
_PYDANTIC_ENVELOPE = re.compile(r"Envelope_(\w+)_")


def components(models: Iterable[Any]) -> tuple[dict[Any, Schema], dict[str, Schema]]:
    """Answer a reference for each model, and the schemas they need, under readable names.

    Decimals are described as the numbers they are on the wire. Raises ValueError when two models
    would have one name.
    """
    unique = list(dict.fromkeys(models))
    ours = [model for model in unique if not _is_pydantic(model)]
    found, schemas_of_ours = msgspec.json.schema_components(ours, ref_template=REF + "{name}")
    names = {name: _short(name) for name in schemas_of_ours}
    for model, schema in zip(ours, found, strict=True):
        if "$ref" in schema and get_origin(model) is Envelope:
            names[schema["$ref"].removeprefix(REF)] = _envelope_name(model)
    references = {
        model: cast(Schema, _rewritten(schema, names))
        for model, schema in zip(ours, found, strict=True)
    }
    schemas = {
        names[name]: {
            **_worded(cast(Schema, _rewritten(schema, names))),
            "title": names[name],
        }
        for name, schema in schemas_of_ours.items()
    }
    theirs = [model for model in unique if _is_pydantic(model)]
    refs, definitions = models_json_schema(
        [(model, "validation") for model in theirs], ref_template=REF + "{model}"
    )
    their_schemas = cast(dict[str, Schema], definitions.get("$defs", {}))
    names = {name: _PYDANTIC_ENVELOPE.sub(r"\1Answer", name) for name in their_schemas}
    for model in theirs:
        references[model] = cast(Schema, _rewritten(refs[model, "validation"], names))
    for name, schema in their_schemas.items():
        described = {**cast(Schema, _rewritten(_untitled(schema), names)), "title": names[name]}
        if schemas.setdefault(names[name], described) != described:
            raise ValueError(f"two different models are named {names[name]}; rename one of them")
    return references, schemas


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


def _untitled(schema: Schema) -> Schema:
    """Leave out the titles of fields: they only repeat the names."""
    properties = cast(dict[str, Schema], schema.get("properties", {}))
    without = {
        name: {key: value for key, value in field.items() if key != "title"}
        for name, field in properties.items()
    }
    return {**schema, "properties": without}


def _worded(schema: Schema) -> Schema:
    """Spell fields in a model's description as they are on the wire."""
    if "description" not in schema or "properties" not in schema:
        return schema

    def on_the_wire(found: re.Match[str]) -> str:
        name = to_camel(found[1])
        return f"`{name}`" if name in schema["properties"] else found[0]

    return {**schema, "description": _QUOTED.sub(on_the_wire, schema["description"])}


def _rewritten(node: Any, names: Mapping[str, str]) -> Any:
    """Say what the encoder really writes: decimals as numbers, the raw source as an object."""
    if isinstance(node, list):
        return [_rewritten(item, names) for item in cast(list[Any], node)]
    if not isinstance(node, dict):
        return node
    schema = cast(Schema, node)
    if schema.get("type") == "string" and schema.get("format") == "decimal":
        return {"type": "number"}
    rewritten = {key: _rewritten(value, names) for key, value in schema.items()}
    reference = rewritten.get("$ref")
    if isinstance(reference, str):
        name = reference.removeprefix(REF)
        rewritten["$ref"] = REF + names.get(name, name)
    properties = rewritten.get("properties")
    if isinstance(properties, dict) and "rawData" in properties:
        raw = cast(Schema, properties)
        if raw["rawData"] != {"default": None, "type": "null"}:
            raw["rawData"] = {
                "description": "The target system's own document, untouched; null unless asked "
                "for.",
                "type": ["object", "null"],
            }
    return rewritten
