"""Replays and test events over HTTP: what sends something on request."""

from typing import Annotated

import msgspec
from pydantic import Field
from starlette.requests import Request
from starlette.responses import Response

from connector.api.envelope import CursorMeta, Envelope, Meta, answer, answer_cursor
from connector.api.meaning import Moment, meaning
from connector.api.operation import Permission, operation
from connector.api.parameters import path_parameter
from connector.api.parsing import parse_body, parse_query
from oauth.admitted import account_of
from storage.clock import iso_millis, maybe_iso_millis
from webhooks.asking import Between, Cursor, Limit, ShortText, Strict, path_id
from webhooks.log_operations import WebhookDelivery, shown
from webhooks.replays import Criteria, ReplayProgress, Replays
from webhooks.test_event import SubscriptionTester
from webhooks.words import ReplayChoice, ReplayChoiceWord, ReplayStateWord

_WEBHOOK = path_parameter("webhookId", "The subscription's id.")
_HELD = ("The subscription is paused: this is kept, and sent when it is resumed.",)


class ReplayRequest(Between):
    __doc__ = """Which of the finished deliveries to send again."""

    status: ReplayChoice = Field(description="Which of them.")
    resourceId: ShortText | None = Field(  # noqa: N815
        default=None, description="Only events of this record."
    )


class WebhookReplay(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    __doc__ = "A job that sends again, with what became of the deliveries that it planned."

    id: Annotated[str, meaning("The replay's id.")]
    webhook_id: Annotated[str, meaning("The subscription's id.")]
    state: Annotated[ReplayStateWord, meaning("How far it got.")]
    status: Annotated[ReplayChoiceWord, meaning("Which deliveries are sent again.")]
    from_: Annotated[Moment | None, meaning("Only what was planned then or later.")] = (
        msgspec.field(name="from")
    )
    to: Annotated[Moment | None, meaning("Only what was planned before then.")]
    resource_id: Annotated[str | None, meaning("Only events of this record.")]
    total: Annotated[int, meaning("Events that fitted when it began.")]
    planned: Annotated[int, meaning("Events that it got to.")]
    waiting: Annotated[int, meaning("Planned events that wait to be sent.")]
    delivered: Annotated[int, meaning("Planned events that arrived.")]
    failed: Annotated[int, meaning("Planned events that were given up.")]
    canceled: Annotated[int, meaning("Planned events that were canceled.")]
    merged: Annotated[
        int, meaning("Planned events that were joined with a later one of the same record.")
    ]
    removed: Annotated[int, meaning("Events that were deleted as too old before their turn came.")]
    created_date: Annotated[Moment, meaning("When it began.")]
    updated_date: Annotated[Moment, meaning("When it last got on.")]


class ReplaysQuery(Strict):
    cursor: Cursor | None = None
    limit: Limit = 50


@operation(
    "POST",
    "/webhooks/deliveries/{deliveryId}/replay",
    "Send a delivery again",
    name="replayWebhookDelivery",
    permission=Permission.WRITE,
    parameters=(path_parameter("deliveryId", "The delivery's id."),),
    response=Envelope[WebhookDelivery, Meta],
    status=202,
    description=(
        "A new delivery of the same event: same `webhook-id`, same bytes, so that receivers "
        "can tell that they have it. Notices are not sent again: 409 `NOT_REPLAYABLE`."
    ),
    tag="webhooks",
)
async def replay_one(replays: Replays, request: Request) -> Response:
    """Send one delivery's event again: 202 with the new delivery."""
    again = await replays.one(account_of(request), path_id(request, "deliveryId"))
    warnings = _HELD if again.status == "HELD" else ()
    return answer(request, shown(again), warnings=warnings, status=202)


@operation(
    "POST",
    "/webhooks/{webhookId}/replays",
    "Send many deliveries again",
    name="startWebhookReplay",
    permission=Permission.WRITE,
    parameters=(_WEBHOOK,),
    request=ReplayRequest,
    response=Envelope[WebhookReplay, Meta],
    status=202,
    description=(
        "A job that a worker does, and that survives restarts. Each event goes out once, "
        "however often it was sent before; tests and what still waits are left out. Only what"
        " is still kept can be sent again; a warning says so when more is asked for."
    ),
    tag="webhooks",
)
async def begin(replays: Replays, request: Request) -> Response:
    """Send many again: 202 with the job."""
    asked = parse_body(ReplayRequest, await request.body())
    criteria = Criteria(asked.status == "FAILED", asked.since, asked.until, asked.resourceId)
    begun, warnings = await replays.begin(
        account_of(request), path_id(request, "webhookId"), criteria
    )
    return answer(request, shown_replay(begun), warnings=warnings, status=202)


@operation(
    "GET",
    "/webhooks/{webhookId}/replays",
    "List a subscription's replays",
    name="listWebhookReplays",
    permission=Permission.READ,
    parameters=(_WEBHOOK,),
    query=ReplaysQuery,
    response=Envelope[tuple[WebhookReplay, ...], CursorMeta],
    tag="webhooks",
)
async def index(replays: Replays, request: Request) -> Response:
    """List a subscription's replays."""
    query = parse_query(ReplaysQuery, request.query_params)
    found, next_before = await replays.list(
        account_of(request),
        path_id(request, "webhookId"),
        before=query.cursor,
        most=query.limit,
    )
    listed = tuple(shown_replay(one) for one in found)
    return answer_cursor(request, listed, next_before)


@operation(
    "GET",
    "/webhooks/{webhookId}/replays/{replayId}",
    "Get a replay with its counts",
    name="getWebhookReplay",
    permission=Permission.READ,
    parameters=(
        _WEBHOOK,
        path_parameter("replayId", "The replay's id."),
    ),
    response=Envelope[WebhookReplay, Meta],
    tag="webhooks",
)
async def get(replays: Replays, request: Request) -> Response:
    """Return one replay with its counts."""
    found = await replays.get(
        account_of(request), path_id(request, "webhookId"), path_id(request, "replayId")
    )
    return answer(request, shown_replay(found))


@operation(
    "DELETE",
    "/webhooks/{webhookId}/replays/{replayId}",
    "Cancel a replay",
    name="cancelWebhookReplay",
    permission=Permission.WRITE,
    parameters=(
        _WEBHOOK,
        path_parameter("replayId", "The replay's id."),
    ),
    response=Envelope[WebhookReplay, Meta],
    description=("Nothing more is planned for it, and what it planned and still waits ends."),
    tag="webhooks",
)
async def cancel(replays: Replays, request: Request) -> Response:
    """Plan nothing more, and end what waits."""
    found = await replays.cancel(
        account_of(request), path_id(request, "webhookId"), path_id(request, "replayId")
    )
    return answer(request, shown_replay(found))


@operation(
    "POST",
    "/webhooks/{webhookId}/test",
    "Send a test event",
    name="sendTestEvent",
    permission=Permission.WRITE,
    parameters=(_WEBHOOK,),
    response=Envelope[WebhookDelivery, Meta],
    status=202,
    description=(
        "Signed and sent like any event, with the header `X-Connector-Test: true`, the event "
        "type `UPDATED` and a `resourceId` that begins with `test_` and names no record."
    ),
    tag="webhooks",
)
async def test(tester: SubscriptionTester, request: Request) -> Response:
    """Send a test event: 202 with its delivery."""
    sent = await tester.send(account_of(request), path_id(request, "webhookId"))
    return answer(request, shown(sent), warnings=_HELD if sent.status == "HELD" else (), status=202)


def shown_replay(progress: ReplayProgress) -> WebhookReplay:
    """Show a replay as vendors see it."""
    replay, criteria = progress.replay, progress.criteria
    return WebhookReplay(
        id=replay.id,
        webhook_id=replay.subscription_id,
        state=replay.state,
        status="FAILED" if criteria.only_failed else "ALL",
        from_=maybe_iso_millis(criteria.since),
        to=maybe_iso_millis(criteria.until),
        resource_id=criteria.resource_id,
        total=replay.total,
        planned=replay.planned,
        waiting=progress.waiting,
        delivered=progress.delivered,
        failed=progress.failed,
        canceled=progress.canceled,
        merged=progress.merged,
        removed=progress.removed,
        created_date=iso_millis(replay.created_at),
        updated_date=iso_millis(replay.updated_at),
    )


REPLAY_OPERATIONS = (replay_one, begin, index, get, cancel)
TEST_EVENT_OPERATIONS = (test,)
