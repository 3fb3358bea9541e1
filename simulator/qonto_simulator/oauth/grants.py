"""Codes, access tokens and refresh tokens, and the rules of their lives.

A code lives ten minutes and is used once. An access token lives an hour. A refresh token comes only
with ``offline_access``, lives ninety days, and is replaced on every use; the old one still works
for sixty seconds after it was first used. Later use of it ends the whole family of tokens.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from dataclasses import dataclass
from datetime import datetime, timedelta

from qonto_simulator.ids import IdSource
from qonto_simulator.tally import Ending, Tally

from .applications import OAuthClient
from .errors import invalid_grant, invalid_request, invalid_scope

CODE_LIFE = timedelta(minutes=10)
ACCESS_LIFE = timedelta(hours=1)
REFRESH_LIFE = timedelta(days=90)
GRACE = timedelta(seconds=60)


@dataclass(slots=True)
class Family:
    """All tokens that go back to one consent of one person for one organisation."""

    id: str
    client_id: str
    organisation_id: str
    membership_id: str
    scopes: tuple[str, ...]
    revoked: bool = False


@dataclass(slots=True)
class Code:
    family: Family
    redirect_uri: str
    expires: datetime
    challenge: str | None
    used: bool = False


@dataclass(slots=True)
class Token:
    """An access or refresh token; ``first_used`` counts for refresh tokens alone."""

    kind: str
    family: Family
    expires: datetime
    first_used: datetime | None = None


@dataclass(frozen=True, slots=True)
class Issued:
    """What a token call hands out."""

    access_token: str
    refresh_token: str | None
    scopes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which families are meant; ``None`` is any."""

    client_id: str | None = None
    organisation_id: str | None = None
    membership_id: str | None = None
    family_id: str | None = None

    def fits(self, family: Family) -> bool:
        return (
            self.client_id in (None, family.client_id)
            and self.organisation_id in (None, family.organisation_id)
            and self.membership_id in (None, family.membership_id)
            and self.family_id in (None, family.id)
        )


class Grants:
    """All codes and tokens of one authorization server."""

    def __init__(self, ids: IdSource, tally: Tally) -> None:
        self._ids = ids
        self._tally = tally
        self._families: dict[str, Family] = {}
        self._codes: dict[str, Code] = {}
        self._tokens: dict[str, Token] = {}

    def issue_code(
        self, family: Family, redirect_uri: str, challenge: str | None, now: datetime
    ) -> str:
        self._families[family.id] = family
        code = self._ids.token("ac")
        self._codes[code] = Code(family, redirect_uri, now + CODE_LIFE, challenge)
        return code

    def exchange(
        self, client: OAuthClient, code: str, redirect_uri: str, verifier: str | None, now: datetime
    ) -> Issued:
        """Tokens for a code; a second use of it ends the tokens of the first."""
        found = self._codes.get(code)
        if found is None or found.family.client_id != client.id:
            raise invalid_grant("The authorization code is unknown.")
        if found.used:
            self._end(found.family, "code_used_twice")
            raise invalid_grant("The authorization code has already been used.")
        if found.family.revoked:
            raise invalid_grant("The authorization code has been revoked.")
        if now > found.expires:
            raise invalid_grant("The authorization code has expired.")
        if redirect_uri != found.redirect_uri:
            raise invalid_grant("The 'redirect_uri' is not the one of the authorization request.")
        _check_verifier(found.challenge, verifier)
        found.used = True
        return self.issue(found.family, now)

    def issue(self, family: Family, now: datetime) -> Issued:
        self._families[family.id] = family
        access = self._ids.token("at")
        self._tokens[access] = Token("access", family, now + ACCESS_LIFE)
        refresh = None
        if "offline_access" in family.scopes:
            refresh = self._ids.token("rt")
            self._tokens[refresh] = Token("refresh", family, now + REFRESH_LIFE)
        return Issued(access, refresh, family.scopes)

    def refresh(
        self, client: OAuthClient, text: str, asked: tuple[str, ...], now: datetime
    ) -> Issued:
        """New tokens for a refresh token, which has another sixty seconds from its first use.

        ``asked`` scopes can't go beyond what was granted.
        """
        token = self._tokens.get(text)
        if token is None or token.kind != "refresh" or token.family.client_id != client.id:
            raise invalid_grant("The refresh token is malformed or not valid.")
        if token.family.revoked:
            raise invalid_grant("The refresh token has been revoked.")
        if token.first_used is not None and now > token.first_used + GRACE:
            self._end(token.family, "old_refresh_token")
            raise invalid_grant("The refresh token was used before; all its tokens are revoked.")
        if now > token.expires:
            raise invalid_grant("The refresh token has expired.")
        for scope in asked:
            if scope not in token.family.scopes:
                raise invalid_scope(scope)
        self._tally.refreshed(again=token.first_used is not None)
        token.first_used = token.first_used or now
        return self.issue(token.family, now)

    def find_access(self, text: str, now: datetime) -> Family | None:
        """Whom a valid access token speaks for."""
        token = self._tokens.get(text)
        if token is None or token.kind != "access" or token.family.revoked or now > token.expires:
            return None
        return token.family

    def revoke(self, client: OAuthClient, text: str) -> None:
        """Ends the family of a token of this client; an unknown token is no error."""
        token = self._tokens.get(text)
        if token is not None and token.family.client_id == client.id:
            self._end(token.family, "revoked_by_client")

    def families(self, wanted: Wanted) -> list[Family]:
        """Families that fit, in the order of their consents, ended ones as well."""
        return [family for family in self._families.values() if wanted.fits(family)]

    def revoke_consent(self, wanted: Wanted) -> list[Family]:
        """Ends every family that fits; returns them."""
        families = [family for family in self.families(wanted) if not family.revoked]
        for family in families:
            self._end(family, "consent_revoked")
        return families

    def _end(self, family: Family, ending: Ending) -> None:
        if not family.revoked:
            family.revoked = True
            self._tally.ended(ending)

    def expire(self, kind: str | None, wanted: Wanted, now: datetime) -> int:
        """Lets valid tokens of a kind (or of both) end now; returns how many."""
        count = 0
        for token in self._tokens.values():
            if kind in (None, token.kind) and token.expires > now and wanted.fits(token.family):
                token.expires = now - timedelta(microseconds=1)
                count += 1
        return count

    def clear(self) -> None:
        self._families.clear()
        self._codes.clear()
        self._tokens.clear()


def challenge_of(verifier: str) -> str:
    """The S256 challenge of a PKCE verifier."""
    digest = hashlib.sha256(verifier.encode()).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


def _check_verifier(challenge: str | None, verifier: str | None) -> None:
    if challenge is None:
        if verifier:
            raise invalid_grant("A code verifier was sent, but no challenge came before it.")
        return
    if not verifier:
        raise invalid_grant("The PKCE code verifier is missing.")
    if not 43 <= len(verifier) <= 128:
        raise invalid_request("The PKCE code verifier must have 43 to 128 characters.")
    if not hmac.compare_digest(challenge_of(verifier), challenge):
        raise invalid_grant("The PKCE code challenge did not match the code verifier.")
