"""The API's description."""

import json
from typing import Any

import msgspec
import pytest
from pydantic import BaseModel, Field, create_model
from starlette.requests import Request
from starlette.responses import Response

from connector.api.envelope import Envelope, Meta
from connector.api.named import choice
from connector.api.openapi import describe
from connector.api.openapi_errors import FAILURES, error_codes
from connector.api.operation import Operation, Parameter, Permission
from connector.api.routing import operations
from connector.app import operations as _of_all_floors  # and so every error
from connector.faces.rest import GROUPS
from connector.unified.invoice import Invoice

del _of_all_floors


class Wanted(BaseModel):
    """What is asked for."""

    callbackUrl: str = Field(examples=["https://app.example"])  # noqa: N815


class Made(msgspec.Struct, frozen=True, rename="camel"):
    """What was made; `made_date` is when, `other_name` is no field."""

    made_date: str


async def never(_use: object, _request: Request) -> Response:
    """Serve nothing: only the description is looked at."""
    raise AssertionError


def made_up(method: str, path: str, **facts: Any) -> Operation[object]:
    """An operation that is only described."""
    needed = {} if facts.get("keys") == "none" else {"permission": Permission.READ}
    name = f"{method.lower()}MadeUp{path.strip('/').title()}"
    told = {"summary": "Do it", "name": name, "tag": "accounting", "handler": never}
    told |= needed | facts
    return Operation(method=method, path=path, **told)


DOCUMENT = describe(
    [
        *operations(GROUPS),
        made_up(
            "POST",
            "/things/{thingId}",
            summary="Make a thing",
            name="makeThing",
            parameters=(Parameter("thingId", "path", {"type": "string"}, "Its id.", True),),
            request=Wanted,
            response=Made,
            status=201,
            tag="things",
            keys="tenant",
            description="At once.",
        ),
        made_up("GET", "/link", media_type="text/html", keys="none"),
        made_up("GET", "/name", response=str, keys="none"),
        made_up("GET", "/either", response=Made, media_type="text/html"),
        made_up("GET", "/file", media_type="application/pdf"),
        made_up("GET", "/never", response=str, status=404, keys="tenant"),
    ],
    title="Connector",
    version="1.2.3",
    server_url="https://connector.example",
    examples={"makeThing": {"request": {"a": 1}, "answer": {"madeDate": "today"}}},
    tags={"things": "What can be made."},
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
    known = {
        f"#/components/{kind}/{name}"
        for kind, named in DOCUMENT["components"].items()
        for name in named
    }
    assert _references(DOCUMENT) <= known
    assert all(name.isalnum() for name in SCHEMAS)
    assert {"InvoiceAnswer", "InvoiceListAnswer", "Wanted", "Made", "NotFoundError"} <= set(SCHEMAS)


def test_decimals_are_described_as_numbers() -> None:
    """Since that is how they are written."""
    assert SCHEMAS["Invoice"]["properties"]["totalAmount"] == {
        "anyOf": [{"type": "number"}, {"type": "null"}],
        "description": "The amount with tax.",
    }
    assert '"decimal"' not in json.dumps(DOCUMENT)


def test_no_record_and_no_line_may_lack_its_id() -> None:
    """A rate of tax is neither, and Qonto's have none; nor is a batch, nor what is asked for."""
    schemas = DOCUMENT["components"]["schemas"]
    own = {"id", "lineItemId"}
    found = {name: own & set(model.get("properties", ())) for name, model in schemas.items()}
    assert {"Invoice", "InvoiceLine", "ContactPersonV2", "User", "File", "Company"} <= {
        name for name, fields in found.items() if fields
    }
    lax = [
        name
        for name, fields in found.items()
        if not name.endswith(("Request", "Change"))
        for field in fields
        if schemas[name]["properties"][field].get("type") != "string"
        or field not in schemas[name]["required"]
    ]
    assert set(lax) == {"BatchResult", "ContactBatch", "ExpenseTaxRate"}


def test_the_envelope_is_described_as_it_is_sent() -> None:
    """Every key always there, raw data an object or null, errors null."""
    answer = SCHEMAS["InvoiceListAnswer"]
    assert answer["required"] == ["data", "meta", "rawData", "errors"]
    assert answer["properties"]["data"]["items"] == {"$ref": "#/components/schemas/Invoice"}
    assert answer["properties"]["rawData"]["anyOf"] == [
        {"$ref": "#/components/schemas/SourceDocument"},
        {"type": "null"},
    ]
    assert SCHEMAS["SourceDocument"]["type"] == "object"
    assert answer["properties"]["errors"]["type"] == "null"
    assert set(SCHEMAS["Meta"]["required"]) == {"pagination", "warnings", "requestId"}
    assert set(SCHEMAS["Invoice"]["required"]) == set(SCHEMAS["Invoice"]["properties"])


def test_operations_have_ids_keys_parameters_bodies_and_failures() -> None:
    """Distinct ids; the keys each call needs."""
    made = DOCUMENT["paths"]["/things/{thingId}"]["post"]
    assert made["operationId"] == "makeThing"
    assert made["security"] == [{"apiKey": []}]
    assert made["description"] == "At once."
    assert made["parameters"][0]["required"] is True
    body = made["requestBody"]["content"]["application/json"]["schema"]
    assert body == {"$ref": "#/components/schemas/Wanted"}
    refusals = {"400", "401", "403", "404", "405", "409", "413", "429", "500", "503"}
    assert set(made["responses"]) == {"201", *refusals}
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


def test_an_answer_may_come_in_two_forms() -> None:
    """As text, and as JSON for who accepts it; files are neither."""
    either = DOCUMENT["paths"]["/either"]["get"]["responses"]["200"]["content"]
    assert either == {
        "text/html": {"schema": {"type": "string"}},
        "application/json": {"schema": {"$ref": "#/components/schemas/Made"}},
    }
    file = DOCUMENT["paths"]["/file"]["get"]["responses"]["200"]["content"]
    assert file == {"application/pdf": {"schema": {}}}


def test_a_call_that_never_succeeds_has_failures_only() -> None:
    """Nobody waits for a success that doesn't come."""
    assert min(DOCUMENT["paths"]["/never"]["get"]["responses"]) == "400"


def test_descriptions_spell_fields_as_they_are_on_the_wire() -> None:
    """A reader of the description doesn't know the code's names."""
    described = SCHEMAS["Made"]["description"]
    assert described == "What was made; `madeDate` is when, `other_name` is no field."


def test_examples_and_groups_are_told() -> None:
    """Examples by operation id."""
    made = DOCUMENT["paths"]["/things/{thingId}"]["post"]
    assert made["requestBody"]["content"]["application/json"]["example"] == {"a": 1}
    assert made["responses"]["201"]["content"]["application/json"]["example"] == {
        "madeDate": "today"
    }
    assert {"name": "things", "description": "What can be made."} in DOCUMENT["tags"]


def test_every_status_of_an_error_has_a_response_and_every_response_its_codes() -> None:
    """Codes come from the error classes, so none is forgotten."""
    codes = error_codes()
    assert {one.status for one in codes} == set(FAILURES)
    assert all(one.meaning for one in codes)
    responses = DOCUMENT["components"]["responses"]
    for status, (name, _) in FAILURES.items():
        content = responses[name]["content"]["application/json"]["schema"]
        assert content == {"$ref": f"#/components/schemas/{name}Error"}
        reason = SCHEMAS[f"{name}Error"]["properties"]["errors"]["$ref"].rpartition("/")[2]
        told = SCHEMAS[reason]["properties"]["code"]["$ref"].rpartition("/")[2]
        expected = [one for one in codes if one.status == status]
        assert SCHEMAS[told]["enum"] == [one.code for one in expected]
        assert all(one.meaning in SCHEMAS[told]["description"] for one in expected)
    assert "Retry-After" in responses["TooManyRequests"]["headers"]
    assert "Retry-After" not in responses["BadRequest"]["headers"]


def test_two_models_of_one_name_are_refused() -> None:
    """One would be described as the other."""
    namesake = create_model("Invoice", colour=(str, ...))
    twice = [
        made_up("GET", "/a", response=Envelope[Invoice, Meta]),
        made_up("POST", "/b", request=namesake),
    ]
    with pytest.raises(ValueError, match="Invoice"):
        describe(twice, title="t", version="1")


def test_a_named_choice_is_described_once_under_its_name() -> None:
    """However many fields and parameters take it, and whatever each of them says of itself."""
    status = {"$ref": "#/components/schemas/DocumentStatus"}
    for model in ("Invoice", "Bill", "CreditNote"):
        assert SCHEMAS[model]["properties"]["status"]["anyOf"] == [status, {"type": "null"}]
    parameters = DOCUMENT["paths"]["/accounting/invoices"]["get"]["parameters"]
    assert {one["name"]: one["schema"] for one in parameters}["status"] == status
    assert "OVERDUE" in SCHEMAS["DocumentStatus"]["enum"]
    assert SCHEMAS["DocumentStatus"]["description"] == "Where an invoice or a bill stands."


def test_two_choices_of_one_name_are_refused() -> None:
    """A client would have one class for both."""
    one = Parameter("a", "query", choice("Colour", "A colour.", ("red",)), "One.")
    other = Parameter("b", "query", choice("Colour", "A colour.", ("blue",)), "The other.")
    with pytest.raises(ValueError, match="Colour"):
        describe([made_up("GET", "/a", parameters=(one, other))], title="t", version="1")


def test_fields_with_a_default_are_there_in_answers_and_may_be_missing_in_requests() -> None:
    """Since an answer is sent with them."""
    assert set(SCHEMAS["NotFoundProblem"]["required"]) == set(
        SCHEMAS["NotFoundProblem"]["properties"]
    )
    assert SCHEMAS["PassThroughRequest"]["required"] == ["path", "method"]
