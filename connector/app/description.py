"""Everything this service answers to, gathered from the floors, as one OpenAPI document."""

import json
import re
from collections.abc import Iterator
from functools import cache
from importlib.metadata import version
from importlib.resources import files
from typing import Any, Literal

import msgspec

import connector.routes
from connector.app.edge import ErrorEnvelope
from connector.app.openapi import describe
from connector.app.openapi_webhooks import webhooks
from connector.app.relay_operations import RELAY
from connector.app.unlink_endpoint import Unlinked
from connector.capabilities import Capabilities
from connector.routes.operation import Keys, Operation, Parameter
from connector.unified.envelope import Envelope
from oauth.endpoints import ENDPOINTS, AccountKey, Endpoint

TAGS = {
    "accounting": "A customer's books, through one model for every target system.",
    "webhooks": "Be told of changes.",
    "auth": "Link a customer's account, and see whether it can be used.",
    "tenants": "What concerns you as a vendor: your apps, addresses, keys and pages.",
    "events": "For target systems only.",
    "health": "For your monitoring; no keys are needed.",
}
"""What each group is about, the ones that are used most first."""


class Healthy(msgspec.Struct, frozen=True):
    """The process answers."""

    status: Literal["ok"]


class Health(msgspec.Struct, frozen=True):
    """How what the service stands on is: `info` what works, `error` what doesn't."""

    status: Literal["ok", "error"]
    info: dict[str, dict[str, str | int | float]]
    error: dict[str, dict[str, str | int | float]]
    details: dict[str, dict[str, str | int | float]]


_UNLINK = (
    Operation(
        "/tenants/delete-end-user",
        "DELETE",
        "End the link of an account, and erase its data if asked to",
        (
            Parameter(
                "erase",
                "query",
                {"type": "boolean", "default": False},
                "Erase everything kept about the account as well.",
                False,
            ),
        ),
        response=Unlinked,
        tag="tenants",
        description="Answers after five seconds, when no process calls for the account any more.",
    ),
)

_CAPABILITIES = Operation(
    "/capabilities",
    "GET",
    "Say what can be done with each resource",
    (
        Parameter(
            "targetSystem",
            "query",
            {"type": "string"},
            "The account's, when its key is sent, or the first one without it.",
        ),
    ),
    response=Envelope[Capabilities],
    tag="accounting",
    keys="tenant",
    description=(
        "Each resource of the contract, with what Maesn offers of it and what is offered here. "
        "`not_enabled` is what the target system has and this service doesn't offer yet: calls are "
        "answered with 404 `NOT_ENABLED`. `not_supported` is what it doesn't have: 404 "
        "`NOT_SUPPORTED`."
    ),
)

_HEALTH = (
    Operation(
        "/health",
        "GET",
        "Say that the process answers",
        response=Healthy,
        tag="health",
        keys="none",
    ),
    Operation(
        "/health/details",
        "GET",
        "Say whether all it stands on works",
        response=Health,
        tag="health",
        keys="none",
        description="503 with what doesn't work. May ask for the monitoring token.",
    ),
)


def operations() -> list[Operation]:
    """List every documented operation, group by group."""
    found = [
        *connector.routes.operations,
        _CAPABILITIES,
        *RELAY,
        *(_of(endpoint) for endpoint in ENDPOINTS),
        *_UNLINK,
        *_HEALTH,
    ]
    order = list(TAGS)
    return sorted(found, key=lambda one: order.index(one.tag) if one.tag in TAGS else len(order))


@cache
def document(server_url: str) -> dict[str, Any]:
    """Answer the OpenAPI document of the service at this address; it's made once, don't change it.

    The examples come from the simulator; `make examples` writes them.
    """
    examples = json.loads(files("connector.app").joinpath("examples.json").read_text())
    described = describe(
        operations(),
        title="qonto-connector",
        version=version("qonto-connector"),
        failure=ErrorEnvelope,
        server_url=server_url,
        description=(
            "Link Qonto accounts, read them through one model, get their changes as signed "
            "webhooks. The wire contract is Maesn's unified accounting API."
        ),
        examples=examples["operations"],
        tags=TAGS,
    )
    health = described["paths"]["/health/details"]["get"]["responses"]
    health["503"] = {**health["200"], "description": "What doesn't work"}
    health["403"] = {"$ref": "#/components/responses/ApiKeyRefused"}
    described["webhooks"], schemas = webhooks(examples["webhooks"])
    described["components"]["schemas"].update(schemas)
    return described


def _of(endpoint: Endpoint) -> Operation:
    bare = endpoint.answer is None and endpoint.media == "application/json"
    keys: Keys = "none"
    if endpoint.account_key is AccountKey.REQUIRED:
        keys = "account"
    elif endpoint.api_key:
        keys = "tenant"
    return Operation(
        endpoint.path,
        endpoint.method,
        endpoint.summary,
        tuple(_parameters(endpoint)),
        request=endpoint.body,
        response=str if bare else endpoint.answer,
        status=endpoint.status,
        tag=endpoint.tag,
        keys=keys,
        media_type=endpoint.media,
        description=endpoint.description,
    )


def _parameters(endpoint: Endpoint) -> Iterator[Parameter]:
    for name in re.findall(r"{(\w+)}", endpoint.path):
        yield Parameter(name, "path", {"type": "string"}, "", required=True)
    if endpoint.query is not None:
        schema = endpoint.query.model_json_schema(by_alias=True)
        required = schema.get("required", [])
        for name, shape in schema["properties"].items():
            described = {key: value for key, value in shape.items() if key != "description"}
            yield Parameter(
                name, "query", described, shape.get("description", ""), required=name in required
            )
