"""The calls to a target system's token and revocation endpoints."""

import asyncio
from dataclasses import dataclass
from datetime import datetime

import httpx2

from oauth import grants
from oauth.credentials import AppCredentials
from oauth.errors import OutcomeUnknown, ProviderUnavailable
from oauth.ports import TargetSystem
from oauth.tokens import TokenSet
from storage.log import logger

_HEADERS = {
    "Accept": "application/json",
    "Content-Type": "application/x-www-form-urlencoded",
}


@dataclass(frozen=True)
class OAuthClient:
    """Speaks OAuth 2.0 with target systems over an injected HTTP client.

    Each call ends within `timeout` seconds and follows no redirect. No error it raises holds a
    secret, nor the HTTP error behind it, whose request would.
    """

    http: httpx2.AsyncClient
    timeout: float

    async def exchange(
        self,
        target: TargetSystem,
        credentials: AppCredentials,
        *,
        code: str,
        redirect_uri: str,
        verifier: str,
        asked: frozenset[str],
        at: datetime,
    ) -> TokenSet:
        """Exchange an authorization code. Raises the children of ProviderError."""
        form = grants.code_form(
            credentials, code=code, redirect_uri=redirect_uri, verifier=verifier
        )
        response = await self._post(target.oauth.token_url, target, credentials, form)
        return _told(
            target, grants.read_tokens(response, at=at, asked=asked, gated=_is_gated(target))
        )

    async def refresh(
        self,
        target: TargetSystem,
        credentials: AppCredentials,
        *,
        refresh_token: str,
        granted: frozenset[str],
        at: datetime,
    ) -> TokenSet:
        """Refresh an access. Raises the children of ProviderError; GrantInvalid when it's over."""
        form = grants.refresh_form(credentials, refresh_token=refresh_token)
        response = await self._post(target.oauth.token_url, target, credentials, form)
        tokens = grants.read_tokens(
            response, at=at, asked=granted, gated=_is_gated(target), refresh_token=refresh_token
        )
        return _told(target, tokens)

    async def revoke(
        self, target: TargetSystem, credentials: AppCredentials, *, token: str
    ) -> None:
        """Revoke a token; one that is dead already is fine. Raises ProviderError's children."""
        form = grants.revoke_form(credentials, token=token)
        response = await self._post(target.oauth.revoke_url, target, credentials, form)
        grants.check_revoked(response, gated=_is_gated(target))

    async def _post(
        self, url: str, target: TargetSystem, credentials: AppCredentials, form: str
    ) -> httpx2.Response:
        headers = _HEADERS | target.extra_headers(credentials.custom_values)
        try:
            async with asyncio.timeout(self.timeout):
                return await self.http.post(
                    url, content=form, headers=headers, follow_redirects=False, timeout=self.timeout
                )
        except (httpx2.ConnectError, httpx2.ConnectTimeout, httpx2.PoolTimeout, httpx2.InvalidURL):
            raise ProviderUnavailable from None
        except (httpx2.TimeoutException, TimeoutError):
            raise OutcomeUnknown("the target system didn't answer in time; try again") from None
        except httpx2.HTTPError:
            raise OutcomeUnknown from None


def _is_gated(target: TargetSystem) -> bool:
    return bool(target.requirements())


def _told(target: TargetSystem, tokens: TokenSet) -> TokenSet:
    """Log what was odd about an answer, by the names of its members."""
    for name in tokens.oddities:
        logger.warning("token.answer_odd", target=target.target, kind=name)
    return tokens
