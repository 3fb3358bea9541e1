"""An OpenAPI document as what a page shows of it: groups, calls, fields, commands. Pure."""

import json
import re
import shlex
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, cast
from urllib.parse import urlencode

from connector.app.docs_fields import Field, Shape, Shapes

Schema = Mapping[str, Any]

_KEYS = {3: "password, token or API key", 2: "API key and account key", 1: "API key", 0: "no key"}
_REFERENCE = re.compile(r"{(\w+)}")
_JSON = "application/json"
_NAMES = {
    "target": "qonto",
    "targetSystem": "qonto",
    "service": "INVOICING",
    "provider": "qonto",
}
"""What stands in a path in the place of names."""


@dataclass(frozen=True, slots=True)
class Answer:
    """A success: its status, in which forms it comes, what is in it, and an example."""

    status: str
    description: str
    media_types: tuple[str, ...]
    shape: Shape | None
    example: str


@dataclass(frozen=True, slots=True)
class Failure:
    """A status that a call may fail with."""

    status: str
    description: str


@dataclass(frozen=True, slots=True)
class Call:
    """One method of one path, or one message that is sent, where there is no `curl`."""

    id: str
    method: str
    path: str
    summary: str
    description: str
    keys: str
    parameters: tuple[Field, ...]
    request: Shape | None
    request_example: str
    answers: tuple[Answer, ...]
    failures: tuple[Failure, ...]
    curl: str


@dataclass(frozen=True, slots=True)
class CallGroup:
    """Calls that belong together."""

    name: str
    description: str
    calls: tuple[Call, ...]


class Reference:
    """Reads an OpenAPI document."""

    def __init__(self, document: Schema) -> None:
        self._document = document
        self._shapes = Shapes(document["components"]["schemas"])
        self.title: str = document["info"]["title"]
        self.version: str = document["info"]["version"]
        self.description: str = document["info"]["description"]
        self.api: str = document["servers"][0]["url"]
        self._ids = _ids(document)
        self.groups = tuple(self._groups())
        self.messages = tuple(
            self._message(name, one["post"]) for name, one in document["webhooks"].items()
        )
        self.models = self._shapes.linked()
        """The models that fields of calls refer to, and those that these refer to."""

    def _groups(self) -> Iterable[CallGroup]:
        for tag in self._document["tags"]:
            yield CallGroup(
                tag["name"],
                tag.get("description", ""),
                tuple(
                    self._call(method, path, operation)
                    for path, methods in self._document["paths"].items()
                    for method, operation in methods.items()
                    if operation["tags"] == [tag["name"]]
                ),
            )

    def _call(self, method: str, path: str, operation: Schema) -> Call:
        schemes = [name for either in operation["security"] for name in either]
        body = operation.get("requestBody", {}).get("content", {}).get(_JSON)
        request, example = self._body(body)
        answers = tuple(self._answers(operation["responses"]))
        return Call(
            id=operation["operationId"],
            method=method.upper(),
            path=path,
            summary=operation["summary"],
            description=operation.get("description", ""),
            keys=_KEYS[len(schemes)],
            parameters=tuple(self._shapes.parameter(one) for one in operation["parameters"]),
            request=request,
            request_example=example,
            answers=answers,
            failures=tuple(self._failures(operation["responses"])),
            curl=self._curl(method, path, operation, schemes, example),
        )

    def _message(self, name: str, operation: Schema) -> Call:
        request, example = self._body(operation["requestBody"]["content"][_JSON])
        return Call(
            id=f"webhook-{name}",
            method="POST",
            path=name,
            summary=operation["summary"],
            description=operation["description"],
            keys="",
            parameters=tuple(self._shapes.parameter(one) for one in operation["parameters"]),
            request=request,
            request_example=example,
            answers=(),
            failures=(),
            curl="",
        )

    def _body(self, content: Schema | None) -> tuple[Shape | None, str]:
        if content is None:
            return None, ""
        example = content.get("example", self._shapes.sample(content["schema"]))
        return self._shapes.shape(content["schema"]), _written(example)

    def _answers(self, responses: Schema) -> Iterable[Answer]:
        for status, response in responses.items():
            if "$ref" in response or status >= "4":
                continue
            content: Schema = response.get("content", {})
            described: Schema = content.get(_JSON, {})
            shape = self._shapes.answer(described["schema"]) if "schema" in described else None
            example = _written(described["example"]) if "example" in described else ""
            yield Answer(status, response["description"], tuple(content), shape, example)

    def _failures(self, responses: Schema) -> Iterable[Failure]:
        for status, response in sorted(responses.items()):
            if status < "4":
                continue
            if "$ref" in response:
                name = str(response["$ref"]).rpartition("/")[2]
                response = self._document["components"]["responses"][name]
            yield Failure(status, response["description"])

    def _curl(
        self,
        method: str,
        path: str,
        operation: Schema,
        schemes: list[str],
        example: str,
    ) -> str:
        def filled(name: re.Match[str]) -> str:
            return self._ids.get(path[: name.end()]) or _NAMES.get(name[1], name[0])

        url = self.api + _REFERENCE.sub(filled, path)
        needed = {
            one["name"]: "..."
            for one in operation["parameters"]
            if one["in"] == "query" and one["required"]
        }
        if needed:
            url += f"?{urlencode(needed)}"
        lines = ["curl -sS" if method == "get" else f"curl -sS -X {method.upper()}"]
        lines[0] += f" {shlex.quote(url)}"
        if "basic" in schemes:
            lines.append('-u "$EMAIL:$PASSWORD"')
        elif "apiKey" in schemes:
            lines.append('-H "X-API-KEY: $API_KEY"')
        if "accountKey" in schemes:
            lines.append('-H "X-ACCOUNT-KEY: $ACCOUNT_KEY"')
        if example:
            lines.append("-H 'Content-Type: application/json'")
            compact = json.dumps(json.loads(example), ensure_ascii=False)
            lines.append(f"-d {shlex.quote(compact)}")
        return " \\\n  ".join(lines)


def _ids(document: Schema) -> dict[str, str]:
    """Return the ids in the examples of single records, by the path of each."""
    found: dict[str, str] = {}
    for path, methods in document["paths"].items():
        if "get" not in methods or not path.endswith("}"):
            continue
        content: Schema = methods["get"]["responses"].get("200", {}).get("content", {})
        shown: Any = content.get(_JSON, {}).get("example")
        data: Any = cast(dict[str, Any], shown).get("data") if isinstance(shown, dict) else None
        if isinstance(data, list) and data:
            data = cast(list[Any], data)[0]
        if isinstance(data, dict):
            record = cast(dict[str, Any], data)
            name = path.rpartition("{")[2].removesuffix("}")
            known = record.get("id") or record.get(name)
            if isinstance(known, str):
                found[path] = known
    return found


def _written(example: Any) -> str:
    return json.dumps(example, ensure_ascii=False, indent=2)
