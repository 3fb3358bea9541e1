"""A due delivery as the signed request that is sent. Pure."""

import json
from datetime import datetime

from storage.repositories.deliveries import DueDelivery
from storage.sealing import KeyRing
from webhooks.envelope import event_body
from webhooks.opened import OpenedSecrets
from webhooks.sender import OutgoingRequest
from webhooks.signing import signed_headers


def prepare(due: DueDelivery, ring: KeyRing | OpenedSecrets, now: datetime) -> OutgoingRequest:
    """Write the request for a try made at `now`. Raises SecretUnreadable.

    Events are signed with their subscription's secret, notices with the tenant's.
    """
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
    headers = {
        "Content-Type": "application/json",
        "X-Connector-Account": due.account_id,
        **signed_headers(message_id, body, key, now),
    }
    if due.reference is not None:
        # JSON's escapes keep any reference a valid header value
        headers["X-Connector-Reference"] = json.dumps(due.reference)[1:-1]
    return OutgoingRequest(due.callback_url, headers, body)
