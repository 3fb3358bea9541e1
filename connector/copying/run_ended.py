"""What a vendor is told when a run that copied records has ended."""

from dataclasses import replace
from typing import Annotated, Literal

import msgspec

from connector.api.meaning import Moment, meaning
from connector.api.named import named
from storage.clock import iso_millis
from storage.ids import new_id
from storage.repositories.accounts import Account
from storage.repositories.copies import CopyRun
from storage.repositories.notices import Notice
from storage.sealing import KeyRing
from storage.unit_of_work import DatabaseTransaction

_TYPE = named("SyncEventType", "That a run has ended.")


class SyncEnded(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    __doc__ = """A run that copied an account's records has ended; `GET /sync` tells all of it."""

    event_type: Annotated[Annotated[Literal["SYNC_ENDED"], _TYPE], meaning("What happened.")]
    account_id: Annotated[str, meaning("The account's id.")]
    run_id: Annotated[str, meaning("The run's id.")]
    resource: Annotated[str, meaning("What it copied.")]
    status: Annotated[str, meaning("How it ended.")]
    changed: Annotated[int, meaning("Records that were new or had changed.")]
    gone: Annotated[int, meaning("Records that were taken out.")]
    downloaded: Annotated[int, meaning("Documents that were stored.")]
    pending: Annotated[int, meaning("Documents that are looked for again.")]
    code: Annotated[str | None, meaning("The code of the error that ended it.")]
    reference: Annotated[str | None, meaning("Your own id of this customer.")]
    ended_date: Annotated[Moment, meaning("When it ended.")]


def is_worth_telling(run: CopyRun, failures_before: int) -> bool:
    """Say whether a vendor is told of an end.

    Always of a run that was asked for. Of those that are made by their time: when something was
    copied, when it fails for the first time, and when it works again.
    """
    if run.origin == "API":
        return True
    if run.status == "FAILED":
        return failures_before == 0
    has_news = bool(run.changed or run.gone or run.downloaded)
    return run.status != "INTERRUPTED" and (has_news or failures_before > 0)


async def tell_end(tx: DatabaseTransaction, ring: KeyRing, account: Account, run: CopyRun) -> None:
    """Let a tenant's webhooks be told of an end, in the transaction that stores it."""
    assert run.ended_at is not None, "it has just ended"
    body = msgspec.json.encode(_ended(account, run, iso_millis(run.ended_at)))
    for webhook in await tx.tenant_webhooks.live(account.tenant_id, hold=True):
        bare = Notice(
            id=new_id("ntc", run.ended_at),
            tenant_id=account.tenant_id,
            account_id=account.id,
            kind="SYNC_ENDED",
            callback_url=webhook.callback_url,
            body=None,
            created_at=run.ended_at,
            tenant_webhook_id=webhook.id,
        )
        sealed = ring.seal(body, associated_data=bare.associated_data)
        await tx.notices.add(replace(bare, body=sealed))


def _ended(account: Account, run: CopyRun, at: str) -> SyncEnded:
    return SyncEnded(
        event_type="SYNC_ENDED",
        account_id=account.id,
        run_id=run.id,
        resource=run.resource,
        status=run.status,
        changed=run.changed,
        gone=run.gone,
        downloaded=run.downloaded,
        pending=run.pending,
        code=run.code,
        reference=account.reference,
        ended_date=at,
    )
