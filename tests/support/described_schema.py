"""Validation against our own OpenAPI document, stricter than the document: nothing unknown."""

import copy
import re
from functools import cache
from typing import Any

import httpx2
from jsonschema_rs import Draft202012Validator

from connector.app.operations import document
from tests.support.described import API


@cache
def strict() -> dict[str, Any]:
    """Return the document with every model closed, so that what isn't described is an error."""
    closed = copy.deepcopy(document(API))
    for schema in closed["components"]["schemas"].values():
        if "properties" in schema:
            schema.setdefault("additionalProperties", False)
    return closed


def complaints(schema: dict[str, Any], value: Any) -> list[str]:
    """Say what is wrong with a value, by path; nothing when it conforms."""
    whole = {**schema, "components": strict()["components"]}
    return [
        f"{'/'.join(map(str, error.instance_path))}: {error.message}"
        for error in Draft202012Validator(whole, validate_formats=True).iter_errors(value)
    ]


def described_response(method: str, path: str, status: int) -> dict[str, Any]:
    """Return how a response is described. Fails for a status that isn't."""
    described = strict()["paths"][path][method.lower()]["responses"]
    assert str(status) in described, f"{method} {path} does not describe {status}"
    response = described[str(status)]
    if "$ref" in response:
        response = strict()["components"]["responses"][response["$ref"].rpartition("/")[2]]
    return response


def check(method: str, path: str, answer: httpx2.Response) -> list[str]:
    """Hold an answer against the description: status, media type, headers, body."""
    response = described_response(method, path, answer.status_code)
    content = response.get("content", {})
    media_type = re.split(r"\s*;", answer.headers.get("Content-Type", ""))[0]
    if not content:
        return [] if not answer.content else ["a body that isn't described"]
    if media_type not in content:
        return [f"{media_type} isn't described"]
    found = [
        f"{name} is missing"
        for name in response.get("headers", {})
        if name == "X-Request-Id" and name not in answer.headers
    ]
    if media_type == "application/json":
        found += complaints(content[media_type]["schema"], answer.json())
    return found
