"""The end of a link, written down: account, tokens, key and notice, all or nothing."""

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from oauth.accounts import key_record
from oauth.audit import CUSTOMER, entry
from oauth.delivery import KeyDelivery, choose_delivery, linked_notice, linked_url
from oauth.errors import SigningSecretMissing
from oauth.joining import Joined, Newcomer, join
from oauth.keys import new_account_key, new_code
from oauth.ports import Identity
from oauth.sealed_tokens import seal_tokens
from oauth.tokens import TokenSet
from storage.ids import new_id
from storage.repositories.accounts import Account
from storage.repositories.audit import AuditEntry
from storage.repositories.links import ExchangeCode, Link
from storage.repositories.notices import Notice
from storage.repositories.tenants import Tenant
from storage.sealing import KeyRing
from storage.unit_of_work import DatabaseTransaction

LINKED = "LINKED"
"""The outcome of a link that has succeeded."""


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
    tx: DatabaseTransaction, ring: KeyRing, arrival: Arrival, *, code_life: timedelta
) -> Arrived:
    """Store what a link brought, and put its key, or the right to one, on its way.

    The same customer keeps its account. Raises what `join` does, and SigningSecretMissing.
    """
    joined = await _store(tx, ring, arrival)
    account, link, at = joined.account, arrival.link, arrival.at
    await tx.audit.add(_audited("account.linked", account, at, link_id=link.id))
    way = choose_delivery(link, arrival.tenant)
    handing = Handing(ring, link, arrival.tenant, account, at, code_life)
    handed = await handing.over(tx, way)
    if link.webhook_callback_url is not None:
        body = linked_notice(
            link.target,
            account_key=handed.key,
            reference=link.reference,
            relinked=way is KeyDelivery.NO_KEY,
            at=at,
        )
        await tx.notices.add(_notice(ring, link, link.webhook_callback_url, account, body, at))
    await tx.links.end(link.id, LINKED, account_id=account.id, handed=handed.mark)
    return Arrived(joined, handed.url)


async def hand_over_again(
    tx: DatabaseTransaction, handing: "Handing", *, same_browser: bool
) -> str | None:
    """Return where a browser goes that comes back with a link that has succeeded.

    What it took along the first time is replaced if nobody has used it. If somebody has, only the
    browser that took it is given another.
    """
    way = choose_delivery(handing.link, handing.tenant)
    mark = handing.link.handed
    is_unused = False
    if way is KeyDelivery.CODE and mark is not None:
        is_unused = await tx.links.retire_code(mark, handing.at)
    elif way is KeyDelivery.REDIRECT and mark is not None:
        key = await tx.accounts.get_key(mark)
        is_unused = key is not None and key.last_used_at is None and key.is_live(handing.at)
        if is_unused:
            await tx.accounts.revoke_key(mark, handing.at)
    if way in (KeyDelivery.CODE, KeyDelivery.REDIRECT) and not (is_unused or same_browser):
        way = KeyDelivery.NO_KEY
    if way is KeyDelivery.WEBHOOK:
        return handing.url(relinked=False)
    handed = await handing.over(tx, way)
    await tx.links.end(
        handing.link.id, LINKED, account_id=handing.account.id, handed=handed.mark or mark
    )
    return handed.url


@dataclass(frozen=True, slots=True)
class Handed:
    """What is on its way to the vendor."""

    url: str | None = field(repr=False)
    """Where the browser goes; None is a page of ours."""
    mark: str | None = field(default=None, repr=False)
    """The hash of a one-time code, or the id of an account key."""
    key: str | None = field(default=None, repr=False)
    """The account key itself, for a notice."""


@dataclass(frozen=True, slots=True)
class Handing:
    """How a linked account's key reaches the vendor at the end of one link."""

    ring: KeyRing
    link: Link
    tenant: Tenant
    account: Account
    at: datetime
    code_life: timedelta

    async def over(self, tx: DatabaseTransaction, way: KeyDelivery) -> Handed:
        """Mint what this way takes and store it; return where the browser goes with it."""
        if way is KeyDelivery.NO_KEY:
            return Handed(self.url(relinked=True))
        if way is KeyDelivery.CODE:
            new = new_code(self.ring)
            await tx.links.add_code(
                ExchangeCode(
                    new.digest.value, self.link.tenant_id, self.account.id, self.at + self.code_life
                )
            )
            url = self.url(relinked=False, code=new.secret)
            return Handed(url, new.digest.value)
        key = new_account_key(self.ring)
        record = key_record(key, self.account.id, self.at)
        await tx.accounts.add_key(record)
        await tx.audit.add(
            _audited("account_key.issued", self.account, self.at, account_key_id=record.id)
        )
        in_url = key.secret if way is KeyDelivery.REDIRECT else None
        return Handed(self.url(relinked=False, account_key=in_url), record.id, key.secret)

    def url(
        self, *, relinked: bool, code: str | None = None, account_key: str | None = None
    ) -> str | None:
        return linked_url(
            self.link,
            relinked=relinked,
            code=code,
            account_key=account_key,
            signed_with=_signing_secret(self.ring, self.link, self.tenant),
            at=self.at,
        )


def _audited(action: str, account: Account, at: datetime, **ids: str) -> AuditEntry:
    return entry(
        action, by=CUSTOMER, at=at, tenant_id=account.tenant_id, account_id=account.id, **ids
    )


async def _store(tx: DatabaseTransaction, ring: KeyRing, arrival: Arrival) -> Joined:
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
    return replace(bare, body=ring.seal(body, associated_data=bare.associated_data))


def _signing_secret(ring: KeyRing, link: Link, tenant: Tenant) -> bytes | None:
    if not link.include_signature:
        return None
    if tenant.signing_secret is None:
        raise SigningSecretMissing
    return ring.open(tenant.signing_secret, associated_data=tenant.associated_data)
