"""The delivery log over HTTP."""

from typing import Annotated, Any

import msgspec
from pydantic import Field
from starlette.requests import Request
from starlette.responses import Response

from connector.api.envelope import CursorMeta, Envelope, Meta, answer, answer_cursor
from connector.api.meaning import Moment, meaning
from connector.api.operation import Permission, operation
from connector.api.parameters import path_parameter
from connector.api.parsing import parse_query
from oauth.admitted import account_of
from storage.clock import iso_millis, maybe_iso_millis
from storage.repositories.delivery_log import LoggedAttempt, LoggedDelivery
from webhooks.asking import Between, Cursor, Limit, ShortText, path_id
from webhooks.log import DeliveryQuery, Detail, Log
from webhooks.words import (
    DeliveryStatus,
    DeliveryStatusWord,
    EventType,
    EventWord,
    Origin,
    OriginWord,
    ResourceWord,
)


class LogQuery(Between):
    __doc__ = """Which deliveries, and how many."""

    status: DeliveryStatus | None = Field(default=None, description="How they stand.")
    eventType: EventType | None = Field(  # noqa: N815
        default=None, description="Only events of this type."
    )
    eventId: ShortText | None = Field(  # noqa: N815
        default=None, description="Only this event, by the `webhook-id` that the receiver saw."
    )
    resourceId: ShortText | None = Field(  # noqa: N815
        default=None, description="Only events of this record."
    )
    origin: Origin | None = Field(
        default=None, description="Why they were planned: an event, a replay or a test."
    )
    cursor: Cursor | None = None
    limit: Limit = 50


class WebhookDelivery(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    __doc__ = "One event (or notice) on its way to one URL."

    id: Annotated[str, meaning("The delivery's id.")]
    webhook_id: Annotated[str | None, meaning("The subscription's id; null for a notice.")]
    event_id: Annotated[
        str | None, meaning("The `webhook-id` that the receiver sees, the same in every replay.")
    ]
    event_type: Annotated[EventWord | None, meaning("What happened.")]
    resource: Annotated[
        ResourceWord | None, meaning("What kind of record it is about; null for a notice.")
    ]
    resource_id: Annotated[
        str | None, meaning("The id of the record that it is about; null for a notice.")
    ]
    status: Annotated[DeliveryStatusWord, meaning("How it stands.")]
    origin: Annotated[OriginWord, meaning("Why it was planned.")]
    replay_id: Annotated[str | None, meaning("The replay that planned it.")]
    merged_into: Annotated[str | None, meaning("The later delivery that it was joined with.")]
    attempt_count: Annotated[int, meaning("How often it was attempted.")]
    next_attempt_date: Annotated[
        Moment | None, meaning("When it is attempted next; null unless it waits.")
    ]
    created_date: Annotated[Moment, meaning("When it was planned.")]
    completed_date: Annotated[Moment | None, meaning("When it ended; null while it waits.")]


class WebhookAttempt(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    __doc__ = (
        """One attempt. Its headers lack what proves anything; 2 KiB of the answer are kept."""
    )

    number: Annotated[int, meaning("Which attempt it is, from 1 on.")]
    started_date: Annotated[Moment, meaning("When it began.")]
    latency_ms: Annotated[int, meaning("Milliseconds until it ended.")]
    status_code: Annotated[
        int | None, meaning("The HTTP status of the answer; null when none came.")
    ]
    error: Annotated[str | None, meaning("What went wrong, where no answer came.")]
    request_headers: Annotated[
        dict[str, str] | None, meaning("The headers that were sent, without what proves anything.")
    ]
    response_headers: Annotated[dict[str, str] | None, meaning("The headers of the answer.")]
    response_body: Annotated[str | None, meaning("The first 2 KiB of the answer.")]


class WebhookDeliveryDetail(WebhookDelivery, frozen=True, rename="camel", kw_only=True):
    __doc__ = "A delivery with every attempt, and the body as it was sent."

    callback_url: Annotated[str, meaning("Where it is sent.")]
    body: Annotated[str | None, meaning("The body as it was sent; null for notices.")]
    attempts: Annotated[tuple[WebhookAttempt, ...], meaning("Every attempt.")]


@operation(
    "GET",
    "/webhooks/{webhookId}/deliveries",
    "List a subscription's deliveries",
    name="listWebhookDeliveries",
    permission=Permission.READ,
    parameters=(path_parameter("webhookId", "The subscription's id."),),
    query=LogQuery,
    response=Envelope[tuple[WebhookDelivery, ...], CursorMeta],
    description=(
        "Newest first, also of a subscription that has ended. A call looks at a part of a "
        "long log only: with filters a page may have fewer records than `limit`, even none, "
        "and still not be the last one. The list ends where `meta.nextCursor` is null."
    ),
    tag="webhooks",
)
async def index(log: Log, request: Request) -> Response:
    """List a subscription's deliveries."""
    query = parse_query(LogQuery, request.query_params)
    asked = DeliveryQuery(
        status=query.status,
        event_type=query.eventType,
        event_id=query.eventId,
        resource_id=query.resourceId,
        origin=query.origin,
        since=query.since,
        until=query.until,
    )
    page = await log.page(
        account_of(request),
        path_id(request, "webhookId"),
        asked,
        before=query.cursor,
        most=query.limit,
    )
    listed = tuple(shown(delivery) for delivery in page.deliveries)
    return answer_cursor(request, listed, page.next_before)


@operation(
    "GET",
    "/webhooks/deliveries/{deliveryId}",
    "Get a delivery with every attempt",
    name="getWebhookDelivery",
    permission=Permission.READ,
    parameters=(path_parameter("deliveryId", "The delivery's id."),),
    response=Envelope[WebhookDeliveryDetail, Meta],
    tag="webhooks",
)
async def get(log: Log, request: Request) -> Response:
    """Return one delivery with every attempt."""
    found: Detail = await log.detail(account_of(request), path_id(request, "deliveryId"))
    return answer(request, shown_in_full(found))


def shown(delivery: LoggedDelivery) -> WebhookDelivery:
    """Show a delivery as vendors see it."""
    return WebhookDelivery(**_fields(delivery))


def shown_in_full(found: Detail) -> WebhookDeliveryDetail:
    """Show a delivery with its attempts."""
    return WebhookDeliveryDetail(
        **_fields(found.delivery),
        callback_url=found.delivery.callback_url,
        body=found.sent_body,
        attempts=tuple(_attempt(one) for one in found.attempts),
    )


def _fields(delivery: LoggedDelivery) -> dict[str, Any]:
    waits = delivery.status == "PENDING"
    return {
        "id": delivery.id,
        "webhook_id": delivery.subscription_id,
        "event_id": delivery.event_id or delivery.notice_id,
        "event_type": delivery.event_type,
        "resource": delivery.resource,
        "resource_id": delivery.resource_id,
        "status": delivery.status,
        "origin": delivery.origin,
        "replay_id": delivery.replay_id,
        "merged_into": delivery.merged_into,
        "attempt_count": delivery.attempts,
        "next_attempt_date": iso_millis(delivery.due_at) if waits else None,
        "created_date": iso_millis(delivery.created_at),
        "completed_date": maybe_iso_millis(delivery.completed_at),
    }


def _attempt(one: LoggedAttempt) -> WebhookAttempt:
    return WebhookAttempt(
        number=one.number,
        started_date=iso_millis(one.started_at),
        latency_ms=one.duration_ms,
        status_code=one.status_code,
        error=one.error,
        request_headers=_headers(one.request_headers),
        response_headers=_headers(one.response_headers),
        response_body=one.response_body,
    )


def _headers(text: str | None) -> dict[str, str] | None:
    return None if text is None else msgspec.json.decode(text, type=dict[str, str])


LOG_OPERATIONS = (get, index)
