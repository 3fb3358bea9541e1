"""How an assistant's client gets in by OAuth 2.1, and how it is put out again."""

import base64
import hashlib
import re
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx2
import pytest
import pytest_asyncio
from mcp.client.auth import OAuthClientProvider
from mcp.client.client import Client
from mcp.client.streamable_http import streamable_http_client
from mcp.shared.auth import (
    AuthorizationCodeResult,
    OAuthClientInformationFull,
    OAuthClientMetadata,
    OAuthToken,
)

from connector.api.operation import Permission
from connector.app.sandbox import Sandbox
from tests.journeys.assistant import Assistant
from tests.support.chromium import CHROMIUM, WITHOUT, open_page

pytestmark = [pytest.mark.loopback, pytest.mark.asyncio(loop_scope="module")]

BACK = "http://127.0.0.1:9/back"
HEADERS = {"Accept": "application/json, text/event-stream"}
PING = {"jsonrpc": "2.0", "id": 1, "method": "ping"}


@dataclass
class House:
    """The service, and a person with both keys."""

    up: Sandbox
    account_key: str
    browser: httpx2.AsyncClient

    async def page(self, url: str, **headers: str) -> httpx2.Response:
        """Open a client's address; return the page of consent."""
        found = await self.browser.get(url)
        assert found.status_code == 302, found.text
        return await self.browser.get(found.headers["Location"], headers=headers)

    async def send(self, page: httpx2.Response, **changes: str) -> httpx2.Response:
        """Send the page's form."""
        fields = {
            "api_key": self.up.api_key,
            "account_key": self.account_key,
            "decision": "allow",
            **hidden(page),
            **changes,
        }
        headers = {"Sec-Fetch-Site": "same-origin"}
        return await self.browser.post("/mcp/consent", data=fields, headers=headers)

    async def ping(self, token: str) -> int:
        headers = HEADERS | {"Authorization": f"Bearer {token}"}
        return (await self.browser.post("/mcp", json=PING, headers=headers)).status_code


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def house(lasting: Sandbox) -> AsyncIterator[House]:
    key = await lasting.link("qonto")
    async with httpx2.AsyncClient(base_url=lasting.api, trust_env=False) as browser:
        yield House(lasting, key, browser)


def hidden(page: httpx2.Response) -> dict[str, str]:
    """Return what the form brings of itself."""
    return dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', page.text))


@dataclass
class Store:
    """What a client keeps."""

    tokens: OAuthToken | None = None
    client: OAuthClientInformationFull | None = None

    async def get_tokens(self) -> OAuthToken | None:
        return self.tokens

    async def set_tokens(self, tokens: OAuthToken) -> None:
        self.tokens = tokens

    async def get_client_info(self) -> OAuthClientInformationFull | None:
        return self.client

    async def set_client_info(self, client_info: OAuthClientInformationFull) -> None:
        self.client = client_info


@asynccontextmanager
async def consented(house: House, store: Store, **changes: str) -> AsyncIterator[Assistant]:
    """Open a session of the SDK's client as it comes: it finds out how to get in by itself."""
    landed: list[str] = []

    async def redirect(url: str) -> None:
        landed.append((await house.send(await house.page(url), **changes)).headers["Location"])

    async def callback() -> AuthorizationCodeResult:
        told = parse_qs(urlsplit(landed[0]).query)
        return AuthorizationCodeResult(
            code=told["code"][0], state=told["state"][0], iss=told["iss"][0]
        )

    auth = OAuthClientProvider(
        server_url=f"{house.up.api}/mcp",
        client_metadata=OAuthClientMetadata(client_name="Desk", redirect_uris=[BACK]),
        storage=store,
        redirect_handler=redirect,
        callback_handler=callback,
    )
    async with (
        httpx2.AsyncClient(auth=auth, trust_env=False, timeout=30) as http,
        Client(streamable_http_client(f"{house.up.api}/mcp", http_client=http)) as client,
    ):
        yield Assistant(client)


async def test_a_client_finds_its_way_in_by_itself(house: House) -> None:
    """It registers, a person consents, and it may do what the person ticked and the key can."""
    store = Store()
    async with consented(house, store) as it:
        assert "list_client_invoices" in await it.names()
        assert "create_product" not in await it.names()
        assert (await it.refused("create_product"))["code"] == "PERMISSION_DENIED"
        assert (await it.ok("list_products"))["records"]
    assert store.client is not None and store.client.client_secret is None
    async with consented(house, Store(), may_write="yes") as it:
        assert "create_product" in await it.names()


@dataclass
class OwnClient:
    """A client that goes step by step."""

    house: House
    client_id: str
    verifier: str = field(default_factory=lambda: secrets.token_urlsafe(48))

    @classmethod
    async def register(cls, house: House, **changes: Any) -> "OwnClient":
        body = {"client_name": "Step", "redirect_uris": [BACK], **changes}
        made = await house.browser.post("/mcp/register", json=body)
        assert made.status_code == 201, made.text
        assert made.json()["token_endpoint_auth_method"] == "none"
        return cls(house, made.json()["client_id"])

    def address(self, **changes: str) -> str:
        hashed = hashlib.sha256(self.verifier.encode()).digest()
        query = {
            "response_type": "code",
            "client_id": self.client_id,
            "redirect_uri": BACK,
            "code_challenge": base64.urlsafe_b64encode(hashed).decode().rstrip("="),
            "code_challenge_method": "S256",
            "state": "abc",
            "scope": "read write",
            "resource": f"{self.house.up.api}/mcp",
            **changes,
        }
        return str(httpx2.URL(f"{self.house.up.api}/mcp/authorize", params=query))

    async def code(self, **changes: str) -> str:
        back = await self.house.send(await self.house.page(self.address()), **changes)
        assert back.status_code == 303, back.text
        return parse_qs(urlsplit(back.headers["Location"]).query)["code"][0]

    async def token(self, **fields: str) -> httpx2.Response:
        told = {"client_id": self.client_id, "resource": f"{self.house.up.api}/mcp", **fields}
        return await self.house.browser.post("/mcp/token", data=told)

    async def redeem(self, code: str, **changes: str) -> httpx2.Response:
        fields = {"code": code, "redirect_uri": BACK, "code_verifier": self.verifier, **changes}
        return await self.token(grant_type="authorization_code", **fields)

    async def refresh(self, token: str) -> httpx2.Response:
        return await self.token(grant_type="refresh_token", refresh_token=token)


async def test_the_page_is_as_safe_as_pages_can_be(house: House) -> None:
    """No script, no frame, no other place for its form; and in the reader's language."""
    it = await OwnClient.register(house, client_name='<b>Evil</b> "client"' + "x" * 200)
    page = await house.page(it.address(), **{"Accept-Language": "de"})
    policy = page.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy and "frame-ancestors 'none'" in policy
    assert "form-action 'self' http://127.0.0.1:9;" in policy and "script" not in policy
    assert page.headers["Cache-Control"] == "no-store"
    assert "&lt;b&gt;Evil&lt;/b&gt;" in page.text and "<script" not in page.text
    assert 'lang="de"' in page.text and "x" * 100 not in page.text
    cookie = page.headers["Set-Cookie"]
    assert "HttpOnly" in cookie and "SameSite=strict" in cookie and "Path=/mcp/consent" in cookie
    assert page.text.count('type="password"') == 2 and 'autocomplete="off"' in page.text


async def test_only_the_browser_that_was_shown_the_page_may_answer_it(house: House) -> None:
    it = await OwnClient.register(house)
    page = await house.page(it.address())
    other = await house.page(it.address(state="other"))
    answers = [
        await house.send(other, mark="forged"),
        await house.send(other, request=hidden(page)["request"]),
        await house.send(page, request="forged"),
    ]
    page = await house.page(it.address())
    fields = {**hidden(page), "api_key": house.up.api_key, "account_key": house.account_key}
    async with httpx2.AsyncClient(base_url=house.up.api, trust_env=False) as stranger:
        answers.append(await stranger.post("/mcp/consent", data={**fields, "decision": "allow"}))
    crossing = {"Sec-Fetch-Site": "cross-site"}
    answers.append(await house.browser.post("/mcp/consent", data=fields, headers=crossing))
    assert [one.status_code for one in answers] == [400] * 5
    assert not any("Location" in one.headers for one in answers)


@pytest.mark.skipif(CHROMIUM is None, reason=WITHOUT)
async def test_a_browser_has_nothing_to_complain_about(house: House) -> None:
    it = await OwnClient.register(house)
    found = await house.browser.get(it.address())
    opened = await open_page(found.headers["Location"], language="fr")
    assert "<h1>Laisser Step utiliser un compte Qonto" in opened.dom
    assert opened.console == () and opened.hosts <= {"127.0.0.1"}


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"api_key": "sk_unknown"}, "These keys"),
        ({"account_key": "acc_unknown"}, "These keys"),
        ({"api_key": "", "account_key": ""}, "These keys"),
        ({"api_key": "é"}, "These keys"),
    ],
)
async def test_wrong_keys_let_nobody_in(house: House, changes: dict[str, str], told: str) -> None:
    it = await OwnClient.register(house)
    page = await house.send(await house.page(it.address()), **changes)
    assert page.status_code == 403 and told in page.text
    assert house.account_key not in page.text and house.up.api_key not in page.text
    again = await house.send(page)
    assert again.status_code == 303


async def test_a_key_that_only_reads_allows_no_writing(house: House) -> None:
    oauth = house.up.container.oauth
    tenant = await oauth.callers.authenticate(house.up.api_key)
    key = await oauth.tenant_keys.create(tenant, "only reads", [Permission.READ])
    it = await OwnClient.register(house)
    page = await house.page(it.address())
    refused = await house.send(page, api_key=key.secret, may_write="yes")
    assert refused.status_code == 403 and "may only read" in refused.text
    told = (await it.redeem(await it.code(api_key=key.secret))).json()
    assert told["scope"] == "read" and await house.ping(told["access_token"]) == 200
    await oauth.tenant_keys.revoke(tenant, key.key.id)
    assert await house.ping(told["access_token"]) == 401


async def test_whoever_says_no_is_not_asked_for_keys(house: House) -> None:
    it = await OwnClient.register(house)
    page = await house.page(it.address())
    back = await house.send(page, decision="deny", api_key="", account_key="")
    told = parse_qs(urlsplit(back.headers["Location"]).query)
    assert (told["error"], told["state"]) == (["access_denied"], ["abc"])


async def test_a_code_is_for_one_client_one_verifier_and_once(house: House) -> None:
    """Come a second time, everything it stood for ends."""
    it, other = await OwnClient.register(house), await OwnClient.register(house, client_name="O")
    code = await it.code()
    for wrong in (
        await other.redeem(code),
        await it.redeem(code, code_verifier="x" * 43),
        await it.redeem(code, redirect_uri="http://127.0.0.1:9/other"),
        await it.redeem("mcc_unknown"),
    ):
        assert wrong.status_code == 400 and "access_token" not in wrong.text
    made = (await it.redeem(code)).json()
    assert await house.ping(made["access_token"]) == 200
    assert (await it.redeem(code)).status_code == 400
    assert await house.ping(made["access_token"]) == 401


async def test_a_refresh_token_is_used_once_and_tokens_are_revoked(house: House) -> None:
    it = await OwnClient.register(house)
    first = (await it.redeem(await it.code())).json()
    second = (await it.refresh(first["refresh_token"])).json()
    assert await house.ping(second["access_token"]) == 200
    assert (await it.refresh(first["refresh_token"])).status_code == 400
    assert await house.ping(second["access_token"]) == 401
    for name in ("access_token", "refresh_token"):
        made = (await it.redeem(await it.code())).json()
        fields = {"client_id": it.client_id, "token": made[name]}
        gone = await house.browser.post("/mcp/revoke", data=fields)
        assert gone.status_code == 200, gone.text
        assert await house.ping(made["access_token"]) == 401, name


async def test_tokens_are_hashed_and_end(house: House) -> None:
    it = await OwnClient.register(house)
    made = (await it.redeem(await it.code())).json()
    assistants = house.up.container.oauth.assistants
    async with house.up.container.storage.work.reading() as tx:
        rows = await tx.connection.execute(
            __import__("sqlalchemy").text("SELECT * FROM assistant_tokens")
        )
        stored = str(rows.all())
    assert made["access_token"] not in stored and made["refresh_token"] not in stored
    for days, holds in ((0, True), (31, False)):
        later = replace(assistants, clock=lambda d=days: assistants.clock() + timedelta(days=d))
        assert (await later.verify(made["access_token"]) is not None) is holds
    later = replace(assistants, clock=lambda: assistants.clock() + timedelta(days=120))
    assert await later.clean_up() > 0
    assert await house.ping(made["access_token"]) == 401


async def test_the_end_of_the_accounts_key_is_the_end_of_it(house: House) -> None:
    it = await OwnClient.register(house)
    async with house.up.container.storage.work.reading() as tx:
        (account,) = await tx.accounts.all()
    keys = house.up.container.oauth.account_keys
    key = await keys.create(account.id)
    made = (await it.redeem(await it.code(account_key=key.secret))).json()
    assert await house.ping(made["access_token"]) == 200
    await keys.revoke(key.key.id)
    assert await house.ping(made["access_token"]) == 401


@pytest.mark.parametrize(
    "uris",
    [
        ["http://evil.example/back"],
        ["javascript:alert(1)"],
        ["https://a.example/#part"],
        ["https://user:pw@a.example/"],
        ["data:text/html,x"],
        [f"https://a{n}.example/" for n in range(11)],
        [],
    ],
)
async def test_browsers_are_sent_to_safe_places_alone(house: House, uris: list[str]) -> None:
    made = await house.browser.post("/mcp/register", json={"redirect_uris": uris})
    assert made.status_code == 400, made.text


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"client_id": "forged"}, "invalid_request"),
        ({"redirect_uri": "https://evil.example/"}, "invalid_request"),
        ({"code_challenge": ""}, None),
        ({"code_challenge_method": "plain"}, "invalid_request"),
        ({"resource": "https://other.example/mcp"}, "invalid_target"),
        ({"scope": "admin"}, "invalid_scope"),
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"state": "x" * 3000}, "invalid_request"),
    ],
)
async def test_what_a_client_may_not_ask_for(
    house: House, changes: dict[str, str], error: str | None
) -> None:
    """Unknown clients and addresses are told here, the rest at the client's own address."""
    it = await OwnClient.register(house, redirect_uris=[BACK, "myapp.desk://back"])
    answer = await house.browser.get(it.address(**changes))
    if answer.status_code == 400:
        assert answer.json()["error"] == error
        return
    told = parse_qs(urlsplit(answer.headers["Location"]).query)
    assert told.get("error") == ([error] if error else None)


@pytest.mark.parametrize("path", ["consent", "token", "register", "revoke", "authorize"])
@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("multipart/form-data; boundary=x", b"--x\r\nrubbish"),
        ("multipart/form-data", b"--x"),
        ("application/x-www-form-urlencoded", b"%00=%ff&client_id=%00&token=\xff"),
        ("application/json", b"[" * 5000),
        (
            "application/json",
            b'{"redirect_uris": ["https://a.example/"], "client_name": "\\u0000"}',
        ),
    ],
)
async def test_rubbish_is_refused_and_breaks_nothing(
    house: House, path: str, kind: str, body: bytes
) -> None:
    headers = {"Content-Type": kind}
    answer = await house.browser.post(f"/mcp/{path}", content=body, headers=headers)
    assert answer.status_code < 500 and answer.status_code != 303


async def test_what_there_is_is_told(house: House) -> None:
    api = house.up.api
    own = (await house.browser.get("/.well-known/oauth-protected-resource/mcp")).json()
    assert (own["resource"], own["authorization_servers"]) == (f"{api}/mcp", [api])
    told = (await house.browser.get("/.well-known/oauth-authorization-server")).json()
    assert told["issuer"] == api and told["code_challenge_methods_supported"] == ["S256"]
    assert told["token_endpoint_auth_methods_supported"] == ["none"]
    for name in ("authorization", "token", "registration", "revocation"):
        assert told[f"{name}_endpoint"].startswith(f"{api}/mcp/")
