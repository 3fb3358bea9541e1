"""The page of our own on which a link may begin: what it tells, and the click that goes on.

The page's link is only a wish. State and PKCE are minted on the click, for the browser that
clicked, so the address may lie in a mailbox for a day.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta

from oauth import grants
from oauth.authorizing import consent_url, scopes_for
from oauth.errors import PageExpired, PageInvalid, PageUsed, SystemNotRegistered, UnknownTarget
from oauth.page_tokens import BrowserMark, cookie_name, read_page_token, write_cookie
from oauth.ports import TargetSystem
from oauth.settings import OAuthSettings
from oauth.topics import ConsentSummary, summarize
from storage.clock import Clock, system_clock
from storage.ids import new_id
from storage.log import logger
from storage.repositories.links import Link
from storage.repositories.systems import System
from storage.repositories.tenants import Tenant
from storage.sealing import KeyRing
from storage.unit_of_work import DatabaseTransaction, UnitOfWork

_CLICKS = 20
"""How many links under way one page may have."""


@dataclass(frozen=True, slots=True)
class Invitation:
    """What the page tells: who asks, and for what."""

    tenant: Tenant
    provider: str
    """The target system's name, as people know it."""
    asked: ConsentSummary
    log_in_first: bool
    """Whether the customer must be logged in at the target system before going on."""
    goes_to: str
    """Where the click leads: the origin of the provider's authorization server."""


@dataclass(frozen=True, slots=True)
class Departure:
    """Where the browser goes on the click, and the cookie it takes along."""

    url: str = field(repr=False)
    mark: BrowserMark


@dataclass(frozen=True)
class LinkPages:
    """The use cases of the page."""

    work: UnitOfWork
    ring: KeyRing
    targets: Mapping[str, TargetSystem]
    settings: OAuthSettings
    clock: Clock = system_clock

    async def show(self, token: str) -> Invitation:
        """Return what the page tells.

        Raises PageInvalid, PageExpired, PageUsed, UnknownTarget, SystemNotRegistered.
        """
        async with self.work.reading() as tx:
            page, tenant, registered = await self._read(tx, token)
        system = self._target(page.target)
        spec = system.oauth
        return Invitation(
            tenant=tenant,
            provider=spec.display_name or page.target,
            asked=summarize(
                scopes_for(system, registered.scopes, self.settings), spec.scope_meanings
            ),
            log_in_first=spec.log_in_first,
            goes_to=spec.authorize_url,
        )

    async def depart(self, token: str) -> Departure:
        """Begin the link for the browser that clicked. Raises what `show` does."""
        at = self.clock()
        async with self.work.writing() as tx:
            page, _, registered = await self._read(tx, token)
            system = self._target(page.target)
            account = None if page.account_id is None else await tx.accounts.get(page.account_id)
            verifier = grants.new_verifier()
            life = timedelta(minutes=self.settings.state_minutes)
            bare = replace(
                page, id=new_id("lnk", at), page_id=page.id, created_at=at, expires_at=at + life
            )
            link = replace(
                bare, code_verifier=self.ring.seal(verifier, associated_data=bare.associated_data)
            )
            await tx.links.add(link)
            # Whoever has the page's address can click for ever; the newest clicks count.
            await tx.links.trim(page.id, most=_CLICKS)
        logger.info("link.departed", tenant_id=link.tenant_id, link_id=link.id, page_id=page.id)
        url = consent_url(
            link,
            system,
            registered,
            ring=self.ring,
            settings=self.settings,
            verifier=verifier,
            organization_id=None if account is None else account.organization_id,
        )
        return Departure(
            url=url,
            mark=BrowserMark(
                cookie_name(link.id),
                write_cookie(link.id, self.ring.signing_keys("browser"), at=at),
                self.settings.callback_path(link.target),
                life,
                self.settings.is_secure,
            ),
        )

    async def _read(self, tx: DatabaseTransaction, token: str) -> tuple[Link, Tenant, System]:
        at = self.clock()
        link_id = read_page_token(token, self.ring.signing_keys("page"), at=at)
        page = await tx.links.get(link_id)
        tenant = None if page is None else await tx.tenants.get(page.tenant_id)
        if page is None or tenant is None:
            raise PageInvalid
        if page.used_at is not None:
            raise PageUsed
        if at >= page.expires_at:
            raise PageExpired
        registered = await tx.systems.get(tenant.id, page.target)
        if registered is None:
            raise SystemNotRegistered(page.target)
        return page, tenant, registered

    def _target(self, name: str) -> TargetSystem:
        target = self.targets.get(name)
        if target is None:
            raise UnknownTarget
        return target
