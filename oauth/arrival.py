"""The end of a link, written down: account, tokens, key and notice, all or nothing."""

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from oauth.accounts import key_record
from oauth.audit import CUSTOMER, entry
from oauth.delivery import Delivery, choose_delivery, linked_notice, linked_url
from oauth.errors import SigningSecretMissing
from oauth.joining import Joined, Newcomer, join
from oauth.keys import new_account_key, new_code
from oauth.ports import Identity
from oauth.sealed_tokens import seal_tokens
from oauth.tokens import TokenSet
from storage.ids import new_id
from storage.repositories.accounts import Account
from storage.repositories.links import ExchangeCode, Link
from storage.repositories.notices import Notice
from storage.repositories.tenants import Tenant
from storage.sealing import KeyRing
from storage.unit_of_work import Transaction


@dataclass(frozen=True, slots=True)
class Arrival:
    """Who arrived by which link, and when."""

    link: Link
    tenant: Tenant
    identity: Identity
    tokens: TokenSet
    at: datetime


@dataclass(frozen=True, slots=True)
class Arrived:
    """The linked account, and where the browser goes."""

    joined: Joined
    url: str | None = field(repr=False)
    """None: it ends at a page of ours."""

    @property
    def account(self) -> Account:
        return self.joined.account


async def settle(
    tx: Transaction, ring: KeyRing, arrival: Arrival, *, code_life: timedelta
) -> Arrived:
    """Store what a link brought, and put its key, or the right to one, on its way.

    The same customer keeps its account. Raises what `join` does, and SigningSecretMissing.
    """
    joined = await _store(tx, ring, arrival)
    account = joined.account
    link, at = arrival.link, arrival.at
    await tx.audit.add(
        entry(
            "account.linked",
            by=CUSTOMER,
            at=at,
            tenant_id=account.tenant_id,
            account_id=account.id,
            link_id=link.id,
        )
    )
    way = choose_delivery(link, arrival.tenant)
    account_key = code = None
    if way in (Delivery.WEBHOOK, Delivery.REDIRECT):
        key = new_account_key(ring)
        account_key = key.secret
        record = key_record(key, account.id, at)
        await tx.accounts.add_key(record)
        await tx.audit.add(
            entry(
                "account_key.issued",
                by=CUSTOMER,
                at=at,
                tenant_id=account.tenant_id,
                account_id=account.id,
                account_key_id=record.id,
            )
        )
    elif way is Delivery.CODE:
        new = new_code(ring)
        code = new.secret
        await tx.links.add_code(
            ExchangeCode(new.digest.value, link.tenant_id, account.id, at + code_life)
        )
    relinked = way is Delivery.NO_KEY
    if link.webhook_callback_url is not None:
        body = linked_notice(
            link.target, account_key=account_key, reference=link.reference, relinked=relinked, at=at
        )
        await tx.notices.add(_notice(ring, link, link.webhook_callback_url, account, body, at))
    url = linked_url(
        link,
        relinked=relinked,
        code=code,
        account_key=account_key if way is Delivery.REDIRECT else None,
        signed_with=_signing_secret(ring, link, arrival.tenant),
        at=at,
    )
    return Arrived(joined, url)


async def _store(tx: Transaction, ring: KeyRing, arrival: Arrival) -> Joined:
    link, at = arrival.link, arrival.at
    joined = await join(
        tx,
        Newcomer(
            tenant_id=link.tenant_id,
            target=link.target,
            identity=arrival.identity,
            reference=link.reference,
            account_id=link.account_id,
            at=at,
        ),
    )
    assert joined.account.connection_id is not None
    await tx.tokens.put(seal_tokens(ring, joined.account.connection_id, arrival.tokens, at))
    return joined


def _notice(
    ring: KeyRing, link: Link, callback_url: str, account: Account, body: bytes, at: datetime
) -> Notice:
    bare = Notice(
        id=new_id("ntc", at),
        tenant_id=link.tenant_id,
        account_id=account.id,
        kind="ACCOUNT_LINKED",
        callback_url=callback_url,
        body=None,
        created_at=at,
    )
    return replace(bare, body=ring.seal(body, place=bare.place))


def _signing_secret(ring: KeyRing, link: Link, tenant: Tenant) -> bytes | None:
    if not link.include_signature:
        return None
    if tenant.signing_secret is None:
        raise SigningSecretMissing
    return ring.open(tenant.signing_secret, place=tenant.place)
