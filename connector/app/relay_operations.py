"""The description of the relay's operations."""

from typing import get_args

from connector.routes.operation import Operation, Parameter
from connector.unified.envelope import Envelope
from webhooks import log_routes as log
from webhooks import replay_routes as replay
from webhooks import routes as relay
from webhooks import standing_routes as standing
from webhooks.answers import LIMITS


def _id(name: str, meaning: str) -> Parameter:
    return Parameter(name, "path", {"type": "string"}, meaning, required=True)


def _pages(prefix: str) -> tuple[Parameter, ...]:
    return (
        Parameter(
            "cursor",
            "query",
            {"type": "string", "pattern": f"^{prefix}_[0-9A-Z]{{26}}$"},
            "Go on from here: `meta.nextCursor` of the page before.",
        ),
        Parameter(
            "limit",
            "query",
            {"type": "integer", "enum": list(LIMITS), "default": 50},
            "Records on a page.",
        ),
    )


_WEBHOOK = _id("webhookId", "The subscription's id.")
_DELIVERY = _id("deliveryId", "The delivery's id.")
_REPLAY = _id("replayId", "The replay's id.")

_MOMENT = {"type": "string", "format": "date-time"}
_LOG_FILTERS = (
    Parameter(
        "status", "query", {"type": "string", "enum": list(get_args(log.Status))}, "How they stand."
    ),
    Parameter(
        "eventType",
        "query",
        {"type": "string", "enum": list(get_args(log.EventType))},
        "Only events of this type.",
    ),
    Parameter(
        "eventId",
        "query",
        {"type": "string", "maxLength": 200},
        "Only this event, by the `webhook-id` that the receiver saw.",
    ),
    Parameter(
        "resourceId", "query", {"type": "string", "maxLength": 200}, "Only events of this record."
    ),
    Parameter(
        "origin",
        "query",
        {"type": "string", "enum": list(get_args(log.Origin))},
        "Why they were planned: an event, a replay or a test.",
    ),
    Parameter("from", "query", _MOMENT, "Only those planned then or later."),
    Parameter("to", "query", _MOMENT, "Only those planned before then, after `from`."),
)

RELAY = (
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
        (_WEBHOOK,),
        response=relay.Deleted,
        tag="webhooks",
    ),
    Operation(
        "/webhooks/{webhookId}",
        "GET",
        "Get a subscription, and how it stands",
        (_WEBHOOK,),
        response=Envelope[standing.WebhookState],
        tag="webhooks",
    ),
    Operation(
        "/webhooks/{webhookId}",
        "PATCH",
        "Change a subscription's options",
        (_WEBHOOK,),
        request=standing.OptionsRequest,
        response=Envelope[standing.WebhookState],
        tag="webhooks",
        description="They count from the next event on.",
    ),
    Operation(
        "/webhooks/{webhookId}/pause",
        "POST",
        "Pause a subscription",
        (_WEBHOOK,),
        response=Envelope[standing.WebhookState],
        tag="webhooks",
        description="What comes is kept, and sent when it is resumed.",
    ),
    Operation(
        "/webhooks/{webhookId}/resume",
        "POST",
        "Resume a subscription",
        (_WEBHOOK,),
        response=Envelope[standing.WebhookState],
        tag="webhooks",
        description="Also one that was paused because it kept failing, or was disabled.",
    ),
    Operation(
        "/webhooks/{webhookId}/rotateSecret",
        "POST",
        "Make a new secret",
        (_WEBHOOK,),
        request=standing.RotationRequest,
        response=Envelope[standing.RotatedSecret],
        tag="webhooks",
        description=(
            "For 24 hours `webhook-signature` carries a signature of each, the new one first, and "
            "`X-MAESN-SIGNATURE` stays with the old secret. Meanwhile another call is answered "
            "with 409 `ROTATION_UNDER_WAY`, unless it has `expireNow`, which ends all secrets but "
            "the new one. The secret is shown in this answer only."
        ),
    ),
    Operation(
        "/webhooks/{webhookId}/test",
        "POST",
        "Send a test event",
        (_WEBHOOK,),
        response=Envelope[log.WebhookDelivery],
        status=202,
        tag="webhooks",
        description=(
            "Signed and sent like any event, with the header `X-Connector-Test: true`, the event "
            "type `UPDATED` and a `resourceId` that begins with `test_` and names no record."
        ),
    ),
    Operation(
        "/webhooks/{webhookId}/deliveries",
        "GET",
        "List a subscription's deliveries",
        (_WEBHOOK, *_LOG_FILTERS, *_pages("dlv")),
        response=log.WebhookDeliveryListAnswer,
        tag="webhooks",
        description=(
            "Newest first, also of a subscription that has ended. A call looks at a part of a long "
            "log only: with filters a page may have fewer records than `limit`, even none, and "
            "still not be the last one. The list ends where `meta.nextCursor` is null."
        ),
    ),
    Operation(
        "/webhooks/deliveries/{deliveryId}",
        "GET",
        "Get a delivery with every try",
        (_DELIVERY,),
        response=Envelope[log.WebhookDeliveryDetail],
        tag="webhooks",
    ),
    Operation(
        "/webhooks/deliveries/{deliveryId}/replay",
        "POST",
        "Send a delivery again",
        (_DELIVERY,),
        response=Envelope[log.WebhookDelivery],
        status=202,
        tag="webhooks",
        description=(
            "A new delivery of the same event: same `webhook-id`, same bytes, so that receivers "
            "can tell that they have it. Notices are not sent again: 409 `NOT_REPLAYABLE`."
        ),
    ),
    Operation(
        "/webhooks/{webhookId}/replays",
        "POST",
        "Send many deliveries again",
        (_WEBHOOK,),
        request=replay.ReplayRequest,
        response=Envelope[replay.WebhookReplay],
        status=202,
        tag="webhooks",
        description=(
            "A job that a worker does, and that survives restarts. Each event goes out once, "
            "however often it was sent before; tests and what still waits are left out. Only what "
            "is still kept can be sent again; a warning says so when more is asked for."
        ),
    ),
    Operation(
        "/webhooks/{webhookId}/replays",
        "GET",
        "List a subscription's replays",
        (_WEBHOOK, *_pages("rpl")),
        response=replay.WebhookReplayListAnswer,
        tag="webhooks",
    ),
    Operation(
        "/webhooks/{webhookId}/replays/{replayId}",
        "GET",
        "Get a replay with its counts",
        (_WEBHOOK, _REPLAY),
        response=Envelope[replay.WebhookReplay],
        tag="webhooks",
    ),
    Operation(
        "/webhooks/{webhookId}/replays/{replayId}",
        "DELETE",
        "Cancel a replay",
        (_WEBHOOK, _REPLAY),
        response=Envelope[replay.WebhookReplay],
        tag="webhooks",
        description="Nothing more is planned for it, and what it planned and still waits ends.",
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
