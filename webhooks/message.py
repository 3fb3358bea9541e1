"""A due delivery as the signed request that is sent. Pure."""

import json
from datetime import datetime

from storage.repositories.deliveries import DueDelivery
from storage.sealing import KeyRing
from webhooks.envelope import event_body
from webhooks.opened import OpenedSecrets
from webhooks.sender import OutgoingRequest
from webhooks.signing import signed_headers

TEST = "TEST"
"""The source of events that were made to try a subscription out."""


def prepare(due: DueDelivery, ring: KeyRing | OpenedSecrets, now: datetime) -> OutgoingRequest:
    """Write the request for a try made at `now`. Raises SecretUnreadable.

    Events are signed with their subscription's secret, and with the one before it while both
    count; notices with the tenant's.
    """
    previous = None
    if due.notice_id is not None:
        message_id = due.notice_id
        body = ring.open(due.notice_body or b"", place=f"notices.body:{due.notice_id}")
        key = ring.open(due.signing_secret or b"", place=f"tenants.signing_secret:{due.tenant_id}")
    else:
        assert due.event_id and due.event_type and due.resource and due.resource_id
        message_id = due.event_id
        body = event_body(
            event_type=due.event_type, resource=due.resource, resource_id=due.resource_id
        )
        key = ring.open(due.secret or b"", place=f"subscriptions.secret:{due.subscription_id}")
        if due.previous_secret and due.previous_until and now < due.previous_until:
            place = f"subscriptions.previous_secret:{due.subscription_id}"
            previous = ring.open(due.previous_secret, place=place)
    headers = {
        "Content-Type": "application/json",
        "X-Connector-Account": due.account_id,
        **signed_headers(message_id, body, key, now, previous=previous),
    }
    if due.event_source == TEST:
        headers["X-Connector-Test"] = "true"
    if due.reference is not None:
        # JSON's escapes keep any reference a valid header value
        headers["X-Connector-Reference"] = json.dumps(due.reference)[1:-1]
    return OutgoingRequest(due.callback_url, headers, body)
