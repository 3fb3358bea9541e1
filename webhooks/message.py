"""A due delivery as the signed request that is sent. Pure."""

import json
from datetime import datetime

from storage.repositories.due_deliveries import DueDelivery, DueEvent, DueNotice
from storage.sealing import KeyRing
from webhooks.envelope import event_body
from webhooks.secret_cache import SecretCache
from webhooks.sender import OutgoingRequest
from webhooks.signing import signed_headers

TEST = "TEST"
"""The source of events that were made to try a subscription out."""


def prepare(due: DueDelivery, ring: KeyRing | SecretCache, now: datetime) -> OutgoingRequest:
    """Return the request for an attempt made at `now`. Raises SecretUnreadable.

    Events are signed with their subscription's secret, and with the one before it while both
    count; notices with the tenant's.
    """
    previous = None
    extra: dict[str, str] = {}
    match due.message:
        case DueNotice(notice, tenant):
            message_id = notice.id
            body = ring.open(notice.body or b"", associated_data=notice.associated_data)
            key = ring.open(tenant.signing_secret or b"", associated_data=tenant.associated_data)
        case DueEvent(event, subscription):
            message_id = event.id
            body = event_body(
                event_type=event.event_type,
                resource=event.resource,
                resource_id=event.resource_id,
            )
            key = ring.open(subscription.secret, associated_data=subscription.associated_data)
            until = subscription.previous_until
            if subscription.previous_secret and until and now < until:
                previous = ring.open(
                    subscription.previous_secret,
                    associated_data=subscription.previous_associated_data,
                )
            if event.source == TEST:
                extra["X-Connector-Test"] = "true"
    headers = {
        "Content-Type": "application/json",
        "X-Connector-Account": due.delivery.account_id,
        **signed_headers(message_id, body, key, now, previous=previous),
        **extra,
    }
    if due.reference is not None:
        # JSON's escapes keep any reference a valid header value
        headers["X-Connector-Reference"] = json.dumps(due.reference)[1:-1]
    return OutgoingRequest(due.callback_url, headers, body)
