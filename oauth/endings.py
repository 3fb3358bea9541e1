"""The end of a consent: the status changes, and whoever asked to be told is, all in one commit."""

import json
from dataclasses import replace
from datetime import datetime
from hashlib import sha256

from oauth.accounts import Status
from oauth.audit import CUSTOMER, SYSTEM, entry
from storage.clock import iso_millis
from storage.ids import new_id
from storage.repositories.accounts import Account
from storage.repositories.events import Event
from storage.repositories.notices import Notice
from storage.sealing import KeyRing
from storage.unit_of_work import DatabaseTransaction

TOKEN = "TOKEN"  # noqa: S105 (the name of a resource)
"""The resource under which the end of an account's consent is told."""

_BEFORE = {
    Status.REAUTH_REQUIRED: (Status.ACTIVE,),
    Status.REVOKED: (Status.ACTIVE, Status.REAUTH_REQUIRED),
}


async def end_consent(
    tx: DatabaseTransaction,
    ring: KeyRing,
    account_id: str,
    *,
    to: Status,
    at: datetime,
    cause: Event | None = None,
) -> bool:
    """Move an account to REAUTH_REQUIRED or REVOKED; return False when that changes nothing.

    When it could be used until now, its TOKEN subscriptions are told, once; `cause` is the stored
    event that says so, if there is one. The tenant's webhooks are told of every change.
    """
    account = await tx.accounts.get(account_id, lock=True)
    if account is None or account.status not in _BEFORE[to]:
        return False
    await tx.accounts.move(account_id, to=to, before=account.status, at=at)
    await tx.audit.add(
        entry(
            f"account.{to.lower()}",
            by=SYSTEM if cause is None else CUSTOMER,
            at=at,
            tenant_id=account.tenant_id,
            account_id=account.id,
        )
    )
    if account.status == Status.ACTIVE:
        if cause is None:
            cause = _event(account, to, at)
            await tx.events.add_new([cause])
        await tx.deliveries.announce(cause, at)
    for webhook in await tx.tenant_webhooks.live(account.tenant_id, hold=True):
        bare = Notice(
            id=new_id("ntc", at),
            tenant_id=account.tenant_id,
            account_id=account.id,
            kind=f"ACCOUNT_{to}",
            callback_url=webhook.callback_url,
            body=None,
            created_at=at,
            tenant_webhook_id=webhook.id,
        )
        await tx.notices.add(
            replace(
                bare, body=ring.seal(_body(account, to, at), associated_data=bare.associated_data)
            )
        )
    return True


def _event(account: Account, to: Status, at: datetime) -> Event:
    """Write down an end that was noticed here; an account can end again after each new link."""
    event_id = new_id("evt", at)
    return Event(
        id=event_id,
        account_id=account.id,
        upstream_event_id=f"here:{event_id}",
        resource=TOKEN,
        resource_id=account.id,
        event_type="REVOKED",
        occurred_at=at,
        received_at=at,
        body_sha256=sha256(_body(account, to, at)).hexdigest(),
    )


def _body(account: Account, to: Status, at: datetime) -> bytes:
    """Write the notice as JSON; it holds ids, and no secret."""
    return json.dumps(
        {
            "eventType": f"ACCOUNT_{to}",
            "accountId": account.id,
            "targetSystem": account.target,
            "status": str(to),
            "reference": account.reference,
            "changedDate": iso_millis(at),
        },
        ensure_ascii=False,
        separators=(",", ":"),
    ).encode()
