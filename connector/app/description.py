"""Everything this service answers to, gathered from the floors, as one OpenAPI document."""

import re
from collections.abc import Iterator
from importlib.metadata import version
from typing import Any

import connector.routes
from connector.app.edge import ErrorEnvelope
from connector.app.openapi import describe
from connector.app.unlink_endpoint import Unlinked
from connector.routes.operation import Keys, Operation, Parameter
from oauth.endpoints import ENDPOINTS, AccountKey, Endpoint
from webhooks import routes as relay

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

_RELAY = (
    Operation(
        "/webhooks",
        "POST",
        "Subscribe a URL to an account's changes",
        request=relay.SubscriptionRequest,
        response=relay.SubscriptionEnvelope,
        status=201,
        tag="webhooks",
        description="The secrets are shown in this answer only.",
    ),
    Operation(
        "/webhooks",
        "GET",
        "List an account's subscriptions",
        response=relay.SubscriptionsEnvelope,
        tag="webhooks",
    ),
    Operation(
        "/webhooks/{webhookId}",
        "DELETE",
        "End a subscription",
        (Parameter("webhookId", "path", {"type": "string"}, "The subscription's id.", True),),
        response=relay.Deleted,
        tag="webhooks",
    ),
    Operation(
        "/webhooks/tenant",
        "POST",
        "Be told when an account can't be used any more",
        request=relay.TenantWebhookRequest,
        response=relay.TenantWebhookEnvelope,
        status=201,
        tag="webhooks",
        keys="tenant",
        description="For all accounts of the tenant; signed with its signing secret.",
    ),
    Operation(
        "/webhooks/tenant/{webhookId}",
        "DELETE",
        "End the notices to one URL",
        (Parameter("webhookId", "path", {"type": "string"}, "The webhook's id.", True),),
        response=relay.Deleted,
        tag="webhooks",
        keys="tenant",
    ),
    Operation(
        "/events/callback/{code}",
        "POST",
        "Take in an event of the provider",
        (Parameter("code", "path", {"type": "string"}, "What the provider was told.", True),),
        response=relay.Acknowledged,
        status=202,
        tag="events",
        keys="none",
        description="Only for the provider, whose signature is checked.",
    ),
)

_HEALTH = (
    Operation("/health", "GET", "Say that the process answers", tag="health", keys="none"),
    Operation(
        "/health/details",
        "GET",
        "Say whether all it stands on works",
        tag="health",
        keys="none",
        description="503 with what doesn't work. May ask for the monitoring token.",
    ),
)


def operations() -> list[Operation]:
    """List every documented operation."""
    return [
        *(_of(endpoint) for endpoint in ENDPOINTS),
        *connector.routes.operations,
        *_UNLINK,
        *_RELAY,
        *_HEALTH,
    ]


def document(server_url: str) -> dict[str, Any]:
    """Answer the OpenAPI document of the service at this address."""
    return describe(
        operations(),
        title="qonto-connector",
        version=version("qonto-connector"),
        failure=ErrorEnvelope,
        server_url=server_url,
        description=(
            "Link Qonto accounts, read them through one model, get their changes as signed "
            "webhooks. The wire contract is Maesn's unified accounting API."
        ),
    )


def _of(endpoint: Endpoint) -> Operation:
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
        response=endpoint.answer if endpoint.media == "application/json" else None,
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
