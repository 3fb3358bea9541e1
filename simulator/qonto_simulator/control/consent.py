"""Applications, consents and tokens."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Literal, TypedDict

from msgspec import Meta

from qonto_simulator.oauth.grants import Family, Wanted
from qonto_simulator.oauth.oddities import Oddity
from qonto_simulator.render.common import Document
from qonto_simulator.scopes import allowed
from qonto_simulator.webhooks.revocation import revoke_consent

from .call import call
from .desk import Desk
from .fields import (
    AnyApplication,
    AnyConsent,
    AnyMembership,
    AnyOrganization,
    Application,
    Organization,
    Scope,
    Text,
    Times,
)


class ApplicationFacts(TypedDict):
    """What a program needs to ask for consent."""

    client_id: str
    client_secret: str
    name: str
    redirect_uris: list[str]


class ConsentFacts(TypedDict):
    """One consent of one member to one application; a connection, with all its tokens."""

    id: str
    client_id: str
    organization_id: str
    membership_id: str
    scopes: list[str]
    revoked: bool


class Consent(Desk):
    """What users and applications agreed on, and the tokens that follow from it."""

    @call(
        "POST",
        "/applications",
        "Register one more OAuth client; it goes away with a reset.",
        answers="application",
        status=201,
        example={"name": "Second Ledger", "redirect_uris": ["http://127.0.0.1:8000/callback"]},
    )
    def register_application(
        self,
        name: Annotated[Text, Meta(description="What the consent page calls it")],
        *,
        redirect_uris: Annotated[
            Sequence[Text], Meta(description="Where it may be returned to, exactly")
        ] = (),
    ) -> ApplicationFacts:
        client = self._parts.applications.register(name, redirect_uris)
        return ApplicationFacts(
            client_id=client.id,
            client_secret=client.secret,
            name=client.name,
            redirect_uris=sorted(client.redirect_uris),
        )

    @call(
        "POST",
        "/redirect_uris",
        "Let an application be returned to at exactly this address.",
        status=201,
        example={"uri": "http://127.0.0.1:8000/auth/callback/qonto"},
    )
    def register_redirect_uri(
        self,
        uri: Annotated[Text, Meta(description="The address")],
        *,
        client_id: Application = None,
    ) -> None:
        self._parts.applications.find(client_id).redirect_uris.add(uri)

    @call(
        "POST",
        "/tokens",
        "An access token without the pages.",
        answers="access_token",
        status=201,
        example={"scopes": ["client_invoices.read"]},
    )
    def issue_access_token(
        self,
        scopes: Annotated[
            Sequence[Scope] | None,
            Meta(description="What it may do; all that an application may ask for by default"),
        ] = None,
        *,
        organization_id: Organization = None,
        membership_id: Annotated[
            str | None, Meta(description="Who consented; the owner by default")
        ] = None,
        client_id: Application = None,
    ) -> str:
        books = self._world.books_of(organization_id)
        member = books.organisation.owner.id
        if membership_id is not None:
            found, person = self._world.membership(membership_id)
            if organization_id is not None and found is not books:
                raise KeyError(membership_id)
            if person.status != "active":
                raise ValueError(f"{person.email} is not active but {person.status}")
            books, member = found, person.id
        everything = allowed(may_trust=self._world.quirks.may_trust)
        family = Family(
            id=self._world.ids.hexadecimal(32),
            client_id=self._parts.applications.find(client_id).id,
            organisation_id=books.organisation.id,
            membership_id=member,
            scopes=tuple(sorted(everything) if scopes is None else scopes),
        )
        return self._parts.grants.issue(family, self._world.now()).access_token

    @call("GET", "/consents", "Who consented to what, oldest first; ended consents as well.")
    def consents(
        self,
        *,
        organization_id: AnyOrganization = None,
        membership_id: AnyMembership = None,
        client_id: AnyApplication = None,
    ) -> list[ConsentFacts]:
        wanted = self._wanted(organization_id, membership_id, client_id)
        return [
            ConsentFacts(
                id=one.id,
                client_id=one.client_id,
                organization_id=one.organisation_id,
                membership_id=one.membership_id,
                scopes=list(one.scopes),
                revoked=one.revoked,
            )
            for one in self._parts.grants.families(wanted)
        ]

    @call(
        "POST",
        "/consents/revoke",
        "Users unlink applications: tokens die, subscribers are told, subscriptions end."
        " Answers how many consents ended.",
        answers="revoked",
    )
    def revoke_consent(
        self,
        *,
        organization_id: AnyOrganization = None,
        membership_id: AnyMembership = None,
        client_id: AnyApplication = None,
    ) -> int:
        wanted = self._wanted(organization_id, membership_id, client_id)
        return revoke_consent(
            self._world,
            self._parts.grants,
            wanted.client_id,
            wanted.organisation_id,
            self._world.now(),
            membership_id=wanted.membership_id,
        )

    @call(
        "POST",
        "/tokens/expire",
        "Valid tokens end now, without anybody being told. Answers how many.",
        answers="expired",
        example={"kind": "access"},
    )
    def expire_tokens(
        self,
        kind: Annotated[
            Literal["access", "refresh"] | None, Meta(description="Only these; both by default")
        ] = None,
        *,
        organization_id: AnyOrganization = None,
        membership_id: AnyMembership = None,
        client_id: AnyApplication = None,
        consent_id: AnyConsent = None,
    ) -> int:
        wanted = self._wanted(organization_id, membership_id, client_id, consent_id)
        return self._parts.grants.expire(kind, wanted, self._world.now())

    @call(
        "POST",
        "/token_answers",
        "The next successful answers of `/oauth2/token` are odd. The tokens in them are real, and a"
        " refresh token that was used is used.",
        answers="token_answer",
        status=201,
        example={"change": {"expires_in": "3600", "token_type": "Bearer"}, "omit": ["scope"]},
    )
    def odd_token_answers(
        self,
        *,
        change: Annotated[
            Mapping[str, object] | None,
            Meta(description="Keys to set or add, with any value: `expires_in` null or -1, say"),
        ] = None,
        omit: Annotated[
            Sequence[str],
            Meta(description="Keys to leave out: `refresh_token`, `expires_in`, `scope`, ..."),
        ] = (),
        reverse_scope: Annotated[
            bool, Meta(description="`scope` names the granted scopes from last to first")
        ] = False,
        grant_type: Annotated[
            Literal["authorization_code", "refresh_token"] | None,
            Meta(description="Only answers to this grant; both by default"),
        ] = None,
        times: Times = 1,
    ) -> Document:
        oddity = Oddity(dict(change or {}), tuple(omit), reverse_scope, grant_type, times)
        return self._parts.oddities.add(oddity).document()

    @call("GET", "/token_answers", "Odd token answers that are still to come.")
    def token_answers(self) -> list[Document]:
        return [one.document() for one in self._parts.oddities.waiting()]

    @call("DELETE", "/token_answers", "Token answers are as documented again.")
    def clear_token_answers(self) -> None:
        self._parts.oddities.clear()

    def _wanted(
        self,
        organization_id: str | None,
        membership_id: str | None,
        client_id: str | None,
        consent_id: str | None = None,
    ) -> Wanted:
        """Which consents are meant; ``KeyError`` for anything that does not exist."""
        if membership_id is not None:
            self._world.membership(membership_id)
        if client_id is not None:
            self._parts.applications.find(client_id)
        wanted = Wanted(
            client_id, self._organisation_id(organization_id), membership_id, consent_id
        )
        if consent_id is not None and not self._parts.grants.families(Wanted(family_id=consent_id)):
            raise KeyError(consent_id)
        return wanted
