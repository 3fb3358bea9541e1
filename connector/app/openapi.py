"""The API's description, OpenAPI 3.1, made from the models that serve the answers."""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Protocol, TypeGuard, cast, get_args, get_origin

import msgspec
from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from connector.unified.envelope import Envelope

Schema = dict[str, Any]

_REF = "#/components/schemas/"
_SECURITY: Mapping[str, list[dict[str, list[str]]]] = {
    "account": [{"apiKey": [], "accountKey": []}],
    "tenant": [{"apiKey": []}],
    "none": [],
}
_FAILURES: Mapping[str, Mapping[str, str]] = {
    "account": {
        "400": "A parameter or the body is wrong",
        "401": "The account key is unknown, or the customer must link again",
        "403": "The API key is unknown or not for this, or the consent doesn't cover it",
        "404": "Unknown id, or the target system has nothing of that kind",
        "429": "Too many requests; see Retry-After",
        "502": "The target system's answer is of no use",
        "503": "The target system can't be reached",
        "504": "The target system did not answer in time",
    },
    "tenant": {
        "400": "A parameter or the body is wrong",
        "403": "The API key is unknown or not for this",
    },
    "none": {},
}


class DescribedParameter(Protocol):
    """What is told of a parameter; `connector.routes.operation.Parameter` is one."""

    @property
    def name(self) -> str: ...
    @property
    def place(self) -> str: ...
    @property
    def schema(self) -> Schema: ...
    @property
    def description(self) -> str: ...
    @property
    def required(self) -> bool: ...


class DescribedOperation(Protocol):
    """What is told of an endpoint; `connector.routes.operation.Operation` is one.

    A protocol, so that floors that may not import the connector can describe their endpoints too.
    """

    @property
    def path(self) -> str: ...
    @property
    def method(self) -> str: ...
    @property
    def summary(self) -> str: ...
    @property
    def parameters(self) -> Sequence[DescribedParameter]: ...
    @property
    def request(self) -> Any: ...
    @property
    def response(self) -> Any: ...
    @property
    def status(self) -> int: ...
    @property
    def tag(self) -> str: ...
    @property
    def keys(self) -> str: ...
    @property
    def media_type(self) -> str: ...
    @property
    def description(self) -> str: ...


def describe(
    operations: Iterable[DescribedOperation],
    *,
    title: str,
    version: str,
    failure: Any = None,
    server_url: str | None = None,
    description: str = "",
) -> Schema:
    """Answer the OpenAPI document of these operations.

    `failure` is the model of every error body. Decimals are described as the numbers they are on
    the wire.
    """
    listed = list(operations)
    models = [
        model
        for operation in listed
        for model in (operation.request, operation.response)
        if model is not None
    ]
    if failure is not None:
        models.append(failure)
    references, schemas = _components(models)
    paths: dict[str, Schema] = {}
    for operation in listed:
        path = paths.setdefault(operation.path, {})
        path[operation.method.lower()] = _operation(operation, references, failure)
    document: Schema = {
        "openapi": "3.1.0",
        "info": {"title": title, "version": version, "description": description},
        "paths": paths,
        "components": {
            "schemas": dict(sorted(schemas.items())),
            "securitySchemes": {
                "apiKey": {"type": "apiKey", "in": "header", "name": "X-API-KEY"},
                "accountKey": {"type": "apiKey", "in": "header", "name": "X-ACCOUNT-KEY"},
            },
        },
        "tags": [{"name": tag} for tag in dict.fromkeys(one.tag for one in listed)],
    }
    if server_url is not None:
        document["servers"] = [{"url": server_url}]
    return document


def _operation(
    operation: DescribedOperation, references: Mapping[Any, Schema], failure: Any
) -> Schema:
    success: Schema = {"description": "Success"}
    if operation.response is not None:
        success["content"] = {operation.media_type: {"schema": references[operation.response]}}
    elif operation.media_type != "application/json":
        success["content"] = {operation.media_type: {"schema": {"type": "string"}}}
    responses: Schema = {str(operation.status): success}
    if failure is not None:
        body = {"application/json": {"schema": references[failure]}}
        for status, meaning in _FAILURES[operation.keys].items():
            responses[status] = {"description": meaning, "content": body}
        responses["default"] = {"description": "Any other failure", "content": body}
    described: Schema = {
        "operationId": _operation_id(operation),
        "summary": operation.summary,
        "tags": [operation.tag],
        "security": _SECURITY[operation.keys],
        "parameters": [_parameter(parameter) for parameter in operation.parameters],
        "responses": responses,
    }
    if operation.description:
        described["description"] = operation.description
    if operation.request is not None:
        described["requestBody"] = {
            "required": True,
            "content": {"application/json": {"schema": references[operation.request]}},
        }
    return described


def _operation_id(operation: DescribedOperation) -> str:
    """GET /accounting/invoices/{invoiceId} becomes getAccountingInvoicesByInvoiceId."""
    words: list[str] = [operation.method.lower()]
    for part in operation.path.strip("/").split("/"):
        name = part.strip("{}")
        if part.startswith("{"):
            words.append("By")
        words.extend(word[:1].upper() + word[1:] for word in re.split(r"[^A-Za-z0-9]+", name))
    return "".join(words)


def _parameter(parameter: DescribedParameter) -> Schema:
    return {
        "name": parameter.name,
        "in": parameter.place,
        "required": parameter.required,
        "description": parameter.description,
        "schema": parameter.schema,
    }


def _components(models: Iterable[Any]) -> tuple[dict[Any, Schema], dict[str, Schema]]:
    """Answer a reference for each model, and the schemas they need, under readable names."""
    unique = list(dict.fromkeys(models))
    ours = [model for model in unique if not _is_pydantic(model)]
    found, components = msgspec.json.schema_components(ours, ref_template=_REF + "{name}")
    names = {
        schema["$ref"].removeprefix(_REF): _envelope_name(model)
        for model, schema in zip(ours, found, strict=True)
        if "$ref" in schema and get_origin(model) is Envelope
    }
    references = {
        model: cast(Schema, _rewritten(schema, names))
        for model, schema in zip(ours, found, strict=True)
    }
    schemas = {
        names.get(name, name): _titled(cast(Schema, _rewritten(schema, names)), names.get(name))
        for name, schema in components.items()
    }
    theirs = [model for model in unique if _is_pydantic(model)]
    refs, definitions = models_json_schema(
        [(model, "validation") for model in theirs], ref_template=_REF + "{model}"
    )
    references.update({model: refs[model, "validation"] for model in theirs})
    for name, schema in cast(dict[str, Schema], definitions.get("$defs", {})).items():
        if schemas.setdefault(name, schema) != schema:
            raise ValueError(f"two different models are named {name}; rename one of them")
    return references, schemas


def _is_pydantic(model: Any) -> TypeGuard[type[BaseModel]]:
    return isinstance(model, type) and issubclass(model, BaseModel)


def _envelope_name(model: Any) -> str:
    """Envelope[Invoice] is an InvoiceAnswer, Envelope[tuple[Invoice, ...]] an InvoiceListAnswer."""
    (content,) = get_args(model)
    items = get_args(content)
    return f"{items[0].__name__}ListAnswer" if items else f"{content.__name__}Answer"


def _titled(schema: Schema, name: str | None) -> Schema:
    return schema if name is None else {**schema, "title": name}


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
        name = reference.removeprefix(_REF)
        rewritten["$ref"] = _REF + names.get(name, name)
    properties = rewritten.get("properties")
    if isinstance(properties, dict) and "rawData" in properties:
        properties["rawData"] = {
            "description": "The target system's own document, untouched; null unless asked for.",
            "type": ["object", "null"],
        }
    return rewritten
