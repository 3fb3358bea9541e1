"""Links that begin, and may end, at a page of our own."""

import re
from collections.abc import AsyncIterator
from http.cookies import SimpleCookie
from types import SimpleNamespace
from urllib.parse import urlencode

import httpx2
import pytest
from starlette.applications import Starlette

from connector.api.routing import routes
from oauth.errors import PageExpired, PageInvalid, PageUsed, StateInvalid
from oauth.grants import ConsentAnswer
from oauth.link_endings import Ending, LinkOutcome
from oauth.operations import GROUPS
from oauth.page_operations import PAGE_OPERATIONS, BrowserPages
from oauth.page_tokens import write_page_token
from oauth.requests import LinkRequest
from oauth.returning import Redirect
from storage.errors import Invalid
from storage.repositories.tenants import Tenant
from tests.oauth.conftest import CALLBACK, CANCEL, Floor, query_of
from tests.support.gates import LetIn

PAGE = "https://connect.example/api/link/"
HOOK = "https://app.example/hooks/account-key"
ENDS_HERE = LinkRequest(hosted=True, webhook_callback_url=HOOK)


@pytest.fixture
async def browser(floor: Floor) -> AsyncIterator[httpx2.AsyncClient]:
    browser = BrowserPages(floor.pages, floor.returning)
    (pages,) = [one for one in GROUPS if one.operations is PAGE_OPERATIONS]
    app = Starlette(routes=routes([pages], SimpleNamespace(browser=browser), LetIn()))
    transport = httpx2.ASGITransport(app)
    async with httpx2.AsyncClient(transport=transport, base_url="https://evil-host.test") as client:
        yield client


async def begin(floor: Floor, tenant: Tenant, wish: LinkRequest, target: str = "acme") -> str:
    """Start a link; return its page's token."""
    started = await floor.links.start(tenant, target, wish)
    assert started.url.startswith(PAGE)
    return started.url.removeprefix(PAGE)


async def go(floor: Floor, token: str) -> tuple[ConsentAnswer, dict[str, str]]:
    """Click on the page and consent; return what the browser comes back with."""
    departure = await floor.pages.depart(token)
    back = floor.provider.consent(departure.url)
    answer = ConsentAnswer(back["state"], code=back["code"])
    return answer, {departure.mark.name: departure.mark.value}


async def test_the_page_is_answered_instead_of_the_providers_address(floor: Floor) -> None:
    tenant, _ = await floor.tenant()
    token = await begin(floor, tenant, LinkRequest(callback_url=CALLBACK, hosted=True))
    invitation = await floor.pages.show(token)
    assert invitation.tenant.name == "Vendor"
    answer, cookies = await go(floor, token)
    end = await floor.returning.finish("acme", answer, cookies)
    assert isinstance(end, Redirect)
    assert end.url.startswith(f"{CALLBACK}?code=")


@pytest.mark.both_databases
async def test_a_page_lives_a_day_and_ends_with_its_link(floor: Floor) -> None:
    tenant, _ = await floor.tenant()
    token = await begin(floor, tenant, LinkRequest(callback_url=CALLBACK, hosted=True))
    floor.clock.move(hours=23, minutes=59)
    answer, cookies = await go(floor, token)
    floor.clock.move(minutes=10)
    with pytest.raises(PageExpired):
        await floor.pages.show(token)
    assert isinstance(await floor.returning.finish("acme", answer, cookies), Redirect)
    another = await begin(floor, tenant, LinkRequest(callback_url=CALLBACK, hosted=True))
    slow, slow_cookies = await go(floor, another)
    await floor.returning.finish("acme", *await go(floor, another))
    for step in (floor.pages.show, floor.pages.depart):
        with pytest.raises(PageUsed):
            await step(another)
    late = await floor.returning.finish("acme", slow, slow_cookies)
    assert isinstance(late, Redirect)
    assert query_of(late.url)["error"] == "STATE_REPLAYED"


async def test_a_page_that_is_clicked_for_ever_keeps_the_newest_clicks(floor: Floor) -> None:
    tenant, _ = await floor.tenant()
    token = await begin(floor, tenant, LinkRequest(callback_url=CALLBACK, hosted=True))
    first = await go(floor, token)
    for _ in range(60):
        floor.clock.move(seconds=1)
        answer, cookies = await go(floor, token)
    async with floor.work.reading() as tx:
        rows = (await tx.connection.exec_driver_sql("SELECT count(*) FROM links")).scalar_one()
    assert rows == 1 + 20
    with pytest.raises(StateInvalid):
        await floor.returning.finish("acme", *first)
    assert isinstance(await floor.returning.finish("acme", answer, cookies), Redirect)


async def test_a_return_without_this_browsers_cookie_is_refused(floor: Floor) -> None:
    tenant, _ = await floor.tenant()
    token = await begin(floor, tenant, LinkRequest(callback_url=CALLBACK, hosted=True))
    answer, cookies = await go(floor, token)
    _, others = await go(floor, token)
    (name, value), (_, foreign) = next(iter(cookies.items())), next(iter(others.items()))
    for wrong in ({}, others, {name: foreign}, {name: value[:-2]}, {name: ""}, {name: "ü"}):
        with pytest.raises(StateInvalid):
            await floor.returning.finish("acme", answer, wrong)
    assert isinstance(await floor.returning.finish("acme", answer, cookies), Redirect)


async def test_forged_and_foreign_page_addresses_are_refused(floor: Floor) -> None:
    tenant, _ = await floor.tenant()
    token = await begin(floor, tenant, LinkRequest(callback_url=CALLBACK, hosted=True))
    keys, at = floor.ring.signing_keys("page"), floor.clock()
    unknown = write_page_token("lnk_unknown", keys, at=at)
    other = write_page_token("lnk_unknown", floor.ring.signing_keys("state"), at=at)
    for wrong in ("", "x", token[:-1], token + "x", unknown, other, "é", "a" * 5000):
        with pytest.raises(PageInvalid):
            await floor.pages.show(wrong)


async def test_a_link_without_a_way_for_the_key_is_not_started(floor: Floor) -> None:
    made = await floor.tenants.create("Bare")
    await floor.tenants.register_system(made.tenant, "acme", "c", "s", {})
    with pytest.raises(Invalid, match="webhookCallbackUrl alone") as refused:
        await floor.links.start(made.tenant, "acme", LinkRequest(hosted=True))
    assert refused.value.fields[0].field == "callbackUrl"


async def test_hosted_links_without_a_webhook_end_at_the_tenants_default(floor: Floor) -> None:
    tenant, _ = await floor.tenant()
    token = await begin(floor, tenant, LinkRequest(hosted=True))
    end = await floor.returning.finish("acme", *await go(floor, token))
    assert isinstance(end, Redirect)
    assert end.url.startswith(CALLBACK)


async def test_a_link_without_a_callback_ends_at_our_page_and_its_key_goes_by_webhook(
    floor: Floor,
) -> None:
    tenant, _ = await floor.tenant(signs=True)
    token = await begin(floor, tenant, ENDS_HERE)
    end = await floor.returning.finish("acme", *await go(floor, token))
    assert isinstance(end, Ending)
    assert (end.outcome, end.organization) == (LinkOutcome.LINKED, "org-1 SA")
    async with floor.work.reading() as tx:
        (notice,) = await tx.notices.unplanned()
    assert notice.callback_url == HOOK


@pytest.mark.parametrize(
    ("error", "outcome"),
    [("access_denied", LinkOutcome.CANCELED), ("invalid_scope", LinkOutcome.FAILED)],
)
async def test_after_a_refusal_the_page_can_be_begun_again(
    floor: Floor, error: str, outcome: LinkOutcome
) -> None:
    tenant, _ = await floor.tenant(signs=True)
    token = await begin(floor, tenant, ENDS_HERE)
    answer, cookies = await go(floor, token)
    refused = ConsentAnswer(answer.state, error=error)
    end = await floor.returning.finish("acme", refused, cookies)
    assert isinstance(end, Ending)
    assert (end.outcome, end.code) == (outcome, error)
    assert end.try_again is not None
    again = await floor.returning.finish("acme", *await go(floor, end.try_again.removeprefix(PAGE)))
    assert isinstance(again, Ending)
    assert again.outcome is LinkOutcome.LINKED


@pytest.mark.both_databases
async def test_old_pages_are_cleared_away(floor: Floor) -> None:
    tenant, _ = await floor.tenant()
    token = await begin(floor, tenant, LinkRequest(callback_url=CALLBACK, hosted=True))
    await floor.pages.depart(token)
    floor.clock.move(hours=50)
    assert await floor.links.clean_up() == 2


def cookie_of(response: httpx2.Response) -> SimpleCookie:
    return SimpleCookie(response.headers["Set-Cookie"])


async def test_a_browser_walks_from_the_page_to_the_end(
    floor: Floor, browser: httpx2.AsyncClient
) -> None:
    tenant, _ = await floor.tenant(name="A <b>& Co", signs=True)
    token = await begin(floor, tenant, ENDS_HERE)
    page = await browser.get(f"/link/{token}", headers={"Accept-Language": "de-CH, en;q=0.5"})
    assert page.status_code == 200
    assert '<html lang="de">' in page.text
    assert "A &lt;b&gt;&amp; Co" in page.text
    assert "<b>" not in page.text
    assert f'<form method="post" action="{PAGE}{token}">' in page.text
    assert "evil-host" not in page.text
    click = await browser.post(f"/link/{token}")
    assert click.status_code == 303
    (morsel,) = cookie_of(click).values()
    assert morsel["path"] == "/api/auth/callback/acme"
    assert (morsel["secure"], morsel["httponly"], morsel["samesite"]) == (True, True, "lax")
    assert morsel["max-age"] == "900"
    back = urlencode(floor.provider.consent(click.headers["Location"]))
    browser.cookies.clear()
    lost = await browser.get(f"/auth/callback/acme?{back}")
    assert (lost.status_code, "STATE_INVALID" in lost.text) == (400, True)
    end = await browser.get(
        f"/auth/callback/acme?{back}",
        headers={"Cookie": f"{morsel.key}={morsel.value}", "Accept-Language": "fr"},
    )
    assert end.status_code == 200
    assert "La connexion est établie" in end.text
    assert "org-1 SA" in end.text
    assert (await browser.get(f"/link/{token}")).status_code == 400


async def test_another_sites_form_does_not_skip_the_page(
    floor: Floor, browser: httpx2.AsyncClient
) -> None:
    tenant, _ = await floor.tenant()
    token = await begin(floor, tenant, LinkRequest(callback_url=CALLBACK, hosted=True))
    answer = await browser.post(f"/link/{token}", headers={"Sec-Fetch-Site": "cross-site"})
    assert (answer.status_code, answer.headers["Location"]) == (303, f"{PAGE}{token}")
    assert "Set-Cookie" not in answer.headers


async def test_pages_let_nothing_in(floor: Floor, browser: httpx2.AsyncClient) -> None:
    tenant, _ = await floor.tenant()
    token = await begin(floor, tenant, LinkRequest(callback_url=CALLBACK, hosted=True))
    for path in (f"/link/{token}", "/link/unknown", "/auth/callback/acme?code=x&state=y"):
        page = await browser.get(path)
        policy = page.headers["Content-Security-Policy"]
        assert policy.startswith("default-src 'none'; style-src 'sha256-")
        assert "frame-ancestors 'none'" in policy
        assert "unsafe" not in policy
        assert page.headers["X-Frame-Options"] == "DENY"
        assert page.headers["Referrer-Policy"] == "no-referrer"
        assert page.headers["Cache-Control"] == "no-store"
        assert not re.search(r"<script|\son\w+=|style=|src=\"http|@import|url\(", page.text)


async def test_a_page_whose_app_is_gone_says_so(floor: Floor, browser: httpx2.AsyncClient) -> None:
    tenant, _ = await floor.tenant()
    token = await begin(floor, tenant, LinkRequest(callback_url=CALLBACK, hosted=True))
    await floor.tenants.unregister_system(tenant, "acme")
    page = await browser.get(f"/link/{token}")
    assert (page.status_code, "SYSTEM_NOT_REGISTERED" in page.text) == (400, True)
    assert CANCEL not in page.text
