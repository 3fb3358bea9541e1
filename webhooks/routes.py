"""/webhooks for vendors, and /events/callback/{code} for the provider."""

from typing import Any

import msgspec
from pydantic import BaseModel, Field
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from oauth.requests import parse_body
from storage.clock import iso_millis
from storage.errors import Invalid
from storage.repositories.subscriptions import Subscription
from webhooks.signing import maesn_secret, standard_secret

MAX_EVENT = 1024 * 1024
"""Bytes of an incoming event; a Qonto event has a few thousand."""


class SubscriptionRequest(BaseModel):
    """What to send where."""

    callbackUrl: str = Field(examples=["https://app.example/qonto/customer-42"])  # noqa: N815
    resource: str = Field(examples=["INVOICE"])
    eventType: str | None = Field(  # noqa: N815
        default=None, description="Ignored: a subscription gets every event of its resource."
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


class Meta(msgspec.Struct, rename="camel", omit_defaults=True):
    warnings: tuple[str, ...] = ()


class SubscriptionEnvelope(msgspec.Struct, rename="camel"):
    data: SubscriptionAnswer
    meta: Meta


class SubscriptionsEnvelope(msgspec.Struct, rename="camel"):
    data: list[SubscriptionAnswer]
    meta: Meta


class Deleted(msgspec.Struct, rename="camel"):
    message: str


class Acknowledged(msgspec.Struct):
    """Nothing: the event is stored."""


_encode = msgspec.json.Encoder().encode


async def create(request: Request) -> Response:
    """Subscribe; 201 with the secrets, which are shown this once."""
    wanted = parse_body(SubscriptionRequest, await request.body())
    created = await request.app.state.container.subscriptions.create(
        request.state.account, callback_url=wanted.callbackUrl, resource=wanted.resource
    )
    warnings = created.warnings
    if wanted.eventType is not None:
        warnings += ("eventType is not used: a subscription gets every event of its resource.",)
    answer = _answer(created.subscription)
    answer.secret = maesn_secret(created.secret)
    answer.whsec_secret = standard_secret(created.secret)
    return _json(SubscriptionEnvelope(answer, Meta(warnings)), 201)


async def index(request: Request) -> Response:
    """List the account's subscriptions, without secrets."""
    found = await request.app.state.container.subscriptions.list(request.state.account)
    return _json(SubscriptionsEnvelope([_answer(item) for item in found], Meta()))


async def delete(request: Request) -> Response:
    """End a subscription."""
    await request.app.state.container.subscriptions.delete(
        request.state.account, request.path_params["webhookId"]
    )
    return _json(Deleted("The subscription has ended; nothing more is sent for it."))


async def incoming(request: Request) -> Response:
    """Take in an event of the provider: 202 once it's stored."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > MAX_EVENT:
            raise Invalid(f"An event has at most {MAX_EVENT} bytes.")
    await request.app.state.container.intake.accept(
        request.path_params["code"], request.headers, bytes(body)
    )
    return _json(Acknowledged(), 202)


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


routes = [
    Route("/webhooks", create, methods=["POST"]),
    Route("/webhooks", index, methods=["GET"]),
    Route("/webhooks/{webhookId}", delete, methods=["DELETE"]),
    Route("/events/callback/{code}", incoming, methods=["POST"]),
]
