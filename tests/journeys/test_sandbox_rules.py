"""The rules of Qonto's sandbox, met on the way through a link."""

import re

import httpx2
import pytest
from qonto_simulator import Simulator
from qonto_simulator.simulator import APP_NAME

from connector.app.sandbox import Sandbox, ok

pytestmark = pytest.mark.loopback


async def page(browser: httpx2.AsyncClient, url: str) -> httpx2.Response:
    """Open an address as a browser does, following redirects."""
    return await browser.get(url, follow_redirects=True)


async def send(
    browser: httpx2.AsyncClient, shown: httpx2.Response, **typed: str
) -> httpx2.Response:
    """Fill the page's form, its hidden fields as they are, and send it."""
    hidden = dict(re.findall(r'<input[^>]*name="([^"]+)"[^>]*value="([^"]*)"', shown.text))
    hidden |= {
        name: value
        for value, name in re.findall(r'<input[^>]*value="([^"]*)"[^>]*name="([^"]+)"', shown.text)
    }
    action = re.search(r'<form[^>]*action="([^"]+)"', shown.text)
    target = shown.url.join(action[1]) if action else shown.url
    return await browser.post(target, data={**hidden, **typed}, follow_redirects=True)


async def authorization_url(running: Sandbox, target: str) -> str:
    async with running.client() as vendor:
        return (await ok(vendor.get(f"/auth/{target}"))).text


@pytest.mark.covers("MAE-14", "MAE-15")
async def test_only_the_test_user_with_the_known_code_gets_in(running: Sandbox) -> None:
    simulator = running.simulators["qonto-sandbox"]
    async with httpx2.AsyncClient() as browser:
        login = await page(browser, await authorization_url(running, "qonto-sandbox"))
        refused = await send(browser, login, username=simulator.username, password="wrong")
        assert 'name="password"' in refused.text
        asked = await send(browser, login, username=simulator.username, password=simulator.password)
        assert 'name="code"' in asked.text
        again = await send(browser, asked, code="654321")
        assert 'name="code"' in again.text
        inside = await send(browser, again, code="123456")
        assert 'name="code"' not in inside.text
        assert inside.status_code == 200


@pytest.mark.covers("MAE-06")
async def test_the_consent_page_names_the_registered_app(running: Sandbox) -> None:
    simulator = running.simulators["qonto"]
    organization = simulator.control.organizations()[0]["id"]
    url = f"{await authorization_url(running, 'qonto')}&organization_id={organization}"
    async with httpx2.AsyncClient() as browser:
        login = await page(browser, url)
        asked = await send(browser, login, username=simulator.username, password=simulator.password)
        consent = await send(browser, asked, code="123456")
    assert APP_NAME in consent.text
    assert "client_invoices.read" in consent.text


@pytest.mark.covers("MAE-13")
async def test_the_staging_token_goes_with_every_call_and_its_lack_is_told(
    running: Sandbox,
) -> None:
    account_key = await running.link("qonto-sandbox")
    simulator: Simulator = running.simulators["qonto-sandbox"]
    async with running.client(account_key) as customer:
        await ok(customer.get("/accounting/invoices"))
        await ok(customer.get("/accounting/bills"))
        calls = [
            entry
            for entry in simulator.control.journal()
            if entry["path"] == "/oauth2/token" or str(entry["path"]).startswith("/v2/")
        ]
        assert {entry["path"] for entry in calls} >= {"/oauth2/token", "/v2/client_invoices"}
        assert all("x-qonto-staging-token" in entry["headers"] for entry in calls)

        registered = {
            "targetSystem": "qonto-sandbox",
            "clientId": simulator.client_id,
            "clientSecret": simulator.client_secret,
            "customValues": [{"key": "stagingToken", "value": "no longer valid"}],
        }
        await ok(customer.post("/tenants/register-system", json=registered))
        running.container.oauth.vault.forget(
            (await ok(customer.get("/auth/status"))).json()["data"]["accountId"]
        )
        answer = await customer.get("/accounting/invoices")
    assert answer.status_code == 502
    assert answer.json()["errors"]["code"] == "SANDBOX_TOKEN_MISSING"
