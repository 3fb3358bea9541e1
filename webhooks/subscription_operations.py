"""Subscribing a URL to an account's changes, and ending that."""

from typing import Annotated

import msgspec
from pydantic import BaseModel, Field
from starlette.requests import Request
from starlette.responses import Response

from connector.api.envelope import BriefMeta, Envelope, answer_briefly, written
from connector.api.meaning import Moment, Never, meaning
from connector.api.operation import Permission, operation
from connector.api.parameters import path_parameter
from connector.api.parsing import read_body, unused_in
from oauth.admitted import account_of
from storage.clock import iso_millis
from storage.repositories.subscriptions import Subscription
from webhooks.choices import LONGEST_COALESCING
from webhooks.signing import maesn_secret, standard_secret
from webhooks.subscriptions import Subscriptions
from webhooks.words import RESOURCE, ResourceWord


class SubscriptionRequest(BaseModel):
    __doc__ = """What to send where."""

    callbackUrl: str = Field(  # noqa: N815
        description="Where to send events.", examples=["https://app.example/qonto/customer-42"]
    )
    resource: str = Field(
        description="Whose events to send.",
        examples=["INVOICE", "TOKEN"],
        json_schema_extra=RESOURCE,
    )
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
    deletions: bool = Field(
        default=False, description="Send DELETED, too, when a record is noticed to be gone."
    )


class WebhookSubscription(msgspec.Struct, rename="camel", kw_only=True):
    __doc__ = """One subscription; `secret` and `whsecSecret` come only with its creation.

    `expiresDate` is the text "null": subscriptions don't expire, and the contract has a string.
    """

    id: Annotated[str, meaning("The subscription's id.")]
    resource: Annotated[ResourceWord, meaning("Whose events are sent.")]
    callback_url: Annotated[str, meaning("Where events are sent.")]
    created_date: Annotated[Moment, meaning("When it was made.")]
    updated_date: Annotated[Moment, meaning("When it was last changed.")]
    expires_date: Never = "null"
    secret: Annotated[
        str | msgspec.UnsetType,
        meaning("What X-MAESN-SIGNATURE is keyed with; only in the answer to its creation."),
    ] = msgspec.UNSET
    whsec_secret: Annotated[
        str | msgspec.UnsetType,
        meaning(
            "The same secret as Standard Webhooks spells it; only in the answer to its creation."
        ),
    ] = msgspec.UNSET


class Deleted(msgspec.Struct):
    __doc__ = "That something has ended."

    message: Annotated[str, meaning("What came of it, in words.")]


@operation(
    "POST",
    "/webhooks",
    "Subscribe a URL to an account's changes",
    name="createWebhook",
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
        deletions=wanted.deletions,
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
    name="listWebhooks",
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
    name="deleteWebhook",
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
