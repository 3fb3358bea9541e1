"""The calls to a provider's token and revocation endpoints, and what is believed of the answers."""

from collections.abc import AsyncIterator
from datetime import timedelta

import httpx2
import pytest

from oauth.client import OAuthClient
from oauth.credentials import AppCredentials
from oauth.errors import GrantInvalid, ProviderError, ProviderRefused, ProviderUnavailable
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
        "new", "old", provider.clock() + timedelta(hours=1), frozenset({"granted"})
    )
    assert "new" not in repr(tokens)


@pytest.mark.parametrize(
    "body",
    [
        {"access_token": "", "token_type": "bearer"},
        {"access_token": 7, "token_type": "bearer"},
        {"access_token": "canary", "token_type": "mac"},
        {"access_token": "canary", "token_type": "bearer", "expires_in": 0},
        {"access_token": "canary", "token_type": "bearer", "expires_in": "soon"},
        {"access_token": "canary", "token_type": "bearer", "scope": ["a"]},
    ],
)
async def test_an_answer_that_makes_no_sense_is_not_believed(
    client: OAuthClient, provider: Provider, body: dict[str, object]
) -> None:
    provider.answers.append(httpx2.Response(200, json=body))
    with pytest.raises(ProviderUnavailable) as caught:
        await refresh(client, provider)
    assert "canary" not in str(caught.value)


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
