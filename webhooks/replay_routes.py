"""Replays and test events over HTTP: what sends something on request."""

from typing import Literal

import msgspec
from pydantic import Field
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from oauth.requests import parse_body, parse_query
from storage.clock import iso_millis
from webhooks.answers import (
    Between,
    Cursor,
    CursorMeta,
    Limit,
    Strict,
    Words,
    account_of,
    answer,
    cursor_meta,
    moment,
    path_id,
    written,
)
from webhooks.log_routes import shown
from webhooks.replays import Criteria, Progress

_HELD = ("The subscription is paused: this is kept, and sent when it is resumed.",)


class ReplayRequest(Between):
    """Which of the finished deliveries to send again."""

    status: Literal["FAILED", "ALL"] = Field(
        description="FAILED: events that were given up and have not arrived since."
    )
    resourceId: Words | None = Field(  # noqa: N815
        default=None, description="Only events of this record."
    )


class WebhookReplay(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """A job that sends again. `total` is what fitted when it began, `planned` what it got to.

    Of those planned, `waiting`, `delivered`, `failed`, `canceled` and `merged` (joined with a later
    event of the same record) say how they stand. `removed` fitted, but was deleted as too old
    before its turn came. `state` is RUNNING, DONE (all is planned) or CANCELED.
    """

    id: str
    webhook_id: str
    state: str
    status: str
    from_: str | None = msgspec.field(name="from")
    to: str | None
    resource_id: str | None
    total: int
    planned: int
    waiting: int
    delivered: int
    failed: int
    canceled: int
    merged: int
    removed: int
    created_date: str
    updated_date: str


class WebhookReplayListAnswer(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """Replays of a subscription, newest first."""

    data: tuple[WebhookReplay, ...]
    meta: CursorMeta
    errors: None = None


class ReplaysQuery(Strict):
    cursor: Cursor | None = None
    limit: Limit = 50


async def replay_one(request: Request) -> Response:
    """Send one delivery's event again: 202 with the new delivery."""
    again = await request.app.state.container.replays.one(
        account_of(request), path_id(request, "deliveryId")
    )
    warnings = _HELD if again.status == "HELD" else ()
    return answer(request, shown(again), warnings=warnings, status=202)


async def begin(request: Request) -> Response:
    """Send many again: 202 with the job."""
    asked = parse_body(ReplayRequest, await request.body())
    criteria = Criteria(asked.status == "FAILED", asked.since, asked.until, asked.resourceId)
    begun, warnings = await request.app.state.container.replays.begin(
        account_of(request), path_id(request, "webhookId"), criteria
    )
    return answer(request, shown_replay(begun), warnings=warnings, status=202)


async def index(request: Request) -> Response:
    """List a subscription's replays."""
    query = parse_query(ReplaysQuery, request.query_params)
    found, next_before = await request.app.state.container.replays.list(
        account_of(request),
        path_id(request, "webhookId"),
        before=query.cursor,
        most=query.limit,
    )
    listed = tuple(shown_replay(one) for one in found)
    meta = cursor_meta(request, next_before)
    return written(WebhookReplayListAnswer(data=listed, meta=meta))


async def get(request: Request) -> Response:
    """Answer one replay with its counts."""
    found = await request.app.state.container.replays.get(
        account_of(request), path_id(request, "webhookId"), path_id(request, "replayId")
    )
    return answer(request, shown_replay(found))


async def cancel(request: Request) -> Response:
    """Plan nothing more, and end what waits."""
    found = await request.app.state.container.replays.cancel(
        account_of(request), path_id(request, "webhookId"), path_id(request, "replayId")
    )
    return answer(request, shown_replay(found))


async def test(request: Request) -> Response:
    """Send a test event: 202 with its delivery."""
    sent = await request.app.state.container.trial.send(
        account_of(request), path_id(request, "webhookId")
    )
    return answer(request, shown(sent), warnings=_HELD if sent.status == "HELD" else (), status=202)


def shown_replay(progress: Progress) -> WebhookReplay:
    """Show a replay as vendors see it."""
    replay, criteria = progress.replay, progress.criteria
    return WebhookReplay(
        id=replay.id,
        webhook_id=replay.subscription_id,
        state=replay.state,
        status="FAILED" if criteria.only_failed else "ALL",
        from_=moment(criteria.since),
        to=moment(criteria.until),
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


routes = [
    Route("/webhooks/deliveries/{deliveryId}/replay", replay_one, methods=["POST"]),
    Route("/webhooks/{webhookId}/replays", begin, methods=["POST"]),
    Route("/webhooks/{webhookId}/replays", index, methods=["GET"]),
    Route("/webhooks/{webhookId}/replays/{replayId}", get, methods=["GET"]),
    Route("/webhooks/{webhookId}/replays/{replayId}", cancel, methods=["DELETE"]),
    Route("/webhooks/{webhookId}/test", test, methods=["POST"]),
]
