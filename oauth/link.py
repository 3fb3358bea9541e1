"""The link flow as vendors see it: a wish for a link, and a code exchanged for a key.

What lies between is the customer's browser, see `oauth.returning`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta

from oauth import callbacks, grants
from oauth.accounts import Status, key_record
from oauth.audit import SYSTEM, entry
from oauth.authorizing import consent_url
from oauth.errors import (
    CodeInvalid,
    SigningSecretMissing,
    SystemNotRegistered,
    UnauthorizedAccountKey,
    UnknownTarget,
)
from oauth.keys import is_presentable, new_account_key
from oauth.page_tokens import (
    PAGE_LIFE,
    write_page_token,
)
from oauth.ports import TargetSystem
from oauth.requests import LinkRequest
from oauth.settings import OAuthSettings
from storage.clock import Clock, system_clock
from storage.errors import Invalid
from storage.ids import new_id
from storage.log import logger
from storage.repositories.accounts import Account
from storage.repositories.links import Link
from storage.repositories.tenants import Tenant
from storage.sealing import KeyRing
from storage.unit_of_work import UnitOfWork

_KEPT_AFTER_EXPIRY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class StartedLink:
    """Where to send the customer, and which parameters made no difference."""

    url: str
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Exchanged:
    """What a one-time code was worth. `relinked`: the account had a key already."""

    account_key: str = field(repr=False)
    target: str
    reference: str | None
    relinked: bool


@dataclass(frozen=True)
class Linking:
    """The use cases of linking."""

    work: UnitOfWork
    ring: KeyRing
    targets: Mapping[str, TargetSystem]
    settings: OAuthSettings
    clock: Clock = system_clock

    async def start(
        self, tenant: Tenant, target: str, wish: LinkRequest, account: Account | None = None
    ) -> StartedLink:
        """Return the address at which the customer consents, or of our page before it.

        With `account` that one is linked again. Raises UnknownTarget, SystemNotRegistered,
        CallbackNotAllowed, Invalid, SigningSecretMissing, UnauthorizedAccountKey.
        """
        system = self._target(target)
        if account is not None and account.target != target:
            raise UnauthorizedAccountKey
        async with self.work.reading() as tx:
            registered = await tx.systems.get(tenant.id, target)
            allowed = await tx.tenants.allowed(tenant.id)
        if registered is None:
            raise SystemNotRegistered(target)
        verifier = grants.new_verifier()
        link = self._plan(tenant, target, wish, account, allowed, verifier)
        is_signed = link.include_signature or link.webhook_callback_url is not None
        if is_signed and tenant.signing_secret is None:
            raise SigningSecretMissing
        async with self.work.writing() as tx:
            await tx.links.add(link)
        logger.info("link.started", tenant_id=tenant.id, target=target, link_id=link.id)
        warnings = tuple(wish.warnings(target))
        if wish.hosted:
            return StartedLink(self._page_url(link.id), warnings)
        url = consent_url(
            link,
            system,
            registered,
            ring=self.ring,
            settings=self.settings,
            verifier=verifier,
            organization_id=None if account is None else account.organization_id,
        )
        return StartedLink(url, warnings)

    async def exchange(self, tenant: Tenant, code: str, *, by: str = SYSTEM) -> Exchanged:
        """Mint the account key that a one-time code stands for. Raises CodeInvalid.

        `by` is the id of the API key that asks, for the audit trail.
        """
        if not is_presentable(code):
            raise CodeInvalid
        at = self.clock()
        digests = [digest.value for digest in self.ring.digests(code)]
        key = new_account_key(self.ring)
        async with self.work.writing() as tx:
            used = await tx.links.use_code(digests, tenant.id, at)
            account = None if used is None else await tx.accounts.get(used.account_id)
            if account is None or account.status in (Status.REVOKED, Status.DISABLED):
                raise CodeInvalid
            earlier = await tx.accounts.keys_of([account.id])
            record = key_record(key, account.id, at)
            await tx.accounts.add_key(record)
            await tx.audit.add(
                entry(
                    "account_key.issued",
                    by=by,
                    at=at,
                    tenant_id=tenant.id,
                    account_id=account.id,
                    account_key_id=record.id,
                )
            )
        logger.info("account.key_issued", account_id=account.id, tenant_id=tenant.id)
        return Exchanged(key.secret, account.target, account.reference, bool(earlier))

    async def clean_up(self) -> int:
        """Delete links and codes that expired a day ago; return how many."""
        async with self.work.writing() as tx:
            return await tx.links.purge(self.clock() - _KEPT_AFTER_EXPIRY)

    def _plan(
        self,
        tenant: Tenant,
        target: str,
        wish: LinkRequest,
        account: Account | None,
        allowed: Sequence[str],
        verifier: str,
    ) -> Link:
        """Check where the link may end, and write it down."""
        loopback = self.settings.allow_loopback_callbacks
        callback = wish.callback_url or tenant.callback_url
        # With neither browser nor webhook to bring the key, a link would be of no use.
        ends_here = wish.hosted and (
            (wish.callback_url is None and wish.webhook_callback_url is not None)
            or (callback is None and account is not None)
        )
        cancel = wish.cancel_callback_url
        if cancel is None and wish.callback_url is None:
            cancel = tenant.cancel_callback_url
        if ends_here:
            callback = cancel = None
        elif callback is None:
            raise Invalid.one(
                "callbackUrl",
                "REQUIRED",
                "name a callbackUrl, or set a default at POST /tenants/add-callback-urls; a hosted "
                "link may do with a webhookCallbackUrl alone",
            )
        else:
            callbacks.check(callback, allowed, allow_loopback=loopback, field="callbackUrl")
        if cancel is not None:
            callbacks.check(cancel, allowed, allow_loopback=loopback, field="cancelCallbackUrl")
        webhook = wish.webhook_callback_url
        if webhook is not None:
            callbacks.check_called(webhook, self.settings.egress, field="webhookCallbackUrl")
        at = self.clock()
        bare = Link(
            id=new_id("lnk", at),
            tenant_id=tenant.id,
            target=target,
            callback_url=callback,
            cancel_callback_url=cancel,
            webhook_callback_url=webhook,
            reference=wish.reference,
            include_signature=wish.include_signature,
            account_id=None if account is None else account.id,
            code_verifier=b"",
            created_at=at,
            expires_at=at
            + (PAGE_LIFE if wish.hosted else timedelta(minutes=self.settings.state_minutes)),
        )
        if wish.hosted:
            return bare
        return replace(
            bare, code_verifier=self.ring.seal(verifier, associated_data=bare.associated_data)
        )

    def _page_url(self, link_id: str) -> str:
        token = write_page_token(link_id, self.ring.signing_keys("page"), at=self.clock())
        return self.settings.page_url(token)

    def _target(self, name: str) -> TargetSystem:
        target = self.targets.get(name)
        if target is None:
            raise UnknownTarget
        return target
