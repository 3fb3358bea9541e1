"""The API's description."""

import json
from typing import Any

import msgspec
import pytest
from pydantic import BaseModel, Field, create_model

from connector.app.openapi import describe
from connector.routes import operations
from connector.routes.operation import Operation, Parameter
from connector.unified.envelope import Envelope
from connector.unified.invoice import Invoice


class Wanted(BaseModel):
    """What is asked for."""

    callbackUrl: str = Field(examples=["https://app.example"])  # noqa: N815


class Made(msgspec.Struct, frozen=True, rename="camel"):
    """What was made."""

    made_date: str


class Failure(msgspec.Struct, frozen=True):
    """Why it failed."""

    errors: dict[str, str]


DOCUMENT = describe(
    [
        *operations,
        Operation(
            "/things/{thingId}",
            "POST",
            "Make a thing",
            parameters=(Parameter("thingId", "path", {"type": "string"}, "Its id.", True),),
            request=Wanted,
            response=Made,
            status=201,
            tag="things",
            keys="tenant",
            description="At once.",
        ),
        Operation("/link", "GET", "Get a link", media_type="text/html", keys="none"),
        Operation("/name", "GET", "Get a name", response=str, keys="none"),
    ],
    title="Connector",
    version="1.2.3",
    failure=Failure,
    server_url="https://connector.example",
)
SCHEMAS: dict[str, Any] = DOCUMENT["components"]["schemas"]


def _references(node: Any) -> set[str]:
    if isinstance(node, dict):
        found = {node["$ref"]} if isinstance(node.get("$ref"), str) else set[str]()
        return found.union(*(_references(value) for value in node.values()))
    if isinstance(node, list):
        return set[str]().union(*(_references(value) for value in node))
    return set()


def test_it_is_openapi_3_1_that_json_can_hold() -> None:
    """With title, version and server."""
    assert json.loads(json.dumps(DOCUMENT)) == DOCUMENT
    assert DOCUMENT["openapi"] == "3.1.0"
    assert DOCUMENT["info"]["version"] == "1.2.3"
    assert DOCUMENT["servers"] == [{"url": "https://connector.example"}]


def test_every_reference_leads_somewhere() -> None:
    """And no name is a mangled type."""
    assert _references(DOCUMENT) <= {f"#/components/schemas/{name}" for name in SCHEMAS}
    assert all(name.isalnum() for name in SCHEMAS)
    assert {"InvoiceAnswer", "InvoiceListAnswer", "Wanted", "Made", "Failure"} <= set(SCHEMAS)


def test_decimals_are_described_as_numbers() -> None:
    """Since that is how they are written."""
    assert SCHEMAS["Invoice"]["properties"]["totalAmount"] == {
        "anyOf": [{"type": "number"}, {"type": "null"}]
    }
    assert "decimal" not in json.dumps(DOCUMENT)


def test_the_envelope_is_described_as_it_is_sent() -> None:
    """Every key always there, raw data an object or null, errors null."""
    answer = SCHEMAS["InvoiceListAnswer"]
    assert answer["required"] == ["data", "meta", "rawData", "errors"]
    assert answer["properties"]["data"]["items"] == {"$ref": "#/components/schemas/Invoice"}
    assert answer["properties"]["rawData"]["type"] == ["object", "null"]
    assert answer["properties"]["errors"] == {"type": "null"}
    assert set(SCHEMAS["Meta"]["required"]) == {"pagination", "warnings", "requestId"}
    assert set(SCHEMAS["Invoice"]["required"]) == set(SCHEMAS["Invoice"]["properties"])


def test_operations_have_ids_keys_parameters_bodies_and_failures() -> None:
    """Distinct ids; the keys each call needs."""
    made = DOCUMENT["paths"]["/things/{thingId}"]["post"]
    assert made["operationId"] == "postThingsByThingId"
    assert made["security"] == [{"apiKey": []}]
    assert made["description"] == "At once."
    assert made["parameters"][0]["required"] is True
    body = made["requestBody"]["content"]["application/json"]["schema"]
    assert body == {"$ref": "#/components/schemas/Wanted"}
    assert set(made["responses"]) == {"201", "400", "403", "default"}
    ids = [one["operationId"] for path in DOCUMENT["paths"].values() for one in path.values()]
    assert len(ids) == len(set(ids))
    listed = DOCUMENT["paths"]["/accounting/invoices"]["get"]
    assert listed["security"] == [{"apiKey": [], "accountKey": []}]
    assert "429" in listed["responses"]


def test_answers_may_be_text() -> None:
    """A page, or a bare JSON string."""
    page = DOCUMENT["paths"]["/link"]["get"]
    assert page["responses"]["200"]["content"] == {"text/html": {"schema": {"type": "string"}}}
    assert page["security"] == []
    name = DOCUMENT["paths"]["/name"]["get"]["responses"]["200"]["content"]
    assert name == {"application/json": {"schema": {"type": "string"}}}


def test_two_models_of_one_name_are_refused() -> None:
    """One would be described as the other."""
    namesake = create_model("Invoice", colour=(str, ...))
    twice = [
        Operation("/a", "GET", "A", response=Envelope[Invoice]),
        Operation("/b", "POST", "B", request=namesake),
    ]
    with pytest.raises(ValueError, match="Invoice"):
        describe(twice, title="t", version="1")


def test_without_a_model_of_failures_none_are_described() -> None:
    """The rest is the same."""
    document = describe(operations, title="t", version="1")
    assert set(document["paths"]["/accounting/bills"]["get"]["responses"]) == {"200"}
    assert "servers" not in document
