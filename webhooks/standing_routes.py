"""One subscription over HTTP: how it stands, its options, its state and its secret."""

import msgspec
from pydantic import Field
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from oauth.requests import parse_body
from storage.clock import iso_millis
from webhooks.answers import Strict, account_of, answer, moment, path_id
from webhooks.signing import maesn_secret, standard_secret
from webhooks.standing import LONGEST_COALESCING, Standing


class OptionsRequest(Strict):
    """What to change; what is left out or null stays as it is."""

    ordered: bool | None = Field(
        default=None, description="Send the events of one record one after the other."
    )
    coalesceSeconds: int | None = Field(  # noqa: N815
        default=None,
        ge=0,
        le=LONGEST_COALESCING,
        description="Wait so long for later events of the same record, to send one for all.",
    )


class RotationRequest(Strict):
    """How the old secret ends."""

    expireNow: bool = Field(  # noqa: N815
        default=False, description="End the old secret at once, because it has leaked."
    )


class WebhookState(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """One subscription and how it stands.

    `state` is ACTIVE, PAUSED (what comes is held) or DISABLED (the receiver said that it is gone);
    `state_reason` says why it isn't ACTIVE: FAILING, GONE or VENDOR. `failing_since` is when tries
    began to fail, null while the last one succeeded. `previous_secret_until` is set while a secret
    is being replaced.
    """

    id: str
    resource: str
    callback_url: str
    created_date: str
    updated_date: str
    expires_date: str = "null"
    ordered: bool
    coalesce_seconds: int
    state: str
    state_reason: str | None
    failing_since: str | None
    previous_secret_until: str | None
    waiting: int
    held: int


class RotatedSecret(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """The new secret in both spellings, shown this once.

    Until `previous_secret_until` the old one counts as well: `webhook-signature` carries both, and
    `X-MAESN-SIGNATURE` stays with the old one. Null when it ended at once.
    """

    id: str
    secret: str
    whsec_secret: str
    previous_secret_until: str | None


async def get(request: Request) -> Response:
    """Answer one subscription."""
    found = await request.app.state.container.standings.get(
        account_of(request), path_id(request, "webhookId")
    )
    return answer(request, shown_standing(found))


async def change(request: Request) -> Response:
    """Change options."""
    wanted = parse_body(OptionsRequest, await request.body())
    found = await request.app.state.container.standings.change(
        account_of(request),
        path_id(request, "webhookId"),
        ordered=wanted.ordered,
        coalesce_seconds=wanted.coalesceSeconds,
    )
    return answer(request, shown_standing(found))


async def pause(request: Request) -> Response:
    """Hold what comes."""
    await request.app.state.container.endpoints.pause(
        account_of(request), path_id(request, "webhookId")
    )
    return await get(request)


async def resume(request: Request) -> Response:
    """Send again, beginning with what was held."""
    await request.app.state.container.endpoints.resume(
        account_of(request), path_id(request, "webhookId")
    )
    return await get(request)


async def rotate(request: Request) -> Response:
    """Make a new secret."""
    wanted = parse_body(RotationRequest, await request.body())
    webhook_id = path_id(request, "webhookId")
    made = await request.app.state.container.rotation.rotate(
        account_of(request),
        webhook_id,
        expire_now=wanted.expireNow,
        by=request.state.caller.key_id,
    )
    return answer(
        request,
        RotatedSecret(
            id=webhook_id,
            secret=maesn_secret(made.secret),
            whsec_secret=standard_secret(made.secret),
            previous_secret_until=moment(made.previous_until),
        ),
    )


def shown_standing(found: Standing) -> WebhookState:
    """Show a subscription as vendors see it."""
    one = found.subscription
    return WebhookState(
        id=one.id,
        resource=one.resource,
        callback_url=one.callback_url,
        created_date=iso_millis(one.created_at),
        updated_date=iso_millis(one.updated_at),
        ordered=one.ordered,
        coalesce_seconds=one.coalesce_seconds,
        state=one.state,
        state_reason=one.state_reason,
        failing_since=moment(one.failing_since),
        previous_secret_until=moment(one.previous_until),
        waiting=found.waiting,
        held=found.held,
    )


routes = [
    Route("/webhooks/{webhookId}", get, methods=["GET"]),
    Route("/webhooks/{webhookId}", change, methods=["PATCH"]),
    Route("/webhooks/{webhookId}/pause", pause, methods=["POST"]),
    Route("/webhooks/{webhookId}/resume", resume, methods=["POST"]),
    Route("/webhooks/{webhookId}/rotateSecret", rotate, methods=["POST"]),
]
