"""The API's description agrees with the routes that answer."""

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

from schemathesis.specs.openapi.definitions import OPENAPI_31_VALIDATOR

from connector.app.operations import described_operations, document, operations

NOT_DESCRIBED = {"/", "/metrics", "/openapi.json", "/docs", "/docs/", "/llms.txt"}


def test_every_operation_is_described_but_what_is_for_operators_and_readers() -> None:
    hidden = {one.path for one in operations() if not one.is_described}
    assert hidden == NOT_DESCRIBED
    described = document("https://connect.example")["paths"]
    served = {(one.method.lower(), one.path) for one in described_operations()}
    assert {(method, path) for path, at in described.items() for method in at} == served


def test_no_operation_is_declared_twice() -> None:
    declared = [(one.method, one.path) for one in operations()]
    assert len(set(declared)) == len(declared)
    names = [one.name for one in operations()]
    assert len(set(names)) == len(names)


def test_the_document_is_openapi_and_every_reference_leads_somewhere() -> None:
    described = document("https://connect.example")
    assert described["openapi"] == "3.1.0"
    known = {
        f"#/components/{kind}/{name}"
        for kind, named in described["components"].items()
        for name in named
    }
    references: set[str] = set()

    def walk(node: object) -> None:
        if isinstance(node, dict):
            reference = node.get("$ref")
            if isinstance(reference, str):
                references.add(reference)
            for value in node.values():
                walk(value)
        elif isinstance(node, list):
            for value in node:
                walk(value)

    walk(described)
    assert references <= known
    assert {"listInvoices", "createWebhook", "getLinkUrl"} <= {
        operation["operationId"]
        for path in described["paths"].values()
        for operation in path.values()
    }


def test_the_document_is_valid_by_the_rules_of_openapi_3_1() -> None:
    described = document("https://connect.example")
    assert [error.message for error in OPENAPI_31_VALIDATOR.iter_errors(described)] == []
    broken = {**described, "paths": {"no-slash": {}}}
    assert not OPENAPI_31_VALIDATOR.is_valid(broken)


def test_an_amount_is_described_as_a_number() -> None:
    schemas = document("https://connect.example")["components"]["schemas"]
    assert schemas["Invoice"]["properties"]["totalAmount"]["anyOf"] == [
        {"type": "number"},
        {"type": "null"},
    ]


def fields() -> Iterator[tuple[str, str, dict[str, Any]]]:
    """List every field of every model, with the model's name and its own."""
    for model, schema in document("https://connect.example")["components"]["schemas"].items():
        for name, field in schema.get("properties", {}).items():
            yield model, name, field


def test_every_model_field_and_parameter_is_described() -> None:
    assert [(model, name) for model, name, field in fields() if not field.get("description")] == []
    described = document("https://connect.example")
    schemas = described["components"]["schemas"]
    assert [name for name, schema in schemas.items() if not schema.get("description")] == []
    assert [
        (path, one["name"])
        for path, methods in described["paths"].items()
        for operation in methods.values()
        for one in operation["parameters"]
        if not one["description"]
    ] == []


def test_every_moment_is_described_as_one() -> None:
    """All that is named a date is a moment on the wire, but for what never expires."""
    undated = [
        (model, name)
        for model, name, field in fields()
        if re.search(r"(Date\d?|^date|Until|Since)$", name) and "date-time" not in json.dumps(field)
    ]
    assert [one for one in undated if one[1] not in ("expiresDate", "filterDate")] == []


def test_every_choice_has_a_name_and_stands_alone() -> None:
    """A client has one type for it, however many fields take it."""
    described = document("https://connect.example")
    schemas = described["components"]["schemas"]
    inline: list[str] = []

    def walk(node: Any, path: str) -> None:
        if isinstance(node, dict):
            if isinstance(node.get("enum"), list):
                inline.append(path)
            for key, value in node.items():
                walk(value, f"{path}/{key}")
        elif isinstance(node, list):
            for at, value in enumerate(node):
                walk(value, f"{path}/{at}")

    for name, schema in schemas.items():
        walk(schema.get("properties", {}), name)
    walk({path: strip_examples(methods) for path, methods in described["paths"].items()}, "")
    assert inline == []


def strip_examples(node: Any) -> Any:
    if isinstance(node, dict):
        return {key: strip_examples(one) for key, one in node.items() if key != "example"}
    return [strip_examples(one) for one in node] if isinstance(node, list) else node


def test_operations_have_names_that_read_well() -> None:
    """A verb first, and nothing of the path's spelling."""
    for one in described_operations():
        assert re.fullmatch(r"[a-z]+([A-Z][a-zA-Z0-9]+)*", one.name), one.name
        assert "By" not in one.name or one.name in ("linkByApiKey", "getPageStyleByCode")


def test_no_meaning_is_lost_when_python_drops_docstrings() -> None:
    """`python -OO` describes the same."""
    told = "import json, sys; from connector.app.operations import document; "
    told += "json.dump(document('https://connect.example'), sys.stdout)"
    said = subprocess.run(
        [sys.executable, "-OO", "-c", told], check=True, capture_output=True, timeout=60
    )
    assert json.loads(said.stdout) == document("https://connect.example")
