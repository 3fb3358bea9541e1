"""Where a browser may be sent: nothing that two parsers could read differently."""

from datetime import UTC, datetime
from urllib.parse import parse_qsl, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

import webhooks.callbacks
from oauth import callbacks
from oauth.delivery import linked_url, refused_url
from oauth.errors import CallbackNotAllowed
from storage.egress import EgressPolicy
from storage.repositories.links import Link
from tests.storage.test_egress import ODD_HOSTS, ODD_URLS, PRIVATE_V4, PRIVATE_V6
from webhooks.errors import CallbackRefused

NOW = datetime(2026, 11, 29, tzinfo=UTC)
ALLOWED = ("https://app.example/qonto", "https://other.example:8443")


def check(url: str, *, loopback: bool = False, allowed: tuple[str, ...] = ALLOWED) -> None:
    callbacks.check(url, allowed, allow_loopback=loopback, field="callbackUrl")


@pytest.mark.parametrize(
    "url",
    [
        "https://app.example/qonto",
        "https://app.example/qonto/",
        "https://app.example/qonto/done",
        "https://app.example/qonto/done?customer=7&x=%2e%2e",
        "https://APP.example/qonto",
        "HTTPS://app.example:443/qonto",
        "https://app.example/qonto?next=https://evil.example/",
        "https://app.example/qonto/caf%C3%A9",
        "https://other.example:8443",
        "https://other.example:8443/anything/below",
        "https://other.example:8443?x=1",
    ],
)
def test_what_lies_at_or_below_a_registered_entry_is_allowed(url: str) -> None:
    check(url)


@pytest.mark.parametrize(
    "url",
    [
        "https://evil.example/qonto",
        "https://app.example.evil.example/qonto",
        "https://evil-app.example/qonto",
        "https://sub.app.example/qonto",
        "https://app.example/",
        "https://app.example/qontoevil",
        "https://app.example/qonto-evil",
        "https://app.example/QONTO",
        "https://app.example:444/qonto",
        "https://other.example/",
        "http://app.example/qonto",
        "//app.example/qonto",
        "//evil.example",
        "/qonto",
        "https:app.example/qonto",
        "https:/app.example/qonto",
        "https:///app.example/qonto",
        "https:\\\\app.example\\qonto",
        "https://app.example\\@evil.example/qonto",
        "https://app.example@evil.example/qonto",
        "https://app.example:pass@evil.example/qonto",
        "https://evil.example#@app.example/qonto",
        "https://evil.example?@app.example/qonto",
        "https://app.example/qonto#fragment",
        "https://app.example/qonto#",
        "https://app.example/qonto/../admin",
        "https://app.example/qonto/./x",
        "https://app.example/qonto/..",
        "https://app.example/qonto/..;/admin",
        "https://app.example/qonto/%2e%2e/admin",
        "https://app.example/qonto/%2E%2e/admin",
        "https://app.example/qonto/.%2e/admin",
        "https://app.example/qonto%2f..%2fadmin",
        "https://app.example/qonto%2Fx",
        "https://app.example/qonto/%5c..%5cadmin",
        "https://app.example/qonto/%252e%252e/admin",
        "https://app.example/qonto/%00",
        "https://app.example/qonto/%0d%0aSet-Cookie:x",
        "https://app.example/qonto/%",
        "https://app.example/qonto/%zz",
        "https://app.example//evil.example",
        "https://app.example/qonto//evil.example",
        "https://app.example/qonto/\n",
        "https://app.example/qonto\r\nLocation: https://evil.example",
        "https://app.example/qonto\t",
        " https://app.example/qonto",
        "https://app.example/qonto ",
        "https://аpp.example/qonto",  # a Cyrillic letter
        "https://app。example/qonto",
        "https://app.example／qonto",
        "https://app.example/qonto/é",
        "https://app.example%2eevil.example/qonto",
        "https://app.example./qonto",
        "https://app..example/qonto",
        "https://-app.example/qonto",
        "https://app.example:/qonto",
        "https://app.example:0/qonto",
        "https://app.example:99999/qonto",
        "https://app.example:443:443/qonto",
        "https://[app.example]/qonto",
        "javascript:alert(1)",
        "data:text/html,x",
        "ftp://app.example/qonto",
        "file:///etc/passwd",
        "",
        "https://",
        "https://app.example/qonto/" + "x" * 2000,
    ],
)
def test_redirect_tricks_are_refused(url: str) -> None:
    with pytest.raises(CallbackNotAllowed):
        check(url)


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "127.1.2.3",
        "localhost",
        "LOCALHOST",
        "app.localhost",
        "[::1]",
        "10.0.0.8",
        "192.168.1.1",
        "172.16.9.9",
        "169.254.169.254",
        "100.64.0.1",
        "0.0.0.0",  # noqa: S104
        "224.0.0.1",
        "[::]",
        "[fe80::1]",
        "[fd00::1]",
        "[::ffff:10.0.0.8]",
        "[::ffff:127.0.0.1]",
        "2130706433",
        "127.1",
        "0x7f.1",
        "0x7f000001",
        "017700000001",
        "1.2.3.4.5",
        "app.0x",
    ],
)
def test_this_machine_and_private_addresses_are_refused_even_when_registered(host: str) -> None:
    url = f"https://{host}/qonto"
    with pytest.raises(CallbackNotAllowed):
        check(url, allowed=(url,))
    with pytest.raises(CallbackNotAllowed):
        callbacks.entry_of(url, allow_loopback=False, field="callbackUrl")


@pytest.mark.parametrize(
    "url",
    ["http://127.0.0.1:8080/done", "http://localhost:3000/done", "http://[::1]:9/done",
     "https://localhost/done"],
)  # fmt: skip
def test_a_setting_lets_callbacks_be_on_this_machine(url: str) -> None:
    entry = callbacks.entry_of(url, allow_loopback=True, field="callbackUrl")
    check(f"{url}?x=1", loopback=True, allowed=(entry,))
    with pytest.raises(CallbackNotAllowed):
        check(url, allowed=(entry,))


def test_an_entry_from_when_this_machine_was_allowed_does_no_harm() -> None:
    check("https://app.example/qonto", allowed=("http://127.0.0.1/done", *ALLOWED))


def test_the_setting_for_this_machine_lets_no_other_private_address_in() -> None:
    for url in ("http://10.0.0.8/done", "https://10.0.0.8/done", "http://app.example/done"):
        with pytest.raises(CallbackNotAllowed):
            callbacks.entry_of(url, allow_loopback=True, field="callbackUrl")


def test_an_entry_is_the_origin_and_path_in_normal_form() -> None:
    entry = callbacks.entry_of(
        "HTTPS://App.Example:443/Done/?x=1", allow_loopback=False, field="callbackUrl"
    )
    assert entry == "https://app.example/Done"


def test_the_error_names_the_field() -> None:
    with pytest.raises(CallbackNotAllowed) as caught:
        callbacks.check(
            "https://evil.example/", ALLOWED, allow_loopback=False, field="cancelCallbackUrl"
        )
    assert [field.field for field in caught.value.fields] == ["cancelCallbackUrl"]
    assert caught.value.fields[0].code == "CALLBACK_NOT_ALLOWED"


@pytest.mark.parametrize("judge", ["add-callback-urls", "webhookCallbackUrl", "/webhooks"])
def test_no_way_to_name_a_url_takes_an_address_that_another_refuses(judge: str) -> None:
    def takes(url: str) -> bool:
        try:
            if judge == "/webhooks":
                webhooks.callbacks.check(url, EgressPolicy())
            elif judge == "webhookCallbackUrl":
                callbacks.check_called(url, EgressPolicy(), field=judge)
            else:
                callbacks.entry_of(url, allow_loopback=False, field="callbackUrl")
        except (CallbackNotAllowed, CallbackRefused):
            return False
        return True

    hosts = [*PRIVATE_V4, *ODD_HOSTS, *(f"[{one}]" for one in PRIVATE_V6)]
    assert [host for host in hosts if takes(f"https://{host}/x")] == []
    assert [url for url in ODD_URLS if takes(url)] == []
    assert takes("https://hooks.example/x")
    assert takes("https://8.8.8.8/x")
    assert takes("https://[2606:4700:4700::1111]:8443/x")


@pytest.mark.parametrize(
    "query",
    [
        "code=evil",
        "a=1&code=evil",
        "a=1;code=evil",
        "code",
        "CODE=evil",
        "%63ode=evil",
        "+code=evil",
        "code[]=evil",
        "reference=evil",
        "error=evil",
        "error_description=evil",
        "accountKey=evil",
        "accountkey=evil",
        "relinked=true",
        "signature=evil",
        "timestamp=1",
    ],
)
def test_names_that_the_end_of_a_link_adds_are_reserved(query: str) -> None:
    url = f"https://app.example/qonto?{query}"
    for refused in (
        lambda: check(url),
        lambda: callbacks.entry_of(url, allow_loopback=False, field="callbackUrl"),
    ):
        with pytest.raises(CallbackNotAllowed, match="reserved name") as caught:
            refused()
        assert caught.value.fields[0].code == "CALLBACK_PARAMETER_RESERVED"


@pytest.mark.parametrize("query", ["", "state=n0nce", "codes=1", "a=code", "next=%3Fcode%3Dx", "&"])
def test_other_names_are_a_vendors_own(query: str) -> None:
    check(f"https://app.example/qonto?{query}")


def test_whatever_is_added_is_reserved() -> None:
    link = Link(
        id="lnk_1", tenant_id="ten_1", target="acme", callback_url="https://app.example/qonto",
        cancel_callback_url=None, webhook_callback_url=None, reference="r", include_signature=True,
        account_id=None, code_verifier=b"", created_at=NOW, expires_at=NOW,
    )  # fmt: skip
    ends = (
        linked_url(link, relinked=True, code="c", account_key="k", signed_with=b"s", at=NOW),
        refused_url(link, "denied", "no"),
    )
    added = {name.lower() for url in ends for name, _ in parse_qsl(urlsplit(str(url)).query)}
    assert added == callbacks.RESERVED


@given(st.text(max_size=60))
def test_no_text_after_a_trusted_looking_start_leaves_the_origin(tail: str) -> None:
    url = f"https://app.example{tail}"
    try:
        check(url)
    except CallbackNotAllowed:
        return
    assert tail.lower().removeprefix(":443").startswith("/qonto")
    assert url.isascii()
    assert url.isprintable()


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://app.example/done", "https://app.example/done?code=a+b%26c"),
        ("https://app.example/done?", "https://app.example/done?code=a+b%26c"),
        ("https://app.example/done?a=1", "https://app.example/done?a=1&code=a+b%26c"),
        ("https://app.example/done?a=%20&b", "https://app.example/done?a=%20&b&code=a+b%26c"),
        ("https://app.example/done?a=1&", "https://app.example/done?a=1&code=a+b%26c"),
    ],
)
def test_a_callback_keeps_parameters_of_its_own(url: str, expected: str) -> None:
    assert callbacks.with_parameters(url, {"code": "a b&c", "reference": None}) == expected
