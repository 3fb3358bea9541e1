"""Subscribing a URL to an account's changes, and ending that."""

import msgspec
from pydantic import BaseModel, Field
from starlette.requests import Request
from starlette.responses import Response

from connector.api.envelope import BriefMeta, Envelope, answer_briefly, written
from connector.api.operation import Permission, operation
from connector.api.parameters import path_parameter
from connector.api.parsing import read_body, unused_in
from oauth.admitted import account_of
from storage.clock import iso_millis
from storage.repositories.subscriptions import Subscription
from webhooks.signing import maesn_secret, standard_secret
from webhooks.subscriptions import Subscriptions
from webhooks.wording import LONGEST_COALESCING


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


class WebhookSubscription(msgspec.Struct, rename="camel", kw_only=True):
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


class Deleted(msgspec.Struct):
    message: str


@operation(
    "POST",
    "/webhooks",
    "Subscribe a URL to an account's changes",
    permission=Permission.WRITE,
    request=SubscriptionRequest,
    response=Envelope[WebhookSubscription, BriefMeta],
    status=201,
    description="The secrets are shown in this answer only.",
    tag="webhooks",
)
async def create(subscriptions: Subscriptions, request: Request) -> Response:
    """Subscribe; 201 with the secrets, which are shown this once."""
    wanted = await read_body(SubscriptionRequest, request)
    created = await subscriptions.create(
        account_of(request),
        callback_url=wanted.callbackUrl,
        resource=wanted.resource,
        ordered=wanted.ordered,
        coalesce_seconds=wanted.coalesceSeconds,
    )
    warnings = created.warnings + unused_in(request)
    if wanted.eventType is not None:
        warnings += ("eventType is not used: a subscription gets every event of its resource.",)
    shown = _shown(created.subscription)
    shown.secret = maesn_secret(created.secret)
    shown.whsec_secret = standard_secret(created.secret)
    return answer_briefly(shown, warnings=warnings, status=201)


@operation(
    "GET",
    "/webhooks",
    "List an account's subscriptions",
    permission=Permission.READ,
    response=Envelope[list[WebhookSubscription], BriefMeta],
    tag="webhooks",
)
async def index(subscriptions: Subscriptions, request: Request) -> Response:
    """List the account's subscriptions, without secrets."""
    found = await subscriptions.list(account_of(request))
    return answer_briefly([_shown(item) for item in found])


@operation(
    "DELETE",
    "/webhooks/{webhookId}",
    "End a subscription",
    permission=Permission.WRITE,
    parameters=(path_parameter("webhookId", "The subscription's id."),),
    response=Deleted,
    tag="webhooks",
)
async def delete(subscriptions: Subscriptions, request: Request) -> Response:
    """End a subscription."""
    await subscriptions.delete(account_of(request), request.path_params["webhookId"])
    return written(Deleted("The subscription has ended; nothing more is sent for it."))


def _shown(subscription: Subscription) -> WebhookSubscription:
    return WebhookSubscription(
        id=subscription.id,
        resource=subscription.resource,
        callback_url=subscription.callback_url,
        created_date=iso_millis(subscription.created_at),
        updated_date=iso_millis(subscription.updated_at),
    )


SUBSCRIPTION_OPERATIONS = (create, index, delete)
