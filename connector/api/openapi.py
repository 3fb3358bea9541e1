"""The API's description, OpenAPI 3.1, made from the models that serve the answers."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from connector.api.named import Schema, add, hoisted
from connector.api.openapi_errors import FAILURES, failures
from connector.api.openapi_models import components
from connector.api.operation import Operation, Parameter
from connector.api.parameters import parameters_of
from connector.api.uploads import MULTIPART

JSON = "application/json"
PAGE = "text/html"

_SECURITY: Mapping[str, list[dict[str, list[str]]]] = {
    "account": [{"apiKey": [], "accountKey": []}],
    "tenant": [{"apiKey": []}],
    "user": [{"basic": []}, {"bearer": []}, {"apiKey": []}],
    "none": [],
}
_SCHEMES: Schema = {
    "apiKey": {
        "type": "apiKey",
        "in": "header",
        "name": "X-API-KEY",
        "description": "Says who calls: yours, as a vendor.",
    },
    "accountKey": {
        "type": "apiKey",
        "in": "header",
        "name": "X-ACCOUNT-KEY",
        "description": "Says whose books: one customer's linked account.",
    },
    "basic": {
        "type": "http",
        "scheme": "basic",
        "description": "The e-mail address and the password of one of your users, by https alone.",
    },
    "bearer": {
        "type": "http",
        "scheme": "bearer",
        "bearerFormat": "JWT",
        "description": "The same for an hour, from POST /api/auth/token.",
    },
}
_REQUEST_ID: Schema = {
    "X-Request-Id": {"$ref": "#/components/headers/RequestId"},
}
_HEADERS: Schema = {
    "RequestId": {
        "description": "The name of this request in the service's log. Yours is kept when you send "
        "one of 8 to 128 letters, digits, dots, dashes and underscores.",
        "required": True,
        "schema": {"type": "string"},
    },
    "RetryAfter": {
        "description": "Seconds to wait before the same call may succeed.",
        "schema": {"type": "integer", "minimum": 1},
    },
    "RateLimitLimit": {
        "description": "Calls that may be made to the target system in the window that is full.",
        "schema": {"type": "integer"},
    },
    "RateLimitRemaining": {
        "description": "Of these, how many are left.",
        "schema": {"type": "integer"},
    },
    "RateLimitReset": {
        "description": "Seconds until there is room again.",
        "schema": {"type": "integer"},
    },
    "Location": {
        "description": "Where the browser is sent.",
        "required": True,
        "schema": {"type": "string"},
    },
}


def describe(
    operations: Iterable[Operation[Any]],
    *,
    title: str,
    version: str,
    server_url: str | None = None,
    description: str = "",
    examples: Mapping[str, Mapping[str, Any]] | None = None,
    tags: Mapping[str, str] | None = None,
) -> Schema:
    """Return the OpenAPI document of these operations.

    `examples` are by the operations' names: `request` and `answer`. `tags` says what each group is
    about.
    """
    listed = list(operations)
    examples, tags = examples or {}, tags or {}
    references, schemas = components(
        requests=(one.request for one in listed if one.request is not None),
        answers=(
            model
            for one in listed
            for model in (one.response, one.dry_run, one.accepted)
            if model is not None
        ),
    )
    responses, more = failures()
    for schema in more.values():
        add(schemas, schema)
    paths: dict[str, Schema] = {}
    for operation in listed:
        example = examples.get(operation.name, {})
        described = _operation(operation, references, schemas, example)
        path = paths.setdefault(operation.path, {})
        path[operation.method.lower()] = hoisted(described, schemas)
    document: Schema = {
        "openapi": "3.1.0",
        "info": {
            "title": title,
            "version": version,
            "description": description,
            "license": {"name": "Apache License 2.0", "identifier": "Apache-2.0"},
        },
        "paths": paths,
        "components": {
            "schemas": dict(sorted(schemas.items())),
            "responses": responses,
            "headers": _HEADERS,
            "securitySchemes": _SCHEMES,
        },
        "tags": [
            {"name": tag, **({"description": tags[tag]} if tag in tags else {})}
            for tag in dict.fromkeys(one.tag for one in listed)
        ],
    }
    if server_url is not None:
        document["servers"] = [{"url": server_url}]
    return document


def _operation(
    operation: Operation[Any],
    references: Mapping[Any, Schema],
    schemas: Mapping[str, Schema],
    example: Mapping[str, Any],
) -> Schema:
    responses: Schema = {}
    if operation.status < 400:
        responses[str(operation.status)] = _success(operation, references, example)
    if operation.accepted is not None:
        responses["202"] = {
            "description": "Goes on after the request",
            "headers": _REQUEST_ID,
            "content": {JSON: {"schema": references[operation.accepted]}},
        }
    if operation.dry_run is not None:
        _or_dry_run(responses, references[operation.dry_run])
    for status in sorted(set(_failing(operation))):
        name, _ = FAILURES[status]
        responses[str(status)] = {"$ref": f"#/components/responses/{name}"}
    if _is_for_browsers(operation):
        responses.update(_pages(operation))
    described: Schema = {
        "operationId": operation.name,
        "summary": operation.summary,
        "tags": [operation.tag],
        "security": _SECURITY[operation.keys],
        "parameters": [_parameter(each) for each in parameters_of(operation)],
        "responses": responses,
    }
    if operation.description:
        described["description"] = operation.description
    if operation.request is not None or operation.upload is not None:
        content = _brought(operation, references, schemas, example)
        described["requestBody"] = {"required": True, "content": content}
    return described


def _brought(
    operation: Operation[Any],
    references: Mapping[Any, Schema],
    schemas: Mapping[str, Schema],
    example: Mapping[str, Any],
) -> Schema:
    """Describe a request's body: JSON, a form with files, or either."""
    content: Schema = {}
    fields = None if operation.request is None else references[operation.request]
    rule = operation.upload
    if fields is not None and (rule is None or rule.also_json):
        content[JSON] = {"schema": fields}
        if "request" in example:
            content[JSON]["example"] = example["request"]
    if rule is not None:
        file: Schema = {"type": "string", "format": "binary", "description": rule.description}
        if rule.many:
            file = {
                "type": "array",
                "items": {"type": "string", "format": "binary"},
                "maxItems": rule.most_files,
                "description": rule.description,
            }
        said = {} if fields is None else schemas[fields["$ref"].rpartition("/")[2]]
        content[MULTIPART] = {"schema": _form(said, rule.part, file)}
    return content


def _form(fields: Schema, part: str, file: Schema) -> Schema:
    """Describe a form that has fields beside its file, none but these where the model says so."""
    form: Schema = {
        "type": "object",
        "properties": {**fields.get("properties", {}), part: file},
        "required": [*fields.get("required", ()), part],
    }
    closed = fields.get("additionalProperties")
    return form if closed is None else {**form, "additionalProperties": closed}


def _success(
    operation: Operation[Any], references: Mapping[Any, Schema], example: Mapping[str, Any]
) -> Schema:
    content: Schema = {}
    if operation.media_type != JSON:
        is_text = operation.media_type.startswith("text/")
        content[operation.media_type] = {"schema": {"type": "string"} if is_text else {}}
    if operation.response is not None:
        content[JSON] = {"schema": references[operation.response]}
        if "answer" in example:
            content[JSON]["example"] = example["answer"]
    success: Schema = {"description": "Success", "headers": _REQUEST_ID}
    if operation.status in (302, 303):
        success["headers"] = {**_REQUEST_ID, "Location": {"$ref": "#/components/headers/Location"}}
    elif content:
        success["content"] = content
    return success


def _or_dry_run(responses: Schema, checked: Schema) -> None:
    """Say what a request is answered that is only to be checked: 200, beside or in its success."""
    if "200" in responses:
        content = responses["200"]["content"][JSON]
        content["schema"] = {"anyOf": [content["schema"], checked]}
        return
    responses["200"] = {
        "description": "Checked only, as dryRun asks",
        "headers": _REQUEST_ID,
        "content": {JSON: {"schema": checked}},
    }


def _failing(operation: Operation[Any]) -> Iterator[int]:
    """Say which failures a call may end with, by what it needs and does."""
    yield from (429, 500, 503, *operation.errors)
    if operation.keys == "none":
        return
    yield from (400, 401, 403, 404)
    takes_body = operation.request is not None or operation.upload is not None
    if takes_body:
        yield 413
    if operation.method != "GET":
        yield 409
    if operation.keys == "account" and operation.media_type != JSON:
        yield 406
    names_target = any("target" in one.name.lower() for one in parameters_of(operation))
    if names_target or takes_body:
        yield 405
    if operation.keys == "account" or operation.path.startswith("/auth/"):
        yield from (502, 504)


def _is_for_browsers(operation: Operation[Any]) -> bool:
    return operation.keys == "none" and operation.media_type == PAGE


def _pages(operation: Operation[Any]) -> Schema:
    page = {PAGE: {"schema": {"type": "string"}}}
    pages: Schema = {
        "400": {"description": "A page that says why", "headers": _REQUEST_ID, "content": page},
        "405": {"description": "A page: no such target system", "content": page},
    }
    if operation.status == 302:
        pages["200"] = {"description": "A page that says how it ended", "content": page}
    return pages


def _parameter(parameter: Parameter) -> Schema:
    return {
        "name": parameter.name,
        "in": parameter.place,
        "required": parameter.required,
        "description": parameter.description,
        "schema": parameter.schema,
    }
