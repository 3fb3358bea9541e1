"""Deliveries as a worker has them, put together without a database."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import msgspec

from storage.repositories.deliveries import Delivery
from storage.repositories.due_deliveries import DueDelivery, DueEvent, DueNotice
from storage.repositories.events import Event
from storage.repositories.notices import Notice
from storage.repositories.subscriptions import Subscription
from storage.repositories.tenants import Tenant
from storage.sealing import KeyRing
from tests.webhooks.relay import SECRET, START, TENANT_SECRET

EVENT = Event(
    id="evt_1",
    account_id="acct_1",
    upstream_event_id="up-1",
    resource="INVOICE",
    resource_id="inv-1",
    event_type="UPDATED",
    occurred_at=START,
    received_at=START,
    body_sha256="",
)


def subscription(ring: KeyRing | None = None, **changed: Any) -> Subscription:
    """Make one; with a key ring its secret can be opened."""
    made = Subscription(
        id="whk_1",
        tenant_id="ten_1",
        account_id="acct_1",
        resource="INVOICE",
        callback_url="https://app.example/1",
        secret=b"",
        created_at=START,
        updated_at=START,
    )
    made = replace(made, **changed)
    return (
        made
        if ring is None
        else replace(made, secret=ring.seal(SECRET, associated_data=made.associated_data))
    )


def delivery(number: int = 1, subscription_id: str | None = "whk_1", **changed: Any) -> Delivery:
    """Make one of an event that is leased to `worker` for a minute."""
    made = Delivery(
        id=f"dlv_{number}",
        account_id="acct_1",
        event_id="evt_1",
        subscription_id=subscription_id,
        notice_id=None,
        status="PENDING",
        attempts=0,
        due_at=START,
        lease_owner="worker",
        lease_until=START + timedelta(minutes=1),
        created_at=START,
        completed_at=None,
    )
    return msgspec.structs.replace(made, **changed)


def due_event(
    one: Delivery | None = None, of: Subscription | None = None, *, must_wait: bool = False
) -> DueDelivery:
    return DueDelivery(
        one or delivery(), "customer-42", DueEvent(EVENT, of or subscription()), must_wait
    )


def due_notice(ring: KeyRing | None = None, webhook_id: str | None = None) -> DueDelivery:
    """Make one of a tenant's webhook, if one is named."""
    notice = Notice(
        id="ntc_1",
        tenant_id="ten_1",
        account_id="acct_1",
        kind="ACCOUNT_LINKED",
        callback_url="https://app.example/notices",
        body=b"",
        created_at=START,
        tenant_webhook_id=webhook_id,
    )
    tenant = Tenant(id="ten_1", name="Vendor", created_at=START, signing_secret=b"")
    if ring is not None:
        notice = replace(
            notice, body=ring.seal(b'{"accountKey":"k"}', associated_data=notice.associated_data)
        )
        tenant = replace(
            tenant, signing_secret=ring.seal(TENANT_SECRET, associated_data=tenant.associated_data)
        )
    own = delivery(subscription_id=None, event_id=None, notice_id=notice.id)
    return DueDelivery(own, None, DueNotice(notice, tenant))
