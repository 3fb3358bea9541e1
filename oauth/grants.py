"""The authorization code grant as values: requests to make and answers to read. Pure.

Authlib writes and reads the protocol; what may be believed is decided here.
"""

import re
import secrets
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, cast
from urllib.parse import parse_qsl

import httpx2
from authlib.oauth2 import rfc7009, rfc7636
from authlib.oauth2.rfc6749 import parameters
from authlib.oauth2.rfc6749.errors import MissingCodeException

from oauth.credentials import AppCredentials
from oauth.errors import (
    AnswerUnreadable,
    GrantInvalid,
    OutcomeUnknown,
    ProviderRefused,
    ProviderUnavailable,
    SandboxTokenMissing,
)
from oauth.ports import OAuthSpec
from oauth.token_answers import TokenRefused, read_answer
from oauth.tokens import TokenSet

_ERROR = re.compile(r"[A-Za-z][A-Za-z0-9_.\-]{0,63}", re.ASCII)
_LONGEST_DESCRIPTION = 300


@dataclass(frozen=True, slots=True)
class ConsentAnswer:
    """What the provider sent the browser back with: a code, or an error."""

    state: str = field(repr=False)
    code: str | None = field(default=None, repr=False)
    error: str | None = None
    description: str | None = None


def new_verifier() -> str:
    """Make a PKCE verifier (RFC 7636, section 4.1)."""
    return secrets.token_urlsafe(64)


def choose_scopes(spec: OAuthSpec, *choices: str | None) -> tuple[str, ...]:
    """Return the scopes to ask for: the first choice made, a preset's name or a list."""
    for choice in choices:
        if choice and choice.strip():
            return spec.scope_presets.get(choice.strip()) or tuple(choice.split())
    return spec.default_scopes


def authorization_url(
    spec: OAuthSpec,
    *,
    client_id: str,
    redirect_uri: str,
    scopes: tuple[str, ...],
    state: str,
    verifier: str,
    organization_id: str | None = None,
) -> str:
    """Write the address that asks for consent; `organization_id` pre-selects one when known."""
    challenge = cast(str, rfc7636.create_s256_code_challenge(verifier))
    return cast(
        str,
        parameters.prepare_grant_uri(
            spec.authorize_url,
            client_id,
            "code",
            redirect_uri=redirect_uri,
            scope=list(scopes),
            state=state,
            code_challenge=challenge,
            code_challenge_method="S256",
            organization_id=organization_id,
        ),
    )


def read_consent(query: str) -> ConsentAnswer:
    """Read the query that the browser came back with; an error outweighs a code."""
    given = dict(parse_qsl(query))
    state = given.get("state", "")
    if "error" in given:
        error = given["error"] if _ERROR.fullmatch(given["error"]) else "access_denied"
        description = given.get("error_description", "")[:_LONGEST_DESCRIPTION]
        return ConsentAnswer(
            state, error=error, description=description if description.isprintable() else None
        )
    try:
        parsed: dict[str, str] = parameters.parse_authorization_code_response(f"?{query}")
    except MissingCodeException:
        return ConsentAnswer(state)
    return ConsentAnswer(state, code=parsed["code"])


def code_form(credentials: AppCredentials, *, code: str, redirect_uri: str, verifier: str) -> str:
    """Write the form that exchanges a code (client_secret_post)."""
    return _form(
        "authorization_code",
        credentials,
        code=code,
        code_verifier=verifier,
        redirect_uri=redirect_uri,
    )


def refresh_form(credentials: AppCredentials, *, refresh_token: str) -> str:
    """Write the form that refreshes a token (client_secret_post)."""
    return _form("refresh_token", credentials, refresh_token=refresh_token)


def revoke_form(credentials: AppCredentials, *, token: str) -> str:
    """Write the form that revokes a token (RFC 7009, client_secret_post)."""
    secret = httpx2.QueryParams(
        {"client_id": credentials.client_id, "client_secret": credentials.client_secret}
    )
    body, _ = cast(
        tuple[str, object], rfc7009.prepare_revoke_token_request(token, body=str(secret))
    )
    return body


def check_answer(response: httpx2.Response, *, gated: bool) -> None:
    """Raise unless the provider itself answered, well or ill.

    `gated` says that the target system needs custom values: a web page or a redirect instead of an
    answer then means that they're missing. Raises SandboxTokenMissing and ProviderUnavailable.
    """
    if response.status_code == 429:
        raise ProviderUnavailable("the target system answered 429; try again")
    if response.status_code >= 500:
        # a gateway says so too when the answer of what stands behind it was lost
        raise OutcomeUnknown(f"the target system answered {response.status_code}; try again")
    kind = response.headers.get("content-type", "").partition(";")[0].strip().lower()
    if response.has_redirect_location or 300 <= response.status_code < 400 or kind == "text/html":
        if gated:
            raise SandboxTokenMissing
        raise ProviderUnavailable("a web page answered instead of the target system; try again")


def read_tokens(
    response: httpx2.Response,
    *,
    at: datetime,
    asked: frozenset[str],
    gated: bool,
    refresh_token: str | None = None,
) -> TokenSet:
    """Read a token endpoint's answer; lifetimes count from `at`, the moment of asking.

    `asked` are the scopes when the answer names none (RFC 6749, section 5.1), and `refresh_token`
    the one presented, which stays good when the answer brings no other (section 6). Raises
    GrantInvalid, ProviderRefused, SandboxTokenMissing and ProviderUnavailable.
    """
    check_answer(response, gated=gated)
    try:
        return read_answer(response.content, at=at, asked=asked, refresh_token=refresh_token)
    except TokenRefused as refusal:
        raise _refusal(refusal.error) from None
    except ValueError:
        if response.status_code >= 400:
            raise _refusal(None) from None
        raise AnswerUnreadable from None


def check_revoked(response: httpx2.Response, *, gated: bool) -> None:
    """Raise the children of ProviderError unless the revocation was accepted."""
    check_answer(response, gated=gated)
    if response.is_success:
        return
    try:
        body: Any = response.json()
    except ValueError:
        body = None
    raise _refusal(cast(dict[str, Any], body).get("error") if isinstance(body, dict) else None)


def _form(grant_type: str, credentials: AppCredentials, **fields: str) -> str:
    form: str = parameters.prepare_token_request(
        grant_type,
        client_id=credentials.client_id,
        client_secret=credentials.client_secret,
        **fields,
    )
    return form


def _refusal(error: object) -> ProviderRefused:
    name = error if isinstance(error, str) and _ERROR.fullmatch(error) else "unknown_error"
    return GrantInvalid(name) if name == "invalid_grant" else ProviderRefused(name)
