"""How parameters are described: those of a path, and those that a query model reads."""

import re
from collections.abc import Iterator
from typing import Any

from connector.api.named import choice
from connector.api.operation import Operation, Parameter

LIMITS = (5, 10, 20, 50, 100)
"""Records on a page, in every list."""

PAGE_SIZE = choice("PageSize", "How many records a page has.", LIMITS)


def path_parameter(name: str, description: str = "") -> Parameter:
    """Describe an id or a name in the path."""
    return Parameter(name, "path", {"type": "string"}, description, required=True)


def parameters_of(operation: Operation[Any]) -> tuple[Parameter, ...]:
    """Return all parameters of an operation: those it names, of its path, of its query model."""
    named = {one.name for one in operation.parameters}
    return (
        *(
            path_parameter(name)
            for name in re.findall(r"{(\w+)}", operation.path)
            if name not in named
        ),
        *operation.parameters,
        *_of_query(operation),
    )


def _of_query(operation: Operation[Any]) -> Iterator[Parameter]:
    if operation.query is None:
        return
    schema = operation.query.model_json_schema(by_alias=True)
    required = schema.get("required", [])
    for name, shape in schema["properties"].items():
        plain = _plain(shape)
        meaning = plain.pop("description", "")
        yield Parameter(name, "query", plain, meaning, required=name in required)


def _plain(shape: dict[str, Any]) -> dict[str, Any]:
    """Leave out what a query can't say: that a parameter is null."""
    kept = {key: value for key, value in shape.items() if key != "title"}
    choices = [one for one in kept.pop("anyOf", ()) if one != {"type": "null"}]
    if len(choices) == 1:
        kept = {**_plain(choices[0]), **kept}
    elif choices:
        kept["anyOf"] = choices
    if kept.get("default", ...) is None:
        del kept["default"]
    return kept
