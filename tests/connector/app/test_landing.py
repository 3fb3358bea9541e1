"""The page that links end at in the sandbox: what happened, and what to type next."""

import json
import shlex

import pytest
from starlette.testclient import TestClient

from connector.app.landing import PATH, Landing, LinkEnd

LANDING = Landing("http://127.0.0.1:8080", "sk_canary")


def words(end: LinkEnd) -> list[list[str]]:
    """The next steps, as a shell would read them."""
    return [shlex.split(step.command) for step in end.steps]


def test_a_code_can_be_exchanged_by_what_the_page_shows() -> None:
    end = LANDING.read({"code": "xc_1", "reference": "customer-43"})
    assert end.title == "Linked"
    exchange, read = words(end)
    assert exchange[:4] == ["curl", "-sS", "-X", "POST"]
    assert exchange[4] == "http://127.0.0.1:8080/auth/exchange"
    assert "X-API-KEY: sk_canary" in exchange
    assert json.loads(exchange[-1]) == {"code": "xc_1"}
    assert "http://127.0.0.1:8080/accounting/invoices?limit=5" in read


def test_a_key_in_the_address_can_be_read_with() -> None:
    (read,) = words(LANDING.read({"accountKey": "acc_1", "timestamp": "1", "signature": "00"}))
    assert read[-1] == "X-ACCOUNT-KEY: acc_1"


def test_a_refusal_says_why_and_how_to_ask_again() -> None:
    end = LANDING.read({"error": "access_denied", "error_description": "the customer said no"})
    assert end.title == "Not linked"
    assert "the customer said no" in end.told
    assert words(end) == [
        ["curl", "-sS", "http://127.0.0.1:8080/auth/qonto-sandbox", "-H", "X-API-KEY: sk_canary"]
    ]


def test_without_code_or_key_it_says_where_the_key_went() -> None:
    assert "webhookCallbackUrl" in LANDING.read({}).told


@pytest.mark.parametrize("name", ["code", "accountKey", "error_description"])
def test_what_the_address_says_is_neither_markup_nor_shell(name: str) -> None:
    nasty = "\"'</code><script>alert(1)</script> $(reboot) `reboot`"
    query = {"error": "denied", name: nasty} if name.startswith("error") else {name: nasty}
    page = TestClient(LANDING.app).get(PATH, params=query)
    assert page.status_code == 200
    assert "<script" not in page.text
    assert "default-src 'none'" in page.headers["Content-Security-Policy"]
    for step in words(LANDING.read(query)):
        assert "$(reboot)" not in step, "the shell would run it"
