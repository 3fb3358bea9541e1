"""The API's description agrees with the routes that answer."""

from schemathesis.specs.openapi.definitions import OPENAPI_31_VALIDATOR
from starlette.routing import Route

import connector.routes
import oauth.routes
import webhooks.routes
from connector.app import capabilities_endpoint, docs_routes, health, unlink_endpoint
from connector.app.description import document, operations

NOT_DESCRIBED = {("GET", path) for path in ("/metrics", "/openapi.json", "/docs", "/llms.txt")}


def served() -> set[tuple[str, str]]:
    routes: list[Route] = [
        *health.routes,
        *docs_routes.routes,
        *oauth.routes.routes,
        *connector.routes.routes,
        *webhooks.routes.routes,
        *unlink_endpoint.routes,
        *capabilities_endpoint.routes,
    ]
    return {
        (method, route.path)
        for route in routes
        for method in route.methods or ()
        if method != "HEAD"
    }


def test_every_route_is_described_and_nothing_else_is() -> None:
    described = {(operation.method, operation.path) for operation in operations()}
    assert described == served() - NOT_DESCRIBED


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
