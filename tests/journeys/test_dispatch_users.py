"""Who may dispatch documents: by password, by token, by API key; and who may not."""

import base64
import hashlib
import hmac
import itertools
import json
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import httpx2
import pytest
import pytest_asyncio

from connector.api.operation import Permission
from connector.app.factory import create_app
from connector.app.sandbox import Sandbox
from oauth.guesses import PER_ADDRESS
from oauth.user_tokens import CLOCKS, LIFE, UserTokens
from storage.sealing import KeyRing, MasterKey
from tests.journeys.dispatch_office import PASSWORD, DispatchOffice, basic, open_office

_addresses = itertools.count(1)
OWN = "X-Own-Address"
"""A header that nobody reads: which address a client calls from."""

pytestmark = [pytest.mark.loopback, pytest.mark.asyncio(loop_scope="module")]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def office(lasting: Sandbox) -> AsyncIterator[DispatchOffice]:
    async with lasting.client() as client:
        yield await open_office(lasting, client)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def user(office: DispatchOffice) -> tuple[str, str]:
    return await office.user()


@pytest_asyncio.fixture(loop_scope="module")
async def caller(office: DispatchOffice) -> AsyncIterator[httpx2.AsyncClient]:
    """Somebody without any key, on this machine, by an address of their own."""
    own = f"127.0.1.{next(_addresses)}"
    async with httpx2.AsyncClient(
        base_url=office.up.api,
        transport=httpx2.AsyncHTTPTransport(local_address=own),
        headers={OWN: own},
        timeout=30,
    ) as client:
        yield client


@pytest.fixture
def tokens(office: DispatchOffice) -> UserTokens:
    return office.up.container.oauth.users.tokens


async def ask(caller: httpx2.AsyncClient, office: DispatchOffice, headers: Any) -> httpx2.Response:
    """Check a document, which takes what making it takes."""
    body = office.body("INVOICE")
    return await caller.post("/api/invoicing/validate", json=body, headers=headers)


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


@pytest.mark.covers("DOC-16", "DOC-17")
async def test_a_password_a_token_and_a_key_are_taken_alike(
    office: DispatchOffice, caller: httpx2.AsyncClient, user: tuple[str, str]
) -> None:
    email, _ = user
    got = await caller.post("/api/auth/token", headers=basic(email.upper()))
    assert got.status_code == 201, got.text
    token = got.json()["data"]
    assert (token["tokenType"], token["expiresIn"]) == ("Bearer", 3600)
    header, claims, _ = (_read(part) for part in token["token"].split("."))
    assert header["alg"] == "Ed25519"
    assert (claims["iss"], claims["aud"]) == (office.up.api, f"{office.up.api}/api")
    made = set()
    for headers in (basic(email), bearer(token["token"]), {"X-API-KEY": office.up.api_key}):
        body = office.body("INVOICE")
        answer = await caller.post("/api/invoicing", json=body, headers=headers)
        assert answer.status_code == 201, answer.text
        made.add(answer.json()["data"]["documentId"])
    assert len(made) == 3
    # a token isn't renewed by itself, nor given to a key
    for headers in (bearer(token["token"]), {"X-API-KEY": office.up.api_key}):
        assert (await caller.post("/api/auth/token", headers=headers)).status_code == 401


@pytest.mark.covers("DOC-16")
async def test_a_wrong_pair_is_refused_and_said_to_be_ours(
    office: DispatchOffice, caller: httpx2.AsyncClient, user: tuple[str, str]
) -> None:
    email, _ = user
    pairs = [(email, "wrong password"), ("nobody@vendor.example", PASSWORD)]
    headers = [basic(*pair) for pair in pairs]
    headers += [{"Authorization": f"Basic {text}"} for text in ("-", "%%%", "bm9jb2xvbg==", "/w==")]
    headers += [{"Authorization": "Digest x"}, {}, {"Authorization": ""}]
    for one in headers:
        refused = await ask(caller, office, one)
        assert (refused.status_code, refused.json()["error"]) == (401, "unauthorized_user"), one
        assert refused.headers["WWW-Authenticate"].startswith("Basic ")


@pytest.mark.covers("DOC-17")
async def test_forged_expired_and_foreign_tokens_are_refused(
    office: DispatchOffice,
    caller: httpx2.AsyncClient,
    user: tuple[str, str],
    tokens: UserTokens,
) -> None:
    _, id_ = user
    good = tokens.issue(id_).token
    assert (await ask(caller, office, bearer(good))).status_code == 200
    ago = tokens.clock() - LIFE - CLOCKS - timedelta(seconds=5)
    ahead = tokens.clock() + timedelta(minutes=5)
    other = KeyRing([MasterKey.generate("other")])
    head, claims, signature = good.split(".")
    key = tokens._keys[-1]
    public = _bytes(str(key.as_dict(private=False)["x"]))
    bad = {
        "expired": replace(tokens, clock=lambda: ago).issue(id_).token,
        "from the future": replace(tokens, clock=lambda: ahead).issue(id_).token,
        "for another audience": replace(tokens, audience="https://other.example/api")
        .issue(id_)
        .token,
        "by another issuer": replace(tokens, issuer="https://other.example").issue(id_).token,
        "by another key": replace(tokens, ring=other).issue(id_).token,
        "of nobody": tokens.issue("usr_nobody").token,
        "alg none": f"{_text({'alg': 'none'})}.{claims}.",
        "alg none, signed": f"{_text({'alg': 'none'})}.{claims}.{signature}",
        "HS256 by the public key": _hs256(claims, public, key.kid),
        "HS256 by its PEM": _hs256(claims, key.as_pem(private=False), key.kid),
        "other claims": f"{head}.{_text(_read(claims) | {'sub': 'usr_1'})}.{signature}",
        "no signature": f"{head}.{claims}.",
        "no token": "x",
        "too long": "a" * 10_000,
    }
    for what, token in bad.items():
        refused = await ask(caller, office, bearer(token))
        assert (refused.status_code, refused.json()["error"]) == (401, "unauthorized_user"), what


async def test_a_removed_user_is_refused_at_once(
    office: DispatchOffice, caller: httpx2.AsyncClient, tokens: UserTokens
) -> None:
    email, id_ = await office.user()
    token = tokens.issue(id_).token
    for headers in (basic(email), bearer(token)):
        assert (await ask(caller, office, headers)).status_code == 200
    users = office.up.container.oauth.users
    async with office.up.container.storage.work.reading() as tx:
        found = await tx.users.by_id(id_)
    assert found is not None
    await users.remove(found[0].tenant_id, id_)
    for headers in (basic(email), bearer(token)):
        assert (await ask(caller, office, headers)).status_code == 401


async def test_a_user_may_do_what_it_was_given(
    office: DispatchOffice, caller: httpx2.AsyncClient
) -> None:
    email, _ = await office.user(Permission.READ)
    assert (await caller.get("/api/templates", headers=basic(email))).status_code == 200
    refused = await ask(caller, office, basic(email))
    assert (refused.status_code, refused.json()["error"]) == (403, "permission_denied")
    # books are read with an account's key, which a user doesn't stand in for
    books = await caller.get("/accounting/invoices", headers=basic(email))
    assert books.json()["errors"]["code"] == "UNAUTHORIZED_API_KEY"


async def test_a_password_is_taken_where_nobody_could_read_it(
    office: DispatchOffice, user: tuple[str, str], tokens: UserTokens
) -> None:
    email, id_ = user
    app = create_app(office.up.container, worker=False)

    async def status(scheme: str, host: str, headers: dict[str, str]) -> httpx2.Response:
        transport = httpx2.ASGITransport(app, client=(host, 4000))
        async with httpx2.AsyncClient(
            transport=transport, base_url=f"{scheme}://connect.example"
        ) as far:
            return await far.get("/api/templates", headers=headers)

    refused = await status("http", "192.0.2.7", basic(email))
    assert (refused.status_code, refused.json()["error"]) == (403, "tls_required")
    assert (await status("https", "192.0.2.7", basic(email))).status_code == 200
    for here in ("127.0.0.1", "::1", "::ffff:127.0.0.1"):
        assert (await status("http", here, basic(email))).status_code == 200
    assert (await status("http", "192.0.2.7", bearer(tokens.issue(id_).token))).status_code == 200


async def test_whoever_guesses_waits_and_whoever_is_at_work_does_not(
    office: DispatchOffice, caller: httpx2.AsyncClient, user: tuple[str, str]
) -> None:
    email, _ = user
    assert (await ask(caller, office, basic(email))).status_code == 200
    guesses = office.up.container.oauth.users.guesses
    address = caller.headers[OWN]
    for number in range(PER_ADDRESS - 1):
        guesses.begin(address, f"guessed-{number}@vendor.example")
    assert (await ask(caller, office, basic(email, "one more guess"))).status_code == 401
    slowed = await ask(caller, office, basic("new@vendor.example", PASSWORD))
    assert (slowed.status_code, slowed.json()["error"]) == (429, "too_many_guesses")
    assert int(slowed.headers["Retry-After"]) > 200
    assert (await ask(caller, office, basic(email))).status_code == 200


def _read(part: str) -> Any:
    raw = _bytes(part)
    return json.loads(raw) if raw.startswith(b"{") else raw


def _bytes(part: str) -> bytes:
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))


def _text(value: Any) -> str:
    raw = value if isinstance(value, bytes) else json.dumps(value).encode()
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def _hs256(claims: str, secret: bytes, kid: str | None) -> str:
    signed = f"{_text({'alg': 'HS256', 'kid': kid})}.{claims}"
    return f"{signed}.{_text(hmac.digest(secret, signed.encode(), hashlib.sha256))}"
