"""What the control calls are, for people and for programs; all of it from their declarations."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from datetime import datetime
from importlib.metadata import version
from typing import Annotated, TypedDict

import msgspec
from msgspec import Meta

from .call import Call, Field, calls_of
from .control import Control
from .schemas import Schema, in_words, schemas_of

PREFIX = "/_simulator"
_BODIES = ("POST", "PATCH")
_HOW = (
    "Call them without credentials. Fields come in a JSON body or in the query; each answer is a"
    " JSON object. An unknown field, a wrong type or an impossible value is refused with 400, an"
    " unknown id with 404, what Qonto itself would refuse with Qonto's status."
)


class Error(TypedDict):
    """One thing that is wrong."""

    code: str
    detail: str


class Errors(TypedDict):
    """Everything that is wrong with a call."""

    errors: Annotated[
        list[Error], Meta(description="`source.field` names the field, where there is one")
    ]


@dataclass(frozen=True, slots=True)
class Shown:
    """A call as the page shows it."""

    call: Call
    curl: str
    fields: tuple[tuple[Field, str, str], ...]
    """Each with its type in words and its default as JSON."""


@dataclass(frozen=True, slots=True)
class Group:
    """Calls that belong together."""

    name: str
    summary: str
    calls: tuple[Shown, ...]


def groups(base: str) -> list[Group]:
    """The calls as the page shows them."""
    return [
        Group(part.__name__, part.__doc__ or "", tuple(_shown(base, one) for one in calls))
        for part, calls in calls_of(Control)
    ]


def _shown(base: str, call: Call) -> Shown:
    rows = tuple((one, in_words(one.schema), _default(one)) for one in call.fields)
    return Shown(call, _curl(base, call), rows)


def _default(field: Field) -> str:
    return "" if field.required else msgspec.json.encode(field.default).decode()


def _curl(base: str, call: Call) -> str:
    curl = f"curl -X {call.method} {base}{PREFIX}{call.path}"
    if call.example is None:
        return curl
    return f"{curl} -d {shlex.quote(msgspec.json.encode(call.example).decode())}"


def index(base: str) -> dict[str, object]:
    """The calls for programs that look around."""
    return {
        "openapi": f"{base}{PREFIX}/openapi.json",
        "calls": [
            {
                "call": f"{one.call.method} {PREFIX}{one.call.path}",
                "does": one.call.summary,
                "curl": one.curl,
                "answers": one.call.answers,
                "fields": [
                    {
                        "name": field.name,
                        "type": kind,
                        "required": field.required,
                        "default": field.default,
                        "meaning": field.meaning,
                    }
                    for field, kind, _ in one.fields
                ],
            }
            for group in groups(base)
            for one in group.calls
        ],
    }


def openapi(base: str) -> dict[str, object]:
    """The calls as an OpenAPI 3.1 document."""
    parts = calls_of(Control)
    calls = [one for _, declared in parts for one in declared]
    answers, components = schemas_of([Errors, *(_on_the_wire(one.returns) for one in calls)])
    paths: dict[str, dict[str, object]] = {}
    tags = {one.name: part.__name__ for part, declared in parts for one in declared}
    for call, answer in zip(calls, answers[1:], strict=True):
        operation = _operation(call, tags[call.name], answer, answers[0])
        paths.setdefault(f"{PREFIX}{call.path}", {})[call.method.lower()] = operation
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Control calls of qonto-simulator",
            "version": version("qonto-simulator"),
            "description": _HOW,
        },
        "servers": [{"url": base}],
        "tags": [{"name": part.__name__, "description": part.__doc__ or ""} for part, _ in parts],
        "paths": paths,
        "components": {"schemas": components},
    }


def _on_the_wire(returns: object) -> object:
    return str if returns is datetime else returns


def _operation(call: Call, tag: str, answer: Schema, errors: Schema) -> dict[str, object]:
    in_body = [one for one in call.fields if not one.in_path] if call.method in _BODIES else []
    elsewhere = [one for one in call.fields if one not in in_body]
    document: Schema = {
        "type": "object",
        "properties": {} if call.silent else {call.answers: answer},
        "required": [] if call.silent else [call.answers],
    }
    operation: dict[str, object] = {
        "operationId": call.name,
        "tags": [tag],
        "summary": call.summary.partition(". ")[0].rstrip("."),
        "description": call.summary,
        "parameters": [
            {
                "name": one.name,
                "in": "path" if one.in_path else "query",
                "required": one.required,
                "description": one.meaning,
                "schema": _schema(one),
            }
            for one in elsewhere
        ],
        "responses": {
            str(call.status): _json("What came of it", document),
            "default": _json("A refusal", errors),
        },
    }
    if in_body:
        body: Schema = {
            "type": "object",
            "properties": {one.name: _schema(one) for one in in_body},
            "required": [one.name for one in in_body if one.required],
            "additionalProperties": False,
        }
        content = _json("", body, example=call.example)["content"]
        operation["requestBody"] = {"required": bool(body["required"]), "content": content}
    return operation


def _schema(field: Field) -> Schema:
    return field.schema if field.required else {**field.schema, "default": field.default}


def _json(description: str, schema: Schema, *, example: object = None) -> dict[str, object]:
    media: dict[str, object] = {"schema": schema}
    if example is not None:
        media["example"] = example
    return {"description": description, "content": {"application/json": media}}
