"""The calls to a provider's token and revocation endpoints, and what is believed of the answers."""

from collections.abc import AsyncIterator
from datetime import timedelta

import httpx2
import pytest

from oauth.client import OAuthClient
from oauth.credentials import AppCredentials
from oauth.errors import (
    AnswerUnreadable,
    GrantInvalid,
    ProviderError,
    ProviderRefused,
    ProviderUnavailable,
)
from oauth.grants import choose_scopes, read_consent
from oauth.tokens import TokenSet
from tests.oauth.provider import SCOPES, FakeClock, FakeTarget, Provider

CREDENTIALS = AppCredentials("client", "app-secret-canary", {"stagingToken": "staging"})


@pytest.fixture
def provider() -> Provider:
    return Provider(FakeClock())


@pytest.fixture
async def client(provider: Provider) -> AsyncIterator[OAuthClient]:
    async with provider.client() as http:
        yield OAuthClient(http, timeout=1)


async def refresh(client: OAuthClient, provider: Provider) -> TokenSet:
    return await client.refresh(
        FakeTarget("acme", provider),
        CREDENTIALS,
        refresh_token="old",
        granted=frozenset({"granted"}),
        at=provider.clock(),
    )


async def test_credentials_and_extra_headers_go_along(
    client: OAuthClient, provider: Provider
) -> None:
    with pytest.raises(GrantInvalid):
        await refresh(client, provider)
    url, form, headers = provider.requests[0]
    assert url == "https://acme.provider.test/oauth2/token"
    assert form == {
        "grant_type": "refresh_token",
        "client_id": "client",
        "client_secret": "app-secret-canary",
        "refresh_token": "old",
    }
    assert headers["content-type"] == "application/x-www-form-urlencoded"
    assert headers["x-staging"] == "staging"
    assert "authorization" not in headers


async def test_an_answer_may_leave_out_what_the_protocol_lets_it(
    client: OAuthClient, provider: Provider
) -> None:
    provider.answers.append(
        httpx2.Response(200, json={"access_token": "new", "token_type": "Bearer"})
    )
    tokens = await refresh(client, provider)
    assert tokens == TokenSet(
        "new",
        "old",
        provider.clock() + timedelta(hours=1),
        frozenset({"granted"}),
        oddities=("expires_in",),
    )
    assert "new" not in repr(tokens)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b"\xff",
        b"[" * 100_000,
        b'{"token_type": "bearer"}',
        b'{"access_token": ""}',
        b'{"access_token": 7}',
        b'{"access_token": "canary\\r\\nX-Admin: 1"}',
        b'{"access_token": "' + b"x" * 20_000 + b'"}',
    ],
)
async def test_an_answer_without_a_token_is_not_believed(
    client: OAuthClient, provider: Provider, body: bytes
) -> None:
    """It may have had its effect, though, so that it counts as unknown."""
    provider.answers.append(httpx2.Response(200, content=body))
    with pytest.raises(AnswerUnreadable) as caught:
        await refresh(client, provider)
    assert "canary" not in str(caught.value)


HOUR = timedelta(hours=1)


@pytest.mark.parametrize(
    ("given", "lifetime"),
    [
        ("3599", timedelta(seconds=3599)),
        ('"3599"', timedelta(seconds=3599)),
        ("1799.9", timedelta(seconds=1799)),
        ("86400", timedelta(days=1)),
        ("86401", timedelta(days=1)),
        ("1e30", timedelta(days=1)),
        ("9" * 5000, timedelta(days=1)),
        ("1e999", HOUR),
        ("NaN", HOUR),
        ("null", HOUR),
        ("0", HOUR),
        ("-5", HOUR),
        ("0.4", HOUR),
        ("true", HOUR),
        ('"soon"', HOUR),
        ('""', HOUR),
        ("[3600]", HOUR),
        ("{}", HOUR),
    ],
)
async def test_an_odd_lifetime_costs_no_token(
    client: OAuthClient, provider: Provider, given: str, lifetime: timedelta
) -> None:
    """Qonto's documented hour is assumed, and nothing is believed to live longer than a day."""
    body = '{"access_token": "new", "refresh_token": "next", "expires_in": ' + given + "}"
    provider.answers.append(httpx2.Response(200, content=body.encode()))
    tokens = await refresh(client, provider)
    assert (tokens.access_token, tokens.refresh_token) == ("new", "next")
    assert tokens.expires_at == provider.clock() + lifetime
    assert ("expires_in" in tokens.oddities) is (given not in ("3599", "86400"))


@pytest.mark.parametrize(
    ("given", "scopes"),
    [
        ({}, {"granted"}),
        ({"scope": "b a"}, {"a", "b"}),
        ({"scope": ["a", "b"]}, {"a", "b"}),
        ({"scope": ""}, {"granted"}),
        ({"scope": None}, {"granted"}),
        ({"scope": 7}, {"granted"}),
        ({"scope": [1, None]}, {"granted"}),
        ({"token_type": "BEARER", "scope": "a"}, {"a"}),
        ({"token_type": None, "scope": "a"}, {"a"}),
        ({"token_type": "mac", "scope": "a"}, {"a"}),
        ({"id_token": "x" * 100_000, "unknown": {"deep": [1]}, "scope": "a"}, {"a"}),
    ],
)
async def test_odd_scopes_and_kinds_cost_no_token(
    client: OAuthClient, provider: Provider, given: dict[str, object], scopes: set[str]
) -> None:
    provider.answers.append(
        httpx2.Response(200, json={"access_token": "new", "expires_in": 60, **given})
    )
    tokens = await refresh(client, provider)
    assert tokens.access_token == "new"
    assert tokens.scopes == scopes


@pytest.mark.parametrize("given", [None, "", 7, "two words", "x" * 20_000, ["next"]])
async def test_an_odd_refresh_token_leaves_the_one_that_was_presented(
    client: OAuthClient, provider: Provider, given: object
) -> None:
    """RFC 6749, section 6: an answer need not bring another."""
    provider.answers.append(
        httpx2.Response(200, json={"access_token": "new", "refresh_token": given})
    )
    tokens = await refresh(client, provider)
    assert tokens.refresh_token == "old"
    assert ("refresh_token" in tokens.oddities) is (given is not None)


@pytest.mark.parametrize("error", ["<script>", "", 7, None, "x" * 200, "canary secret"])
async def test_an_odd_error_name_is_not_repeated(
    client: OAuthClient, provider: Provider, error: object
) -> None:
    provider.answers.append(httpx2.Response(400, json={"error": error}))
    with pytest.raises(ProviderRefused) as caught:
        await refresh(client, provider)
    assert caught.value.error == "unknown_error"


async def test_a_token_is_revoked(client: OAuthClient, provider: Provider) -> None:
    await client.revoke(FakeTarget("acme", provider), CREDENTIALS, token="t&t")
    assert provider.revoked == ["t&t"]
    url, form, _ = provider.requests[0]
    assert url.endswith("/oauth2/revoke")
    assert form["client_secret"] == "app-secret-canary"


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (httpx2.Response(401, json={"error": "invalid_client"}), ProviderRefused),
        (httpx2.Response(400, json=["odd"]), ProviderRefused),
        (httpx2.Response(404, text="nothing"), ProviderRefused),
        (httpx2.Response(500), ProviderUnavailable),
        (httpx2.Response(302, headers={"Location": "https://x.test"}), ProviderUnavailable),
    ],
)
async def test_a_revocation_that_fails_says_so(
    client: OAuthClient, provider: Provider, answer: httpx2.Response, error: type[ProviderError]
) -> None:
    provider.answers.append(answer)
    with pytest.raises(error):
        await client.revoke(FakeTarget("acme", provider), CREDENTIALS, token="t")


def test_scopes_are_the_first_choice_that_was_made(provider: Provider) -> None:
    spec = FakeTarget("acme", provider).oauth
    assert choose_scopes(spec) == SCOPES
    assert choose_scopes(spec, None, "  ", "") == SCOPES
    assert choose_scopes(spec, None, "more", "x") == (*SCOPES, "more")
    assert choose_scopes(spec, "b a", "more") == ("b", "a")


def test_an_error_outweighs_a_code_and_is_tamed() -> None:
    answer = read_consent("state=s&code=c&error=bad%0aname&error_description=a%0ab")
    assert (answer.error, answer.description, answer.code) == ("access_denied", None, None)
    assert len(read_consent("error=x&error_description=" + "y" * 999).description or "") == 300
