"""The organisation behind a link and the person who made it, as far as the consent tells.

Asking needs organization.read and membership.read, which the default scopes lack. What was learned
at linking is then answered, with a warning that names the scope.
"""

from dataclasses import dataclass, replace
from typing import Generic, TypeVar

import msgspec

from connector.errors import DownstreamForbidden, MissingScope
from connector.http import ProviderCall, ProviderClient
from connector.profiles import LinkedAccount, Told
from connector.providers.qonto.client import READ_MEMBERSHIP, READ_ORGANIZATION
from connector.providers.qonto.documents.bank import (
    MEMBERSHIP,
    ORGANIZATION,
    Membership,
    Organization,
)
from connector.providers.qonto.documents.reading import QontoResource
from connector.providers.qonto.mapping import Calendar
from connector.providers.qonto.mapping.company import map_company
from connector.providers.qonto.mapping.notes import Notes
from connector.providers.qonto.mapping.user import map_user, user_info
from connector.providers.qonto.session.fetch import fetch
from connector.unified.company import Company, Environment
from connector.unified.profile import Profile
from connector.unified.user import UserInfo
from oauth.tokens import AccessSource
from storage.clock import Clock

D = TypeVar("D", Organization, Membership)


@dataclass(frozen=True, slots=True)
class _Asked(Generic[D]):
    """A document, or why there is none."""

    document: D | None
    raw: bytes | None
    refusal: DownstreamForbidden | None

    def named(self, stored_id: str | None) -> "_Asked[D]":
        """Give a document that came without an id the one that is known since the linking."""
        if self.document is None or self.document.id or stored_id is None:
            return self
        return replace(self, document=msgspec.structs.replace(self.document, id=stored_id))

    def lack(self, what: str, scope: str) -> tuple[str, ...]:
        """Say what isn't told, and what would let it be."""
        if self.refusal is None:
            return ()
        if isinstance(self.refusal, MissingScope):
            return (f"{what}: not known, because the linked account did not grant {scope}",)
        return (f"{what}: not known, because Qonto does not tell it to this account",)


class QontoProfiles:
    """The Profiles of Qonto, for production or for the sandbox."""

    def __init__(
        self, http: ProviderClient, access: AccessSource, clock: Clock, *, is_sandbox: bool
    ) -> None:
        self._http = http
        self._access = access
        self._clock = clock
        self._environment = "sandbox" if is_sandbox else "production"

    @property
    def environment(self) -> Environment:
        return Environment(
            name=self._environment,
            type=None,
            tenant_id=None,
            application_family=None,
            country_code=None,
        )

    async def profile(self, account: LinkedAccount) -> Told[Profile]:
        asked = await self._organization(account)
        person = await self._membership(account)
        notes = Notes("organization", account.organization_id)
        organization = asked.document or Organization()
        calendar = Calendar(self._clock(), None)
        user = None if person.document is None else map_user(person.document, calendar)
        profile = Profile(
            id=organization.id or account.organization_id,
            name=notes.text(organization.name)
            or notes.text(organization.legal_name)
            or account.organization_name,
            legal_name=notes.text(organization.legal_name),
            country=notes.country(organization.legal_country),
            environment=self._environment,
            user=None if user is None else user.value,
        )
        warnings = (
            *notes.warnings,
            *asked.lack(
                "legalName and country" if profile.name else "name, legalName and country",
                READ_ORGANIZATION,
            ),
            *(() if user is None else user.warnings),
            *person.lack("user", READ_MEMBERSHIP),
        )
        return Told(profile, warnings, asked.raw)

    async def user_info(self, account: LinkedAccount) -> Told[UserInfo]:
        asked = await self._membership(account)
        if asked.document is not None:
            told = user_info(asked.document, account.organization_id)
            return Told(told.value, told.warnings, asked.raw)
        if asked.refusal is not None and account.membership_id is None:
            raise asked.refusal
        known = Membership(id=account.membership_id)
        warnings = asked.lack("family_name and name", READ_MEMBERSHIP)
        return Told(user_info(known, account.organization_id).value, warnings, None)

    async def company(self, account: LinkedAccount) -> Told[Company]:
        asked = await self._organization(account)
        known = Organization(id=account.organization_id, legal_name=account.organization_name)
        mapped = map_company(asked.document or known, Calendar(self._clock(), None))
        lack = () if mapped.value.name else asked.lack("name", READ_ORGANIZATION)
        return Told(mapped.value, (*mapped.warnings, *lack), asked.raw)

    async def _organization(self, account: LinkedAccount) -> _Asked[Organization]:
        asked = await self._ask(account.id, ORGANIZATION, "/v2/organization", READ_ORGANIZATION)
        return asked.named(account.organization_id)

    async def _membership(self, account: LinkedAccount) -> _Asked[Membership]:
        asked = await self._ask(account.id, MEMBERSHIP, "/v2/membership", READ_MEMBERSHIP)
        return asked.named(account.membership_id)

    async def _ask(
        self, account_id: str, resource: QontoResource[D], path: str, scope: str
    ) -> _Asked[D]:
        """Ask where the scopes allow it; an API key has none, and Qonto decides."""
        scopes = (await self._access.get(account_id)).scopes
        if scopes is not None and scope not in scopes:
            return _Asked(None, None, MissingScope(scope))
        call = ProviderCall("GET", path, path, scope=scope)
        try:
            document, raw = await fetch(self._http, account_id, call, resource.read_one)
        except DownstreamForbidden as error:
            return _Asked(None, None, error)
        return _Asked(document, raw, None)
