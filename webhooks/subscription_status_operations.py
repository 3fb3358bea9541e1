"""One subscription over HTTP: how it stands, its options, its state and its secret."""

from dataclasses import dataclass
from typing import Annotated

import msgspec
from pydantic import Field
from starlette.requests import Request
from starlette.responses import Response

from connector.api.envelope import Envelope, Meta, answer
from connector.api.meaning import Moment, Never, meaning
from connector.api.operation import Permission, operation
from connector.api.parameters import path_parameter
from connector.api.parsing import parse_body
from oauth.admitted import account_of, caller_of
from storage.clock import iso_millis, maybe_iso_millis
from webhooks.asking import Strict, path_id
from webhooks.choices import LONGEST_COALESCING
from webhooks.endpoints import Endpoints
from webhooks.rotation import Rotation
from webhooks.signing import maesn_secret, standard_secret
from webhooks.subscription_status import SubscriptionStatus, SubscriptionStatuses
from webhooks.words import ReasonWord, ResourceWord, StateWord


class OptionsRequest(Strict):
    __doc__ = """What to change; what is left out or null stays as it is."""

    ordered: bool | None = Field(
        default=None, description="Send the events of one record one after the other."
    )
    coalesceSeconds: int | None = Field(  # noqa: N815
        default=None,
        ge=0,
        le=LONGEST_COALESCING,
        description="Wait so long for later events of the same record, to send one for all.",
    )
    deletions: bool | None = Field(
        default=None, description="Send DELETED, too, when a record is noticed to be gone."
    )


class RotationRequest(Strict):
    __doc__ = """How the old secret ends."""

    expireNow: bool = Field(  # noqa: N815
        default=False, description="End the old secret at once, because it has leaked."
    )


class WebhookState(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    __doc__ = "One subscription and how it stands."

    id: Annotated[str, meaning("The subscription's id.")]
    resource: Annotated[ResourceWord, meaning("Whose events are sent.")]
    callback_url: Annotated[str, meaning("Where events are sent.")]
    created_date: Annotated[Moment, meaning("When it was made.")]
    updated_date: Annotated[Moment, meaning("When it was last changed.")]
    expires_date: Never = "null"
    ordered: Annotated[
        bool, meaning("Whether the events of one record are sent one after the other.")
    ]
    coalesce_seconds: Annotated[
        int,
        meaning("How long later events of the same record are waited for, to send one for all."),
    ]
    deletions: Annotated[bool, meaning("Whether DELETED is sent, too.")]
    state: Annotated[StateWord, meaning("Whether it is sent to.")]
    state_reason: Annotated[ReasonWord | None, meaning("Why it isn't ACTIVE; null while it is.")]
    failing_since: Annotated[
        Moment | None, meaning("Since when attempts fail; null while the last one succeeded.")
    ]
    previous_secret_until: Annotated[
        Moment | None, meaning("Until when the secret before counts as well; null when none does.")
    ]
    waiting: Annotated[int, meaning("Deliveries that wait to be sent.")]
    held: Annotated[int, meaning("Deliveries that are kept while it is paused.")]


class RotatedSecret(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    __doc__ = """The new secret in both spellings, shown this once.

    While the old one counts as well, `webhook-signature` carries both, and `X-MAESN-SIGNATURE`
    stays with the old one.
    """

    id: Annotated[str, meaning("The subscription's id.")]
    secret: Annotated[str, meaning("What X-MAESN-SIGNATURE is keyed with, shown this once.")]
    whsec_secret: Annotated[str, meaning("The same secret as Standard Webhooks spells it.")]
    previous_secret_until: Annotated[
        Moment | None,
        meaning("Until when the old secret counts as well; null when it ended at once."),
    ]


_WEBHOOK = path_parameter("webhookId", "The subscription's id.")


@operation(
    "GET",
    "/webhooks/{webhookId}",
    "Get a subscription, and how it stands",
    name="getWebhook",
    permission=Permission.READ,
    parameters=(_WEBHOOK,),
    response=Envelope[WebhookState, Meta],
    tag="webhooks",
)
async def get(statuses: SubscriptionStatuses, request: Request) -> Response:
    """Return one subscription."""
    return await _shown(statuses, request)


@operation(
    "PATCH",
    "/webhooks/{webhookId}",
    "Change a subscription's options",
    name="updateWebhook",
    permission=Permission.WRITE,
    parameters=(_WEBHOOK,),
    request=OptionsRequest,
    response=Envelope[WebhookState, Meta],
    description="They count from the next event on.",
    tag="webhooks",
)
async def change(statuses: SubscriptionStatuses, request: Request) -> Response:
    """Change options."""
    wanted = parse_body(OptionsRequest, await request.body())
    found = await statuses.change(
        account_of(request),
        path_id(request, "webhookId"),
        ordered=wanted.ordered,
        coalesce_seconds=wanted.coalesceSeconds,
        deletions=wanted.deletions,
    )
    return answer(request, shown_status(found))


@dataclass(frozen=True, slots=True)
class Switching:
    """What pauses and resumes, and tells how it stands then."""

    endpoints: Endpoints
    statuses: SubscriptionStatuses


@operation(
    "POST",
    "/webhooks/{webhookId}/pause",
    "Pause a subscription",
    name="pauseWebhook",
    permission=Permission.WRITE,
    parameters=(_WEBHOOK,),
    response=Envelope[WebhookState, Meta],
    description="What comes is kept, and sent when it is resumed.",
    tag="webhooks",
)
async def pause(switching: Switching, request: Request) -> Response:
    """Hold what comes."""
    await switching.endpoints.pause(account_of(request), path_id(request, "webhookId"))
    return await _shown(switching.statuses, request)


@operation(
    "POST",
    "/webhooks/{webhookId}/resume",
    "Resume a subscription",
    name="resumeWebhook",
    permission=Permission.WRITE,
    parameters=(_WEBHOOK,),
    response=Envelope[WebhookState, Meta],
    description="Also one that was paused because it kept failing, or was disabled.",
    tag="webhooks",
)
async def resume(switching: Switching, request: Request) -> Response:
    """Send again, beginning with what was held."""
    await switching.endpoints.resume(account_of(request), path_id(request, "webhookId"))
    return await _shown(switching.statuses, request)


@operation(
    "POST",
    "/webhooks/{webhookId}/rotateSecret",
    "Make a new secret",
    name="rotateWebhookSecret",
    permission=Permission.WRITE,
    parameters=(_WEBHOOK,),
    request=RotationRequest,
    response=Envelope[RotatedSecret, Meta],
    description=(
        "For 24 hours `webhook-signature` carries a signature of each, the new one first, and"
        " `X-MAESN-SIGNATURE` stays with the old secret. Meanwhile another call is answered "
        "with 409 `ROTATION_UNDER_WAY`, unless it has `expireNow`, which ends all secrets but"
        " the new one. The secret is shown in this answer only."
    ),
    tag="webhooks",
)
async def rotate(rotation: Rotation, request: Request) -> Response:
    """Make a new secret."""
    wanted = parse_body(RotationRequest, await request.body())
    webhook_id = path_id(request, "webhookId")
    made = await rotation.rotate(
        account_of(request),
        webhook_id,
        expire_now=wanted.expireNow,
        by=caller_of(request).key_id,
    )
    return answer(
        request,
        RotatedSecret(
            id=webhook_id,
            secret=maesn_secret(made.secret),
            whsec_secret=standard_secret(made.secret),
            previous_secret_until=maybe_iso_millis(made.previous_until),
        ),
    )


async def _shown(statuses: SubscriptionStatuses, request: Request) -> Response:
    found = await statuses.get(account_of(request), path_id(request, "webhookId"))
    return answer(request, shown_status(found))


def shown_status(found: SubscriptionStatus) -> WebhookState:
    """Show a subscription as vendors see it."""
    one = found.subscription
    return WebhookState(
        id=one.id,
        resource=one.resource,
        callback_url=one.callback_url,
        created_date=iso_millis(one.created_at),
        updated_date=iso_millis(one.updated_at),
        ordered=one.ordered,
        deletions=one.deletions,
        coalesce_seconds=one.coalesce_seconds,
        state=one.state,
        state_reason=one.state_reason,
        failing_since=maybe_iso_millis(one.failing_since),
        previous_secret_until=maybe_iso_millis(one.previous_until),
        waiting=found.waiting,
        held=found.held,
    )


SUBSCRIPTION_STATUS_OPERATIONS = (get, change)
SWITCHING_OPERATIONS = (pause, resume)
ROTATION_OPERATIONS = (rotate,)
