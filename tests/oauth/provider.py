"""A small authorization server that holds facts: codes, rotating tokens, and what it was sent."""

import secrets
from base64 import urlsafe_b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from urllib.parse import parse_qs, urlsplit

import httpx2

from oauth.ports import Identity, OAuthSpec
from oauth.tokens import Access

SCOPES = ("offline_access", "webhook", "invoices.read")
GRACE = timedelta(seconds=60)


class FakeClock:
    """Stands still until it's told to move."""

    def __init__(self) -> None:
        self.now = datetime(2026, 1, 22, 16, 44, 37, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def move(self, **delta: float) -> None:
        self.now += timedelta(**delta)


@dataclass
class FakeTarget:
    """A target system whose token endpoint is the provider's."""

    target: str
    provider: "Provider"
    needs: tuple[str, ...] = ()

    @property
    def oauth(self) -> OAuthSpec:
        base = f"https://{self.target}.provider.test/oauth2"
        return OAuthSpec(
            f"{base}/auth", f"{base}/token", f"{base}/revoke", SCOPES, {"more": (*SCOPES, "more")}
        )

    def extra_headers(self, values: Mapping[str, str]) -> dict[str, str]:
        return {"X-Staging": values["stagingToken"]} if "stagingToken" in values else {}

    def api_key_authorization(self, login: str, secret: str) -> str:
        return f"{login}:{secret}"

    def requirements(self) -> tuple[str, ...]:
        return self.needs

    async def identify(self, access: Access) -> Identity:
        self.provider.identified.append(access)
        if self.provider.identify_error is not None:
            raise self.provider.identify_error
        return Identity(
            self.provider.organization, f"{self.provider.organization} SA", self.provider.member
        )

    async def accepts(self, access: Access) -> bool:
        self.provider.checked.append(access)
        if callable(self.provider.before_check):
            await self.provider.before_check()
        if isinstance(self.provider.takes_access, Exception):
            raise self.provider.takes_access
        return self.provider.takes_access

    async def end_consent(self, access: Access) -> bool:
        if not self.provider.ends_consents:
            return False
        self.provider.ended.append(access.headers["Authorization"])
        return True


@dataclass
class Refresh:
    """One refresh token: whose it is, and when it was first used."""

    organization: str
    first_used: datetime | None = None


@dataclass
class Provider:
    """Consent and tokens as an Ory Hydra with graceful rotation hands them out."""

    clock: FakeClock
    organization: str = "org-1"
    member: str | None = "member-1"
    life: int = 3600
    offline: bool = True
    staging_token: str | None = None
    padding: int = 0
    """Characters by which tokens are longer than usual."""
    codes: dict[str, dict[str, str]] = field(default_factory=dict)
    refresh_tokens: dict[str, Refresh] = field(default_factory=dict)
    access_tokens: set[str] = field(default_factory=set)
    revoked: list[str] = field(default_factory=list)
    ends_consents: bool = False
    """Whether the scopes let consents be taken back, rather than tokens revoked."""
    ended: list[str] = field(default_factory=list)
    requests: list[tuple[str, dict[str, str], dict[str, str]]] = field(default_factory=list)
    identified: list[Access] = field(default_factory=list)
    identify_error: Exception | None = None
    takes_access: bool | Exception = True
    """What a check of a refused access shows."""
    before_check: object = None
    """Awaited, if it can be, before a check is answered."""
    checked: list[Access] = field(default_factory=list)
    answers: list[httpx2.Response | Exception] = field(default_factory=list)
    """Given before anything else, each once."""
    on_the_way: Callable[[httpx2.Response], httpx2.Response] = field(default=lambda answer: answer)
    """What becomes of an answer between the provider and us."""
    before_answer: object = None
    """Awaited, if it can be, between doing the work and answering."""

    def client(self) -> httpx2.AsyncClient:
        return httpx2.AsyncClient(transport=httpx2.MockTransport(self.handle))

    def consent(self, authorize_url: str) -> dict[str, str]:
        """Say yes as the customer would; return the parameters the browser comes back with."""
        asked = {
            name: values[0] for name, values in parse_qs(urlsplit(authorize_url).query).items()
        }
        code = f"ory_ac_{secrets.token_urlsafe(24)}"
        self.codes[code] = asked
        return {"code": code, "scope": asked["scope"], "state": asked["state"]}

    def refreshes(self) -> int:
        return sum(form.get("grant_type") == "refresh_token" for _, form, _ in self.requests)

    async def handle(self, request: httpx2.Request) -> httpx2.Response:
        form = {name: values[0] for name, values in parse_qs(request.content.decode()).items()}
        self.requests.append((str(request.url), form, dict(request.headers)))
        if self.staging_token is not None and (
            request.headers.get("x-staging") != self.staging_token
        ):
            return httpx2.Response(200, html="<html>Sign in</html>")
        if self.answers:
            answer = self.answers.pop(0)
            if isinstance(answer, Exception):
                raise answer
            return answer
        response = self._answer(str(request.url), form)
        if callable(self.before_answer):
            await self.before_answer()
        return self.on_the_way(response)

    def _answer(self, url: str, form: dict[str, str]) -> httpx2.Response:
        if url.endswith("/revoke"):
            self.revoked.append(form["token"])
            return httpx2.Response(200)
        if form.get("client_secret") != "app-secret-canary":
            return _error(401, "invalid_client")
        if form["grant_type"] == "authorization_code":
            asked = self.codes.pop(form["code"], None)
            if asked is None or asked["redirect_uri"] != form["redirect_uri"]:
                return _error(400, "invalid_grant")
            if asked["code_challenge"] != _challenge(form["code_verifier"]):
                return _error(400, "invalid_grant")
            return self._tokens(asked["scope"])
        known = self.refresh_tokens.get(form["refresh_token"])
        if known is None:
            return _error(400, "invalid_grant")
        known.first_used = known.first_used or self.clock()
        if self.clock() - known.first_used > GRACE:
            self.refresh_tokens.clear()
            return _error(400, "invalid_grant")
        return self._tokens(" ".join(SCOPES))

    def _tokens(self, scope: str) -> httpx2.Response:
        access = f"ory_at_canary_{secrets.token_urlsafe(24)}{'x' * self.padding}"
        self.access_tokens.add(access)
        body: dict[str, object] = {
            "access_token": access,
            "expires_in": self.life,
            "scope": scope,
            "token_type": "bearer",
        }
        if self.offline:
            refresh = f"ory_rt_canary_{secrets.token_urlsafe(24)}"
            self.refresh_tokens[refresh] = Refresh(self.organization)
            body["refresh_token"] = refresh
        return httpx2.Response(200, json=body)


def _error(status: int, error: str) -> httpx2.Response:
    return httpx2.Response(status, json={"error": error, "error_description": "no canary here"})


def _challenge(verifier: str) -> str:
    return urlsafe_b64encode(sha256(verifier.encode()).digest()).decode().rstrip("=")
