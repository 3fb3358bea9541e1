"""The API's description agrees with the routes that answer."""

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
    assert {"getAccountingInvoices", "postWebhooks", "getAuthByTarget"} <= {
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
