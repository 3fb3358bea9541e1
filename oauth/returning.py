"""The end of a link: a browser comes back from the provider, and leaves with a linked account.

The calls to the provider lie between two short transactions. The first uses the link up, so that
one return alone spends the authorization code; the second writes account, tokens, key, notice and
the link's outcome, all or nothing.

A browser may come back more than once: it reloads, it was cut off, it asked twice at once. Whoever
brings the same state and the same authorization code within the state's life is shown the same
outcome.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from oauth.accounts import Status
from oauth.arrival import LINKED, Arrival, Arrived, Handing, hand_over_again, settle
from oauth.authorizing import scopes_for
from oauth.client import OAuthClient
from oauth.credentials import AppCredentials, open_credentials
from oauth.delivery import refused_url
from oauth.errors import (
    ConsentRefused,
    ProviderUnavailable,
    StateExpired,
    StateInvalid,
    StateReplayed,
    SystemNotRegistered,
    UnknownTarget,
)
from oauth.flights import Flights
from oauth.grants import ConsentAnswer
from oauth.joining import Joined
from oauth.link_endings import Ending, LinkOutcome
from oauth.page_tokens import (
    BrowserMark,
    cookie_name,
    is_cookie_of,
    write_cookie,
    write_page_token,
)
from oauth.ports import Identity, TargetSystem
from oauth.sealed_tokens import bearer
from oauth.settings import OAuthSettings
from oauth.state import read_state
from oauth.tokens import Access, TokenSet
from storage.clock import Clock, system_clock
from storage.errors import Invalid, ServiceError, StorageUnavailable
from storage.log import logger
from storage.repositories.links import Link
from storage.repositories.tenants import Tenant
from storage.repositories.tokens import API_KEY, StoredTokens
from storage.sealing import KeyRing
from storage.unit_of_work import DatabaseTransaction, UnitOfWork

OnLinked = Callable[[str], Awaitable[None]]
"""Told the account's id after a link was stored; what it raises is logged and goes no further."""

_HOOK_SECONDS = 10
_CANCELED = "access_denied"
_POLL_SECONDS = 0.2
_LONGEST_WAIT = 45.0
"""Seconds that a browser waits for its link to be completed and stored."""

_LAST_WAIT = 10.0
"""Seconds that a process waits before it ends with a link that can't be stored."""

_SAVE_PAUSES = (0.2, 0.5, 1.0, 2.0)
"""Seconds between attempts to store what a link brought; the last one repeats."""


@dataclass(frozen=True, slots=True)
class Redirect:
    """Where the browser goes next. Hidden from `repr`: it may hold a code or a key."""

    url: str = field(repr=False)
    mark: BrowserMark | None = None


@dataclass(frozen=True, slots=True)
class _Return:
    """A browser that came back with a good state, and what its link was started with."""

    link: Link
    tenant: Tenant
    target: TargetSystem
    credentials: AppCredentials | None
    is_first: bool
    is_same_browser: bool
    """It presents the cookie that it was given with this link."""


class Returning:
    """The use case. One per process."""

    def __init__(
        self,
        work: UnitOfWork,
        ring: KeyRing,
        targets: Mapping[str, TargetSystem],
        client: OAuthClient,
        settings: OAuthSettings,
        clock: Clock = system_clock,
        on_linked: Sequence[OnLinked] = (),
    ) -> None:
        self._work = work
        self._ring = ring
        self._targets = targets
        self._client = client
        self._settings = settings
        self._clock = clock
        self._on_linked = on_linked
        self._completions = Flights[str, Redirect | Ending]()

    async def finish(
        self, target: str, answer: ConsentAnswer, cookies: Mapping[str, str] | None = None
    ) -> Redirect | Ending:
        """Turn the browser's return into a linked account; return where it goes next.

        A link that began at our page must come back with the cookie it left with. One without a
        callback URL ends here, with an Ending to show.

        Whatever fails once the link is known sends the browser to the vendor with `error` and
        `error_description`. Raises only while there is nowhere to send it: UnknownTarget, Invalid,
        StateInvalid, StateExpired, StateReplayed, StorageUnavailable.
        """
        system = self._target(target)
        if answer.code is None and answer.error is None:
            raise Invalid.one("code", "REQUIRED", "the target system sent neither code nor error")
        back = await self._take(system, target, answer, cookies or {})
        if not back.is_first:
            return await self._again(back)
        # It goes on when the browser leaves: a code is good for one call, and what it brought must
        # be stored.
        try:
            async with asyncio.timeout(_LONGEST_WAIT):
                return await self._completions.join(back.link.id, lambda: self._end(back, answer))
        except TimeoutError:
            raise StorageUnavailable("the link is complete but not stored yet; come back") from None

    async def close(self) -> None:
        """Wait for links that are being completed: their tokens must be stored."""
        try:
            async with asyncio.timeout(_LAST_WAIT):
                await self._completions.settle()
        except TimeoutError:
            logger.critical("link.lost", code="STORAGE_UNAVAILABLE")

    # -- the first return -------------------------------------------------------------------------

    async def _take(
        self, system: TargetSystem, target: str, answer: ConsentAnswer, cookies: Mapping[str, str]
    ) -> _Return:
        """Check a state and use its link up. Raises StateInvalid, StateExpired, StateReplayed."""
        at = self._clock()
        life = timedelta(minutes=self._settings.state_minutes)
        claim = read_state(answer.state, self._ring.signing_keys("state"), at=at, life=life)
        brought = answer.code or f"error:{answer.error}"
        async with self._work.writing() as tx:
            link = await tx.links.get(claim.link_id)
            tenant = await tx.tenants.get(claim.tenant_id)
            if link is None or tenant is None or link.tenant_id != tenant.id:
                raise StateInvalid
            if not link.target == claim.target == target:
                raise StateInvalid
            is_same_browser = is_cookie_of(
                link.id,
                cookies.get(cookie_name(link.id)),
                self._ring.signing_keys("browser"),
                at=at,
            )
            if link.page_id is not None and not is_same_browser:
                raise StateInvalid
            if at >= link.expires_at:
                raise StateExpired
            is_first = await tx.links.use(link.id, at, self._ring.digest(brought).value)
            if not is_first:
                link = await tx.links.get(link.id) or link
                digests = [one.value for one in self._ring.digests(brought)]
                if link.return_digest not in digests:
                    raise StateReplayed
            registered = await tx.systems.get(tenant.id, target)
        credentials = None if registered is None else open_credentials(self._ring, registered)
        return _Return(link, tenant, system, credentials, is_first, is_same_browser)

    async def _end(self, back: _Return, answer: ConsentAnswer) -> Redirect | Ending:
        """Complete a link, or note why it came to nothing."""
        link = back.link
        try:
            if back.credentials is None:
                raise SystemNotRegistered(link.target)
            if answer.code is None:
                raise ConsentRefused(answer.error or _CANCELED, answer.description)
            return await self._complete(back, back.credentials, answer.code)
        except ConsentRefused as refusal:
            logger.info("link.refused", link_id=link.id, target=link.target)
            code, message = refusal.error, refusal.message
        except ServiceError as error:
            logger.warning("link.failed", link_id=link.id, target=link.target, code=error.code)
            code, message = error.code, error.message
        try:
            async with self._work.writing() as tx:
                await tx.links.end(link.id, code, message=message)
        except StorageUnavailable:
            logger.warning("link.outcome_not_stored", link_id=link.id, code=code)
        return self._refused(back, code, message)

    async def _complete(
        self, back: _Return, credentials: AppCredentials, code: str
    ) -> Redirect | Ending:
        link, at = back.link, self._clock()
        tokens = await self._client.exchange(
            back.target,
            credentials,
            code=code,
            redirect_uri=self._settings.redirect_uri(link.target),
            verifier=self._ring.open_text(link.code_verifier, associated_data=link.associated_data),
            asked=frozenset(scopes_for(back.target, credentials.scopes, self._settings)),
            at=at,
        )
        try:
            identity = await self._identify(back.target, credentials, tokens)
            arrived = await self._store(Arrival(link, back.tenant, identity, tokens, at))
        except ServiceError:
            await self._give_back(back, tokens.refresh_token or tokens.access_token)
            raise
        joined = arrived.joined
        logger.info(
            "link.finished", link_id=link.id, account_id=joined.account.id, tenant_id=link.tenant_id
        )
        if joined.abandoned is not None:
            await self._abandon(back, joined.abandoned)
        for account in (joined.account, *joined.revived):
            for hook in self._on_linked:
                await tell(hook, account.id)
        return self._linked(back, arrived.url, joined.account.organization_name)

    async def _store(self, arrival: Arrival) -> Arrived:
        """Write everything down, however long the database is away: there is no second code."""
        life = timedelta(minutes=self._settings.exchange_minutes)
        attempts = 0
        while True:
            try:
                async with self._work.writing() as tx:
                    if attempts and (stored := await self._stored(tx, arrival, life)) is not None:
                        return stored
                    page_id = arrival.link.page_id
                    if page_id is not None and not await tx.links.use(page_id, arrival.at):
                        raise StateReplayed
                    return await settle(tx, self._ring, arrival, code_life=life)
            except StorageUnavailable as error:
                logger.warning("link.not_stored_yet", link_id=arrival.link.id, code=error.code)
                await asyncio.sleep(_SAVE_PAUSES[min(attempts, len(_SAVE_PAUSES) - 1)])
                attempts += 1

    async def _stored(
        self, tx: DatabaseTransaction, arrival: Arrival, life: timedelta
    ) -> Arrived | None:
        """Return what an earlier attempt stored, though its commit could not be confirmed."""
        link = await tx.links.get(arrival.link.id, lock=True)
        if link is None or link.outcome != LINKED:
            return None
        account = await tx.accounts.get(link.linked_account_id or "")
        if account is None:
            return None
        handing = Handing(self._ring, link, arrival.tenant, account, arrival.at, life)
        url = await hand_over_again(tx, handing, same_browser=True)
        return Arrived(Joined(account, relinked=True), url)

    async def _identify(
        self, target: TargetSystem, credentials: AppCredentials, tokens: TokenSet
    ) -> Identity:
        extra = target.extra_headers(credentials.custom_values)
        access = Access(bearer(tokens.access_token, extra), tokens.scopes, tokens.expires_at)
        try:
            async with asyncio.timeout(self._settings.identify_timeout_seconds):
                return await target.identify(access)
        except TimeoutError:
            raise ProviderUnavailable("the target system didn't answer in time") from None

    async def _abandon(self, back: _Return, tokens: StoredTokens) -> None:
        """End an earlier person's consent, which the account has just left."""
        if tokens.kind == API_KEY:
            return  # an organisation's own key is ended by the organisation
        sealed, associated_data = tokens.access_token, tokens.access_associated_data
        if tokens.refresh_token is not None:
            sealed, associated_data = tokens.refresh_token, tokens.refresh_associated_data
        try:
            token = self._ring.open_text(sealed, associated_data=associated_data)
        except ServiceError as error:
            logger.warning("link.tokens_left", link_id=back.link.id, code=error.code)
            return
        await self._give_back(back, token)

    async def _give_back(self, back: _Return, token: str) -> None:
        """Give tokens back that nobody keeps, if the target system takes them now."""
        if back.credentials is None:
            return
        try:
            await self._client.revoke(back.target, back.credentials, token=token)
        except ServiceError as error:
            logger.warning("link.tokens_left", link_id=back.link.id, code=error.code)

    # -- another return ---------------------------------------------------------------------------

    async def _again(self, back: _Return) -> Redirect | Ending:
        """Show how a link ended, once more; wait for whoever is completing it."""
        link = await self._ended(back.link)
        if link.outcome != LINKED:
            return self._refused(back, link.outcome or "", link.outcome_message or "")
        at = self._clock()
        life = timedelta(minutes=self._settings.exchange_minutes)
        async with self._work.writing() as tx:
            # Each that comes back replaces what the one before took along.
            link = await tx.links.get(link.id, lock=True) or link
            account = await tx.accounts.get(link.linked_account_id or "")
            if account is None or account.status not in (Status.ACTIVE, Status.REAUTH_REQUIRED):
                raise StateReplayed
            handing = Handing(self._ring, link, back.tenant, account, at, life)
            url = await hand_over_again(tx, handing, same_browser=back.is_same_browser)
        logger.info("link.shown_again", link_id=link.id, account_id=account.id)
        return self._linked(back, url, account.organization_name)

    async def _ended(self, link: Link) -> Link:
        """Return a link with its outcome. Raises StateReplayed when nobody completes it in time."""
        loop = asyncio.get_running_loop()
        patience = (
            self._settings.token_timeout_seconds + self._settings.identify_timeout_seconds + 5
        )
        deadline = loop.time() + patience
        while link.outcome is None:
            if loop.time() > deadline:
                raise StateReplayed
            await asyncio.sleep(_POLL_SECONDS)
            async with self._work.reading() as tx:
                link = await tx.links.get(link.id) or link
        return link

    # -- where the browser goes -------------------------------------------------------------------

    def _linked(
        self, back: _Return, url: str | None, organization: str | None
    ) -> Redirect | Ending:
        if url is not None:
            return Redirect(url, self._mark(back.link))
        provider = back.target.oauth.display_name or back.link.target
        return Ending(LinkOutcome.LINKED, back.tenant, provider, organization=organization)

    def _refused(self, back: _Return, code: str, message: str) -> Redirect | Ending:
        """Say where a browser goes whose link came to nothing."""
        link = back.link
        url = refused_url(link, code, message)
        if url is not None:
            return Redirect(url)
        return Ending(
            LinkOutcome.CANCELED if code == _CANCELED else LinkOutcome.FAILED,
            back.tenant,
            back.target.oauth.display_name or link.target,
            code=code,
            try_again=None if link.page_id is None else self._page_url(link.page_id),
        )

    def _mark(self, link: Link) -> BrowserMark:
        return BrowserMark(
            cookie_name(link.id),
            write_cookie(link.id, self._ring.signing_keys("browser"), at=self._clock()),
            self._settings.callback_path(link.target),
            timedelta(minutes=self._settings.state_minutes),
            self._settings.is_secure,
        )

    def _page_url(self, link_id: str) -> str:
        token = write_page_token(link_id, self._ring.signing_keys("page"), at=self._clock())
        return self._settings.page_url(token)

    def _target(self, name: str) -> TargetSystem:
        target = self._targets.get(name)
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
