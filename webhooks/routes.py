"""/webhooks for vendors, and /events/callback/{code} for the provider."""

from typing import Any

import msgspec
from pydantic import BaseModel, Field
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from oauth.errors import UnauthorizedAccountKey
from oauth.requests import read_body, unused_in
from storage.clock import iso_millis
from storage.repositories.subscriptions import Subscription
from webhooks import log_routes, replay_routes, standing_routes
from webhooks.incoming import Incoming
from webhooks.signing import maesn_secret, standard_secret
from webhooks.standing import LONGEST_COALESCING


class SubscriptionRequest(BaseModel):
    """What to send where."""

    callbackUrl: str = Field(examples=["https://app.example/qonto/customer-42"])  # noqa: N815
    resource: str = Field(examples=["INVOICE", "TOKEN"])
    eventType: str | None = Field(  # noqa: N815
        default=None, description="Ignored: a subscription gets every event of its resource."
    )
    ordered: bool = Field(
        default=False, description="Send the events of one record one after the other."
    )
    coalesceSeconds: int = Field(  # noqa: N815
        default=0,
        ge=0,
        le=LONGEST_COALESCING,
        description="Wait so long for later events of the same record, to send one for all.",
    )


class SubscriptionAnswer(msgspec.Struct, rename="camel", kw_only=True):
    """One subscription; `secret` and `whsecSecret` appear only in the answer to its creation.

    `expiresDate` is the text "null": subscriptions don't expire, and the contract has a string.
    """

    id: str
    resource: str
    callback_url: str
    created_date: str
    updated_date: str
    expires_date: str = "null"
    secret: str | msgspec.UnsetType = msgspec.UNSET
    whsec_secret: str | msgspec.UnsetType = msgspec.UNSET


class TenantWebhookRequest(BaseModel):
    """Where to send notices about the tenant's accounts."""

    callbackUrl: str = Field(examples=["https://app.example/qonto/notices"])  # noqa: N815


class TenantWebhookAnswer(msgspec.Struct, rename="camel", kw_only=True):
    """A URL for notices; they are signed with the tenant's signing secret, so none is made here."""

    id: str
    callback_url: str
    created_date: str
    updated_date: str
    expires_date: str = "null"


class Meta(msgspec.Struct, rename="camel", omit_defaults=True):
    warnings: tuple[str, ...] = ()


class _Envelope(msgspec.Struct, rename="camel", kw_only=True):
    meta: Meta
    raw_data: None = None
    errors: None = None


class SubscriptionEnvelope(_Envelope, rename="camel", kw_only=True):
    data: SubscriptionAnswer


class SubscriptionsEnvelope(_Envelope, rename="camel", kw_only=True):
    data: list[SubscriptionAnswer]


class TenantWebhookEnvelope(_Envelope, rename="camel", kw_only=True):
    data: TenantWebhookAnswer


class Deleted(msgspec.Struct, rename="camel"):
    message: str


class Acknowledged(msgspec.Struct):
    """Nothing: the event is stored."""


_encode = msgspec.json.Encoder().encode


async def create(request: Request) -> Response:
    """Subscribe; 201 with the secrets, which are shown this once."""
    wanted = await read_body(SubscriptionRequest, request)
    created = await request.app.state.container.subscriptions.create(
        request.state.account,
        callback_url=wanted.callbackUrl,
        resource=wanted.resource,
        ordered=wanted.ordered,
        coalesce_seconds=wanted.coalesceSeconds,
    )
    warnings = created.warnings + unused_in(request)
    if wanted.eventType is not None:
        warnings += ("eventType is not used: a subscription gets every event of its resource.",)
    answer = _answer(created.subscription)
    answer.secret = maesn_secret(created.secret)
    answer.whsec_secret = standard_secret(created.secret)
    return _json(SubscriptionEnvelope(data=answer, meta=Meta(warnings)), 201)


async def index(request: Request) -> Response:
    """List the account's subscriptions, without secrets."""
    found = await request.app.state.container.subscriptions.list(request.state.account)
    return _json(SubscriptionsEnvelope(data=[_answer(item) for item in found], meta=Meta()))


async def delete(request: Request) -> Response:
    """End a subscription."""
    account = getattr(request.state, "account", None)
    if account is None:
        # /webhooks/tenant without an id, where an account key may be missing
        raise UnauthorizedAccountKey
    await request.app.state.container.subscriptions.delete(
        account, request.path_params["webhookId"]
    )
    return _json(Deleted("The subscription has ended; nothing more is sent for it."))


async def create_for_tenant(request: Request) -> Response:
    """Ask for notices about the tenant's accounts."""
    wanted = await read_body(TenantWebhookRequest, request)
    made = await request.app.state.container.tenant_webhooks.create(
        request.state.tenant, wanted.callbackUrl
    )
    created = iso_millis(made.created_at)
    answer = TenantWebhookAnswer(
        id=made.id, callback_url=made.callback_url, created_date=created, updated_date=created
    )
    meta = Meta(unused_in(request))
    return _json(TenantWebhookEnvelope(data=answer, meta=meta), 201)


async def delete_for_tenant(request: Request) -> Response:
    """End the notices to one URL."""
    await request.app.state.container.tenant_webhooks.delete(
        request.state.tenant, request.path_params["webhookId"]
    )
    return _json(Deleted("The webhook has ended; nothing more is sent for it."))


def _answer(subscription: Subscription) -> SubscriptionAnswer:
    return SubscriptionAnswer(
        id=subscription.id,
        resource=subscription.resource,
        callback_url=subscription.callback_url,
        created_date=iso_millis(subscription.created_at),
        updated_date=iso_millis(subscription.updated_at),
    )


def _json(answer: Any, status: int = 200) -> Response:
    return Response(_encode(answer), status, media_type="application/json")


incoming = Route("/events/callback/{code}", Incoming(), methods=["POST"])

routes = [
    Route("/webhooks", create, methods=["POST"]),
    Route("/webhooks", index, methods=["GET"]),
    Route("/webhooks/tenant", create_for_tenant, methods=["POST"]),
    Route("/webhooks/tenant/{webhookId}", delete_for_tenant, methods=["DELETE"]),
    Route("/webhooks/{webhookId}", delete, methods=["DELETE"]),
    *log_routes.routes,
    *replay_routes.routes,
    *standing_routes.routes,
    incoming,
]
