"""The addresses under /auth and /tenants, as a vendor and a browser see them."""

from collections.abc import AsyncIterator
from types import SimpleNamespace
from urllib.parse import urlencode

import httpx2
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from connector.api.routing import operations, routes
from oauth.link_operations import LINK_OPERATIONS
from oauth.operations import GROUPS
from oauth.page_operations import BrowserPages
from oauth.page_styles import PageStyles
from oauth.payment_policies import PaymentPolicies
from storage.errors import Invalid, ServiceError
from tests.oauth.conftest import CALLBACK, CANCEL, Floor, query_of
from tests.support.gates import LetIn

JSON = {"Accept": "application/json"}


class Edge:
    """Authenticates as the real edge does, and answers errors with their code alone."""

    def __init__(self, app: ASGIApp, floor: Floor) -> None:
        self.app, self.floor = app, floor

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        try:
            if not scope["path"].startswith(("/auth/callback/", "/link/")):
                callers = self.floor.callers
                caller = await callers.identify(request.headers.get("X-API-KEY"))
                tenant = caller.tenant
                request.state.tenant, request.state.caller = tenant, caller
                if "X-ACCOUNT-KEY" in request.headers:
                    key = request.headers["X-ACCOUNT-KEY"]
                    request.state.account = await callers.select(tenant, key)
        except ServiceError as error:
            response = await refuse(request, error)
            await response(scope, receive, send)
            return
        await self.app(scope, receive, send)


async def refuse(request: Request, error: Exception) -> Response:
    """Return an error with its code and wrong fields."""
    assert isinstance(error, ServiceError)
    fields = [field.field for field in error.fields] if isinstance(error, Invalid) else []
    return JSONResponse({"code": error.code, "fields": fields}, 400)


@pytest.fixture
async def browser(floor: Floor) -> AsyncIterator[httpx2.AsyncClient]:
    served = SimpleNamespace(
        tenants=floor.tenants,
        tenant_keys=floor.tenant_keys,
        page_styles=PageStyles(floor.work, floor.clock),
        payment_policies=PaymentPolicies(floor.work, floor.clock),
        links=floor.links,
        key_links=floor.key_links,
        browser=BrowserPages(floor.pages, floor.returning),
        vault=floor.vault,
    )
    app = Starlette(
        routes=routes(GROUPS, served, LetIn()), exception_handlers={ServiceError: refuse}
    )
    transport = httpx2.ASGITransport(Edge(app, floor))
    async with httpx2.AsyncClient(transport=transport, base_url="https://evil-host.test") as client:
        yield client


@pytest.fixture
async def vendor(floor: Floor, browser: httpx2.AsyncClient) -> AsyncIterator[httpx2.AsyncClient]:
    _, api_key = await floor.tenant()
    async with httpx2.AsyncClient(
        transport=browser._transport,
        base_url="https://evil-host.test",
        headers={"X-API-KEY": api_key},
    ) as client:
        yield client


async def come_back(
    floor: Floor, browser: httpx2.AsyncClient, url: str, target: str = "acme"
) -> httpx2.Response:
    back = floor.provider.consent(url)
    return await browser.get(f"/auth/callback/{target}?{urlencode(back)}")


async def link(floor: Floor, vendor: httpx2.AsyncClient, browser: httpx2.AsyncClient) -> str:
    """Walk the flow; return the account key."""
    url = (await vendor.get("/auth/acme", params={"callbackUrl": CALLBACK})).text
    redirect = await come_back(floor, browser, url)
    code = query_of(redirect.headers["Location"])["code"]
    answer = await vendor.post("/auth/exchange", json={"code": code})
    assert answer.status_code == 200
    key = answer.json()["data"]["accountKey"]
    assert isinstance(key, str)
    return key


@pytest.mark.parametrize("spelling", ["callbackUrl", "callBackUrl"])
async def test_a_link_url_is_text_unless_json_is_asked_for(
    vendor: httpx2.AsyncClient, spelling: str
) -> None:
    params = {spelling: CALLBACK, "companyId": "7", "include_signature": "false"}
    text = await vendor.get("/auth/acme", params=params)
    assert text.status_code == 200
    assert text.headers["content-type"].startswith("text/html")
    assert text.text.startswith("https://acme.provider.test/oauth2/auth?response_type=code&")
    assert "evil-host" not in text.text
    json = await vendor.get("/auth/acme", params=params, headers=JSON)
    body = json.json()
    assert body["data"]["url"].startswith("https://acme.provider.test/")
    assert body["meta"] == {"warnings": ["companyId is not used for acme"]}
    assert (body["errors"], body["rawData"]) == (None, None)


async def test_a_link_may_be_started_by_post(vendor: httpx2.AsyncClient) -> None:
    wish = {"callBackUrl": CALLBACK, "cancelCallbackUrl": CANCEL, "includeSignature": False}
    text = await vendor.post("/auth/acme", json=wish)
    assert (text.status_code, text.headers["content-type"]) == (201, "text/html; charset=utf-8")
    assert (await vendor.post("/auth/acme", json=wish, headers=JSON)).status_code == 201
    assert (await vendor.post("/auth/acme")).status_code == 201


@pytest.mark.parametrize(
    ("body", "fields"),
    [
        (b"not json", ["body"]),
        (b"[]", ["body"]),
        (b"\xff\xfe", ["body"]),
        (b'{"callbackUrl": 7}', ["callbackUrl"]),
        (b'{"includeSignature": "maybe"}', ["includeSignature"]),
        (b'{"reference": "line\\nbreak"}', ["reference"]),
        (b'{"callbackUrl": "https://evil.example"}', ["callbackUrl"]),
        (b'{"callbackUrl": "%s?code=evil"}' % CALLBACK.encode(), ["callbackUrl"]),
        (b'{"cancelCallbackUrl": "%s?error=x"}' % CANCEL.encode(), ["cancelCallbackUrl"]),
        (b'{"webhookCallbackUrl": "http://10.0.0.8/x"}', ["webhookCallbackUrl"]),
        (b'{"webhookCallbackUrl": "https://[2002:a00:8::1]/x"}', ["webhookCallbackUrl"]),
    ],
)
async def test_a_wrong_body_names_its_fields(
    vendor: httpx2.AsyncClient, body: bytes, fields: list[str]
) -> None:
    answer = await vendor.post("/auth/acme", content=body)
    assert answer.status_code == 400
    assert answer.json()["fields"] == fields


async def test_a_wrong_query_names_its_parameters(vendor: httpx2.AsyncClient) -> None:
    answer = await vendor.get("/auth/acme", params={"include_signature": "maybe"})
    assert answer.json() == {"code": "VALIDATION_FAILED", "fields": ["include_signature"]}


async def test_a_browser_comes_back_and_the_vendor_exchanges_its_code(
    floor: Floor, vendor: httpx2.AsyncClient, browser: httpx2.AsyncClient
) -> None:
    url = (await vendor.get("/auth/acme", params={"callbackUrl": CALLBACK, "reference": "c7"})).text
    redirect = await come_back(floor, browser, url)
    assert redirect.status_code == 302
    assert redirect.headers["Location"].startswith(f"{CALLBACK}?code=")
    assert redirect.headers["Cache-Control"] == "no-store"
    assert redirect.headers["Referrer-Policy"] == "no-referrer"
    code = query_of(redirect.headers["Location"])["code"]
    answer = await vendor.post("/auth/exchange", json={"code": code})
    data = answer.json()["data"]
    assert data.pop("accountKey").startswith("acc_")
    assert data == {"targetSystem": "acme", "reference": "c7", "relinked": False}
    assert answer.headers["Cache-Control"] == "no-store"
    again = await vendor.post("/auth/exchange", json={"code": code})
    assert again.json()["code"] == "CODE_INVALID"
    assert (await vendor.post("/auth/exchange", json={})).json()["fields"] == ["code"]


async def test_linking_again_with_the_account_key(
    floor: Floor, vendor: httpx2.AsyncClient, browser: httpx2.AsyncClient
) -> None:
    key = await link(floor, vendor, browser)
    started = await vendor.get("/auth/acme", headers={"X-ACCOUNT-KEY": key})
    redirect = await come_back(floor, browser, started.text)
    assert query_of(redirect.headers["Location"]) == {"relinked": "true"}


async def test_status_shows_the_account_of_the_key(
    floor: Floor, vendor: httpx2.AsyncClient, browser: httpx2.AsyncClient
) -> None:
    key = await link(floor, vendor, browser)
    data = (await vendor.get("/auth/status", headers={"X-ACCOUNT-KEY": key})).json()["data"]
    assert data.pop("accountId").startswith("acct_")
    assert data == {
        "targetSystem": "acme",
        "status": "ACTIVE",
        "organizationId": "org-1",
        "organizationName": "org-1 SA",
        "reference": None,
        "linkedDate": "2026-01-22T16:44:37.000Z",
        "scopes": ["invoices.read", "offline_access", "webhook"],
        "renewable": True,
    }
    assert (await vendor.get("/auth/status")).json()["code"] == "UNAUTHORIZED_ACCOUNT_KEY"


@pytest.mark.parametrize(
    ("query", "code", "status"),
    [
        ("", "VALIDATION_FAILED", 400),
        ("state=x", "VALIDATION_FAILED", 400),
        ("code=x", "STATE_INVALID", 400),
        ("code=x&state=<script>alert(1)</script>", "STATE_INVALID", 400),
        ("error=<b>&error_description=<script>&state=x", "STATE_INVALID", 400),
        ("code=%00&state=%ff", "STATE_INVALID", 400),
    ],
)
async def test_a_return_that_leads_nowhere_is_a_page_for_people(
    browser: httpx2.AsyncClient, query: str, code: str, status: int
) -> None:
    page = await browser.get(f"/auth/callback/acme?{query}")
    assert page.status_code == status
    assert page.headers["content-type"].startswith("text/html")
    assert f"<code>{code}</code>" in page.text
    assert "start the connection again" in page.text
    assert "alert" not in page.text
    assert "<b>" not in page.text
    assert "default-src 'none'" in page.headers["Content-Security-Policy"]


async def test_a_return_to_an_unknown_target_is_a_page_too(browser: httpx2.AsyncClient) -> None:
    page = await browser.get("/auth/callback/<script>?code=x&state=y")
    assert (page.status_code, "<script>" in page.text) == (405, False)
    assert "TARGET_SYSTEM_UNKNOWN" in page.text


async def test_a_return_works_once_more_and_another_one_is_a_page_that_says_so(
    floor: Floor, vendor: httpx2.AsyncClient, browser: httpx2.AsyncClient
) -> None:
    url = (await vendor.get("/auth/acme")).text
    back = urlencode(floor.provider.consent(url))
    head = await browser.head(f"/auth/callback/acme?{back}")
    assert head.status_code == 405
    assert (await browser.get(f"/auth/callback/acme?{back}")).status_code == 302
    again = await browser.get(f"/auth/callback/acme?{back}")
    assert again.status_code == 302
    code = query_of(again.headers["Location"])["code"]
    assert (await vendor.post("/auth/exchange", json={"code": code})).status_code == 200
    page = await browser.get(f"/auth/callback/acme?{back.replace('code=', 'code=x')}")
    assert (page.status_code, "STATE_REPLAYED" in page.text) == (400, True)


@pytest.mark.covers("MAE-11")
async def test_a_system_is_registered_and_shown_masked(vendor: httpx2.AsyncClient) -> None:
    body = {
        "targetSystem": "acme-sandbox",
        "clientId": "client",
        "clientSecret": "s3cret-canary",
        "customValues": [{"key": "stagingToken", "value": "st4ging-canary"}],
    }
    answer = await vendor.post("/tenants/register-system", json=body)
    assert (answer.status_code, isinstance(answer.json(), str)) == (201, True)
    for path in ("get-registered-systems", "get-registered-systems-masked"):
        shown = await vendor.get(f"/tenants/{path}")
        assert "canary" not in shown.text
        assert shown.json()["data"]["systems"][1] == {
            "targetSystem": "acme-sandbox",
            "clientId": "client",
            "clientSecret": "********",
            "customValues": [{"key": "stagingToken", "value": "********"}],
            "scopes": None,
        }
    twice = {**body, "customValues": [*body["customValues"], *body["customValues"]]}
    refused = await vendor.post("/tenants/register-system", json=twice)
    assert refused.json()["fields"] == ["customValues"]
    bare = await vendor.post("/tenants/register-system", json={"targetSystem": "acme-sandbox"})
    assert bare.json()["fields"] == ["clientId", "clientSecret"]
    gone = await vendor.delete("/tenants/delete-registered-system/acme-sandbox")
    assert (gone.status_code, isinstance(gone.json(), str)) == (200, True)
    again = await vendor.delete("/tenants/delete-registered-system/acme-sandbox")
    assert again.json()["code"] == "SYSTEM_NOT_REGISTERED"


async def test_callback_urls_are_added_and_shown(vendor: httpx2.AsyncClient) -> None:
    body = {"callbackUrl": "https://app.example/new", "cancelCallbackUrl": CANCEL}
    answer = await vendor.post("/tenants/add-callback-urls", json=body)
    assert (answer.status_code, isinstance(answer.json(), str)) == (201, True)
    assert (await vendor.get("/tenants/get-callback-url")).json()["data"] == {
        **body,
        "allowedCallbackUrls": ["https://app.example/new", CANCEL, CALLBACK],
    }
    refused = await vendor.post(
        "/tenants/add-callback-urls", json={"callbackUrl": "https://10.0.0.8/x"}
    )
    assert refused.json()["code"] == "CALLBACK_NOT_ALLOWED"


async def test_end_users_are_listed_without_their_keys(
    floor: Floor, vendor: httpx2.AsyncClient, browser: httpx2.AsyncClient
) -> None:
    assert (await vendor.get("/tenants/get-end-user-list")).json()["data"] == {"endUsers": []}
    key = await link(floor, vendor, browser)
    shown = await vendor.get("/tenants/get-end-user-list")
    (user,) = shown.json()["data"]["endUsers"]
    assert (user["targetSystem"], user["status"]) == ("acme", "ACTIVE")
    assert key.startswith(user["accountKeys"][0]["hint"])
    assert key not in shown.text


async def test_a_signing_secret_is_answered_once(vendor: httpx2.AsyncClient) -> None:
    answers = [await vendor.post("/tenants/signing-secret") for _ in range(2)]
    assert [answer.status_code for answer in answers] == [201, 201]
    first, second = (answer.json()["data"] for answer in answers)
    assert first != second
    assert len(first["signingSecret"]) == 64
    assert first["whsecSecret"].startswith("whsec_")


async def test_end_users_are_counted_by_system(
    floor: Floor, vendor: httpx2.AsyncClient, browser: httpx2.AsyncClient
) -> None:
    key = await link(floor, vendor, browser)
    floor.provider.organization = "org-2"
    await link(floor, vendor, browser)
    status = await vendor.get("/auth/status", headers={"X-ACCOUNT-KEY": key})
    async with floor.work.writing() as tx:
        first = status.json()["data"]["accountId"]
        await tx.accounts.move(first, to="REVOKED", at=floor.clock(), before="ACTIVE")
    answer = await vendor.get("/tenants/count-end-users-by-system")
    assert answer.json()["data"] == {
        "total": 2,
        "systems": [
            {"targetSystem": "acme", "count": 2, "active": 1},
            {"targetSystem": "acme-sandbox", "count": 0, "active": 0},
        ],
    }


async def test_target_systems_and_what_they_need_are_told(vendor: httpx2.AsyncClient) -> None:
    values = await vendor.get("/tenants/get-target-system-values")
    assert values.json()["data"] == {"targetSystems": ["acme", "acme-sandbox"]}
    told = (await vendor.get("/tenants/get-target-system-requirements")).json()["data"]
    assert told["targetSystems"][1] == {
        "targetSystem": "acme-sandbox",
        "authentication": "OAUTH2",
        "required": ["clientId", "clientSecret"],
        "customValues": ["stagingToken"],
        "redirectUri": "https://connect.example/api/auth/callback/acme-sandbox",
        "defaultScopes": ["offline_access", "webhook", "invoices.read"],
    }


async def test_all_end_users_are_for_the_operator(vendor: httpx2.AsyncClient) -> None:
    answer = await vendor.get("/tenants/get-all-active-end-users")
    assert answer.json()["code"] == "NOT_SUPPORTED"


STYLE = {
    "logoSvg": "",
    "logoPng": "",
    "backgroundColor": "#FFF",
    "titleColor": "#102030",
    "textColor": "#000000",
    "inputBackgroundColor": "#eeeeee",
    "submitButtonColor": "#0a7",
    "cancelButtonColor": "#ccc",
    "errorTextColor": "#b00020",
}


@pytest.mark.both_databases
async def test_a_page_style_is_set_and_shown(floor: Floor, vendor: httpx2.AsyncClient) -> None:
    before = (await vendor.get("/tenants/submission-page-style-by-key")).json()["data"]
    code = before["code"]
    assert (before["name"], before["backgroundColor"], before["logoSvg"]) == ("Vendor", None, None)
    answer = await vendor.post("/tenants/submission-page-style", json={**STYLE, "name": "Acme"})
    assert answer.status_code == 201
    style = answer.json()["data"]
    assert style == {
        **STYLE,
        "code": code,
        "name": "Acme",
        "logoSvg": None,
        "logoPng": None,
        "backgroundColor": "#ffffff",
        "submitButtonColor": "#00aa77",
        "cancelButtonColor": "#cccccc",
    }
    for path in ("submission-page-style-by-key", f"get-submission-page-style?code={code}"):
        assert (await vendor.get(f"/tenants/{path}")).json()["data"] == style
    other, _ = await floor.tenant("Other")
    theirs = await vendor.get(f"/tenants/get-submission-page-style?code={other.id}")
    assert theirs.json()["code"] == "NOT_FOUND"
    missing = await vendor.get("/tenants/get-submission-page-style")
    assert missing.json()["fields"] == ["code"]


@pytest.mark.parametrize("color", ["red", "#ff", "#ggg", "#fff;}", "url(x)", "# fff", "#٣٣٣"])
async def test_every_unfit_part_of_a_style_is_named(vendor: httpx2.AsyncClient, color: str) -> None:
    body = {**STYLE, "titleColor": color, "textColor": color, "logoSvg": "<html/>"}
    answer = await vendor.post("/tenants/submission-page-style", json=body)
    assert answer.json() == {
        "code": "VALIDATION_FAILED",
        "fields": ["titleColor", "textColor", "logoSvg"],
    }
    named = await vendor.post("/tenants/submission-page-style", json={"name": "<b>Acme</b>"})
    assert named.json()["fields"] == ["name"]
    shown = await vendor.get("/tenants/submission-page-style-by-key")
    assert shown.json()["data"]["titleColor"] is None


async def test_api_keys_are_made_listed_and_revoked(
    floor: Floor, vendor: httpx2.AsyncClient
) -> None:
    floor.clock.move(seconds=1)
    made = await vendor.post("/tenants/api-keys", json={"name": "web", "permissions": ["read"]})
    assert made.status_code == 201
    data = made.json()["data"]
    assert (data["name"], data["permissions"]) == ("web", ["read"])
    shown = await vendor.get("/tenants/api-keys")
    assert data["apiKey"] not in shown.text
    first, second = shown.json()["data"]["apiKeys"]
    assert (second["keyId"], second["lastUsedDate"], second["endsDate"]) == (
        data["keyId"],
        None,
        None,
    )
    gone = await vendor.delete(f"/tenants/api-keys/{data['keyId']}")
    assert gone.json()["data"] == {"keyId": data["keyId"]}
    own = await vendor.delete(f"/tenants/api-keys/{first['keyId']}")
    assert own.json()["code"] == "CONFLICT"
    same = await vendor.post("/tenants/api-keys", json={"name": "same"})
    assert same.json()["data"]["permissions"] == ["read", "write", "payments", "admin"]
    nobody = await vendor.post("/tenants/api-keys", json={"name": "x", "permissions": ["all"]})
    assert nobody.json()["fields"] == ["permissions"]


async def test_every_address_asks_for_the_api_key_except_the_callback(
    browser: httpx2.AsyncClient,
) -> None:
    for endpoint in operations(GROUPS):
        answer = await browser.request(
            endpoint.method,
            endpoint.path.replace("{target}", "acme").replace("{targetSystem}", "acme"),
        )
        refused = answer.headers["content-type"] == "application/json" and (
            answer.json()["code"] == "UNAUTHORIZED_API_KEY"
        )
        assert refused is (endpoint.keys != "none")


async def test_without_an_edge_nothing_is_answered(floor: Floor) -> None:
    links = [one for one in GROUPS if one.operations is LINK_OPERATIONS]
    app = Starlette(
        routes=routes(links, SimpleNamespace(links=floor.links), LetIn()),
        exception_handlers={ServiceError: refuse},
    )
    async with httpx2.AsyncClient(
        transport=httpx2.ASGITransport(app), base_url="http://x.test"
    ) as client:
        assert (await client.get("/auth/acme")).json()["code"] == "UNAUTHORIZED_API_KEY"
