"""The settings, and the one address that everything is built from."""

import pytest
from pydantic import ValidationError

from oauth.settings import OAuthSettings


@pytest.mark.parametrize(
    ("public_url", "redirect_uri"),
    [
        ("https://connect.example", "https://connect.example/auth/callback/acme"),
        ("https://connect.example/", "https://connect.example/auth/callback/acme"),
        ("https://connect.example/a/b/", "https://connect.example/a/b/auth/callback/acme"),
        ("http://127.0.0.1:8080", "http://127.0.0.1:8080/auth/callback/acme"),
        ("http://localhost", "http://localhost/auth/callback/acme"),
    ],
)
def test_redirect_uris_are_made_of_the_public_url(public_url: str, redirect_uri: str) -> None:
    assert OAuthSettings(public_url=public_url).redirect_uri("acme") == redirect_uri


@pytest.mark.parametrize(
    "public_url",
    ["", "connect.example", "http://connect.example", "https://", "ftp://connect.example",
     "https://user:pass@connect.example", "https://connect.example?x=1", "https://connect.example#x"],
)  # fmt: skip
def test_a_public_url_without_tls_or_with_extras_is_refused(public_url: str) -> None:
    with pytest.raises(ValidationError):
        OAuthSettings(public_url=public_url)


def test_a_lease_outlives_the_call_it_covers() -> None:
    settings = OAuthSettings()
    assert settings.token_timeout_seconds < settings.lease_seconds < 60
    assert settings.recheck_seconds <= 5
