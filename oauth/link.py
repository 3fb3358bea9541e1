"""The link flow: from a vendor's wish to a linked account, and its key in the vendor's hands.

The calls to the provider lie between two short transactions. The first uses the link up, so that
a second browser with the same state finds nothing to do; the second writes account, tokens, key
and notice, all or nothing.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta

import structlog

from oauth import callbacks, grants
from oauth.accounts import Status, key_record
from oauth.arrival import Arrival, settle
from oauth.audit import SYSTEM, entry
from oauth.authorizing import consent_url, scopes_for
from oauth.client import OAuthClient
from oauth.credentials import AppCredentials, open_credentials
from oauth.delivery import refused_url
from oauth.errors import (
    CodeInvalid,
    ConsentRefused,
    ProviderUnavailable,
    SigningSecretMissing,
    StateExpired,
    StateInvalid,
    StateReplayed,
    SystemNotRegistered,
    UnauthorizedAccountKey,
    UnknownTarget,
)
from oauth.grants import ConsentAnswer
from oauth.keys import is_presentable, new_account_key
from oauth.link_endings import Ending, Outcome
from oauth.page_tokens import (
    PAGE_LIFE,
    cookie_name,
    is_cookie_of,
    write_page_token,
)
from oauth.ports import Identity, TargetSystem
from oauth.requests import LinkRequest
from oauth.sealed_tokens import bearer
from oauth.settings import OAuthSettings
from oauth.state import read_state
from oauth.tokens import Access, TokenSet
from storage.clock import Clock, system_clock
from storage.errors import Invalid, ServiceError, StorageUnavailable
from storage.ids import new_id
from storage.repositories.accounts import Account
from storage.repositories.links import Link
from storage.repositories.tenants import Tenant
from storage.repositories.tokens import API_KEY, StoredTokens
from storage.sealing import KeyRing
from storage.unit_of_work import UnitOfWork

logger = structlog.get_logger()

OnLinked = Callable[[str], Awaitable[None]]
"""Told the account's id after a link was stored; what it raises is logged and goes no further."""

_KEPT_AFTER_EXPIRY = timedelta(days=1)
_HOOK_SECONDS = 10


@dataclass(frozen=True, slots=True)
class StartedLink:
    """Where to send the customer, and which parameters made no difference."""

    url: str
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Redirect:
    """Where the browser goes next. Hidden from `repr`: it may hold a code or a key."""

    url: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Exchanged:
    """What a one-time code was worth. `relinked`: the account had a key already."""

    account_key: str = field(repr=False)
    target: str
    reference: str | None
    relinked: bool


@dataclass(frozen=True, slots=True)
class _Return:
    """A browser that came back with a good state, and what its link was started with."""

    link: Link
    tenant: Tenant
    target: TargetSystem
    credentials: AppCredentials


@dataclass(frozen=True)
class Linking:
    """The use cases of linking."""

    work: UnitOfWork
    ring: KeyRing
    targets: Mapping[str, TargetSystem]
    client: OAuthClient
    settings: OAuthSettings
    clock: Clock = system_clock
    on_linked: Sequence[OnLinked] = ()

    async def start(
        self, tenant: Tenant, target: str, wish: LinkRequest, account: Account | None = None
    ) -> StartedLink:
        """Answer the address at which the customer consents, or of our page before it.

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

    async def finish(
        self, target: str, answer: ConsentAnswer, cookies: Mapping[str, str] | None = None
    ) -> Redirect | Ending:
        """Turn the browser's return into a linked account; answer where it goes next.

        A link that began at our page must come back with the cookie it left with. One without a
        callback URL ends here, with an Ending to show.

        Whatever fails once the link is known sends the browser to the vendor with `error` and
        `error_description`. Raises only while there is nowhere to send it: UnknownTarget, Invalid,
        StateInvalid, StateExpired, StateReplayed.
        """
        system = self._target(target)
        if answer.code is None and answer.error is None:
            raise Invalid.one("code", "REQUIRED", "the target system sent neither code nor error")
        link, tenant, credentials = await self._take(target, answer.state, cookies or {})
        try:
            if credentials is None:
                raise SystemNotRegistered(target)
            if answer.code is None:
                raise ConsentRefused(answer.error or "access_denied", answer.description)
            back = _Return(link, tenant, system, credentials)
            return await self._complete(back, answer.code)
        except ConsentRefused as refusal:
            logger.info("link.refused", link_id=link.id, target=target)
            outcome = Outcome.CANCELED if refusal.error == "access_denied" else Outcome.FAILED
            return self._refused(link, tenant, outcome, refusal.error, refusal.message)
        except ServiceError as error:
            logger.warning("link.failed", link_id=link.id, target=target, code=error.code)
            return self._refused(link, tenant, Outcome.FAILED, error.code, error.message)

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
        """Delete links and codes that expired a day ago; answer how many."""
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
            callbacks.parse(webhook, allow_loopback=loopback, field="webhookCallbackUrl")
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
        return replace(bare, code_verifier=self.ring.seal(verifier, place=bare.place))

    async def _take(
        self, target: str, state: str, cookies: Mapping[str, str]
    ) -> tuple[Link, Tenant, AppCredentials | None]:
        """Check a state and use its link up. Raises StateInvalid, StateExpired, StateReplayed."""
        at = self.clock()
        life = timedelta(minutes=self.settings.state_minutes)
        claim = read_state(state, self._state_keys(), at=at, life=life)
        async with self.work.writing() as tx:
            link = await tx.links.get(claim.link_id)
            tenant = await tx.tenants.get(claim.tenant_id)
            if link is None or tenant is None or link.tenant_id != tenant.id:
                raise StateInvalid
            if not link.target == claim.target == target:
                raise StateInvalid
            if link.page_id is not None and not is_cookie_of(
                link.id,
                cookies.get(cookie_name(link.id)),
                self.ring.signing_keys("browser"),
                at=at,
            ):
                raise StateInvalid
            if at >= link.expires_at:
                raise StateExpired
            if not await tx.links.use(link.id, at):
                raise StateReplayed
            system = await tx.systems.get(tenant.id, target)
        return link, tenant, None if system is None else open_credentials(self.ring, system)

    async def _complete(self, back: _Return, code: str) -> Redirect | Ending:
        link, target = back.link, back.target
        at = self.clock()
        tokens = await self.client.exchange(
            target,
            back.credentials,
            code=code,
            redirect_uri=self.settings.redirect_uri(link.target),
            verifier=self.ring.open_text(link.code_verifier, place=link.place),
            asked=frozenset(scopes_for(target, back.credentials.scopes, self.settings)),
            at=at,
        )
        try:
            identity = await self._identify(back, tokens)
            async with self.work.writing() as tx:
                if link.page_id is not None and not await tx.links.use(link.page_id, at):
                    raise StateReplayed
                arrived = await settle(
                    tx,
                    self.ring,
                    Arrival(link, back.tenant, identity, tokens, at),
                    code_life=timedelta(minutes=self.settings.exchange_minutes),
                )
        except ServiceError as error:
            if not isinstance(error, StorageUnavailable):  # after which they may be stored
                await self._revoke(back, tokens)
            raise
        joined = arrived.joined
        logger.info(
            "link.finished", link_id=link.id, account_id=joined.account.id, tenant_id=link.tenant_id
        )
        if joined.abandoned is not None:
            await self._give_back(back, joined.abandoned)
        for account in (joined.account, *joined.revived):
            for hook in self.on_linked:
                await tell(hook, account.id)
        if arrived.url is None:
            return Ending(
                Outcome.LINKED,
                back.tenant,
                target.oauth.display_name or link.target,
                organization=arrived.account.organization_name,
            )
        return Redirect(arrived.url)

    def _refused(
        self, link: Link, tenant: Tenant, outcome: Outcome, code: str, message: str
    ) -> Redirect | Ending:
        """Answer where a browser goes whose link came to nothing."""
        url = refused_url(link, code, message)
        if url is not None:
            return Redirect(url)
        return Ending(
            outcome,
            tenant,
            self._target(link.target).oauth.display_name or link.target,
            code=code,
            try_again=None if link.page_id is None else self._page_url(link.page_id),
        )

    def _page_url(self, link_id: str) -> str:
        token = write_page_token(link_id, self.ring.signing_keys("page"), at=self.clock())
        return self.settings.page_url(token)

    async def _identify(self, back: _Return, tokens: TokenSet) -> Identity:
        extra = back.target.extra_headers(back.credentials.custom_values)
        access = Access(bearer(tokens.access_token, extra), tokens.scopes, tokens.expires_at)
        try:
            async with asyncio.timeout(self.settings.identify_timeout_seconds):
                return await back.target.identify(access)
        except TimeoutError:
            raise ProviderUnavailable("the target system didn't answer in time") from None

    async def _revoke(self, back: _Return, tokens: TokenSet) -> None:
        """Give tokens back that nobody keeps, if the target system takes them now."""
        token = tokens.refresh_token or tokens.access_token
        try:
            await self.client.revoke(back.target, back.credentials, token=token)
        except ServiceError as error:
            logger.warning("link.tokens_left", link_id=back.link.id, code=error.code)

    async def _give_back(self, back: _Return, abandoned: StoredTokens) -> None:
        """End an earlier person's consent, which the account has just left."""
        if abandoned.kind == API_KEY:
            return  # an organisation's own key is ended by the organisation
        sealed, place = abandoned.access_token, abandoned.access_place
        if abandoned.refresh_token is not None:
            sealed, place = abandoned.refresh_token, abandoned.refresh_place
        try:
            token = self.ring.open_text(sealed, place=place)
            await self.client.revoke(back.target, back.credentials, token=token)
        except ServiceError as error:
            logger.warning("link.tokens_left", link_id=back.link.id, code=error.code)

    def _state_keys(self) -> list[bytes]:
        return self.ring.signing_keys("state")

    def _target(self, name: str) -> TargetSystem:
        target = self.targets.get(name)
        if target is None:
            raise UnknownTarget
        return target


async def tell(hook: OnLinked, account_id: str) -> None:
    """Call a hook; the link is stored and stands, whatever becomes of the call."""
    try:
        async with asyncio.timeout(_HOOK_SECONDS):
            await hook(account_id)
    except Exception as error:
        logger.warning("link.hook_failed", account_id=account_id, error=type(error).__name__)
