"""Tools that are operations of the API: what those declare is all that is said of them.

For what lies on other floors, such as the relay's log of deliveries: the door knows it by its
operations alone, and calls their handlers as the router would.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Generic, cast, get_args
from urllib.parse import quote, urlencode

import msgspec
from pydantic import BaseModel
from starlette.requests import Request
from starlette.types import Message, Scope

from connector.api.operation import Operation, Permission, U
from connector.api.parameters import parameters_of
from connector.faces.mcp.schemas import Schema, answered, answering, tidy
from connector.faces.mcp.tool import Data, Hints, Tool, Who
from oauth.admitted import admit
from storage.errors import FieldError, Invalid

_DECODER = msgspec.json.Decoder()
"""None of these operations answers amounts: their numbers are counts and seconds."""


@dataclass(frozen=True, slots=True)
class Served(Generic[U]):
    """An operation, and what it is served with."""

    operation: Operation[U]
    use: U


@dataclass(frozen=True, slots=True)
class OperationArguments:
    """The arguments of an operation, by where they go."""

    path: Mapping[str, str]
    query: Mapping[str, str]
    body: Mapping[str, Any]


@dataclass(frozen=True)
class Operated:
    """What an operation takes, as one object: its path, its query and its body."""

    operation: Operation[Any]

    @property
    def schema(self) -> Schema:
        return self._schema

    @cached_property
    def _schema(self) -> Schema:
        properties: dict[str, Schema] = {}
        required: list[str] = []
        for one in parameters_of(self.operation):
            if one.place == "header":
                continue
            properties[one.name] = {**tidy(one.schema), "description": one.description}
            if one.required:
                required.append(one.name)
        model: type[BaseModel] | None = self.operation.request
        if model is not None:
            body = cast(Schema, tidy(model.model_json_schema(by_alias=True)))
            properties |= body["properties"]
            required += body.get("required", [])
        return {
            "type": "object",
            "properties": properties,
            "required": required,
            "additionalProperties": False,
        }

    def read(self, arguments: Mapping[str, Any]) -> OperationArguments:
        places = {one.name: one.place for one in parameters_of(self.operation)}
        sent: dict[str, dict[str, Any]] = {"path": {}, "query": {}, "body": {}}
        wrong: list[FieldError] = []
        for name, value in arguments.items():
            place = places.get(name, "body")
            if name not in self.schema["properties"]:
                message = "The tool has no argument of this name. Leave it out."
                wrong.append(FieldError(name[:200], "EXTRA_FORBIDDEN", message))
            elif place != "body" and isinstance(value, dict | list):
                wrong.append(FieldError(name, "NOT_ALLOWED", "This is a single value."))
            elif value is not None:
                sent[place][name] = value if place == "body" else _text(value)
        for name in self.schema["required"]:
            if arguments.get(name) is None:
                wrong.append(FieldError(name, "REQUIRED", "This is needed."))
        if wrong:
            raise Invalid("Some arguments are wrong; each is listed with its reason.", wrong)
        return OperationArguments(**sent)

    def back(self, error: Invalid) -> Invalid:
        return error


def operation_tool(
    name: str, served: Served[Any], *, hints: Hints | None = None
) -> Tool[OperationArguments]:
    """Make a tool of an operation."""
    operation = served.operation
    assert isinstance(operation.permission, Permission), "a tool's permission is known before"

    async def run(who: Who, sent: OperationArguments) -> Data:
        assert operation.handler is not None
        response = await operation.handler(served.use, _request(operation, who, sent))
        return _told(_DECODER.decode(response.body))

    data, _ = get_args(operation.response)
    is_list = getattr(data, "__origin__", None) is tuple
    model = get_args(data)[0] if is_list else data
    own = answered(model)
    shape: dict[str, Schema] = {
        "next_cursor": {"type": "string", "description": "Asks for the next page, as cursor."},
        "warnings": {"type": "array", "items": {"type": "string"}},
    }
    return Tool(
        name=name,
        title=operation.summary,
        description=f"{operation.summary}. {operation.description}".strip(),
        permission=operation.permission,
        input=Operated(operation),
        output=answering(shape, records=(own,)) if is_list else answering(shape, record=own),
        run=run,
        hints=hints or Hints(is_idempotent=False),
    )


def _told(envelope: Mapping[str, Any]) -> Data:
    data, meta = envelope["data"], envelope["meta"]
    told: Data = {"records" if isinstance(data, list) else "record": _without_nothing(data)}
    if meta.get("nextCursor"):
        told["next_cursor"] = meta["nextCursor"]
    if meta.get("warnings"):
        told["warnings"] = meta["warnings"]
    return told


def _without_nothing(value: Any) -> Any:
    match value:
        case dict():
            items = cast(dict[str, Any], value).items()
            return {name: _without_nothing(one) for name, one in items if one is not None}
        case list():
            return [_without_nothing(one) for one in cast(list[Any], value)]
        case _:
            return value


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _request(operation: Operation[Any], who: Who, sent: OperationArguments) -> Request:
    """Make the request that the router would have handed to the handler, for an admitted caller."""
    body = msgspec.json.encode(sent.body) if operation.request is not None else b""

    async def receive() -> Message:
        return {"type": "http.request", "body": body, "more_body": False}

    path = operation.path
    for name, value in sent.path.items():
        path = path.replace(f"{{{name}}}", quote(value, safe=""))
    scope: Scope = {
        "type": "http",
        "method": operation.method,
        "path": path,
        "path_params": dict(sent.path),
        "query_string": urlencode(sent.query).encode(),
        "headers": [(b"content-type", b"application/json")],
        "state": {},
    }
    request = Request(scope, receive)
    request.state.request_id = who.request_id
    admit(request, who.caller, who.account)
    return request
