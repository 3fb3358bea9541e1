"""How long consents and tokens last, by the simulator's clock."""

import httpx2
import pytest
from qonto_simulator import give_consent

from connector.app.sandbox import Sandbox, ok, walk

pytestmark = pytest.mark.loopback

HOUR, DAY = 3600, 86400


@pytest.mark.covers("QX-02")
async def test_an_access_lasts_an_hour_and_a_link_ninety_days(running: Sandbox) -> None:
    """The connector outlives the first by refreshing, and tells the end of the second."""
    account_key = await running.link("qonto")
    control = running.simulators["qonto"].control
    async with running.client(account_key) as customer:
        control.advance(HOUR + 60)
        await ok(customer.get("/accounting/invoices"))
        for _ in range(3):  # each refresh begins the ninety days anew
            control.advance(89 * DAY)
            await ok(customer.get("/accounting/invoices"))
        control.advance(91 * DAY)
        answer = await customer.get("/accounting/invoices")
        assert answer.status_code == 401
        assert answer.json()["errors"]["code"] == "ACCOUNT_REAUTH_REQUIRED"
        assert (await ok(customer.get("/auth/status"))).json()["data"]["status"] == (
            "REAUTH_REQUIRED"
        )


@pytest.mark.covers("QX-02")
async def test_an_authorization_code_lasts_ten_minutes(running: Sandbox) -> None:
    async with running.client() as vendor, httpx2.AsyncClient() as browser:
        back = await give_consent(browser, (await ok(vendor.get("/auth/qonto"))).text)
        running.simulators["qonto"].control.advance(10 * 60 + 5)
        landed = httpx2.URL((await browser.get(back)).headers["Location"])
        assert landed.params["error"]
        assert "code" not in landed.params
    async with running.container.storage.work.reading() as tx:
        assert await tx.accounts.all() == []


@pytest.mark.covers("QX-02")
async def test_without_offline_access_a_link_ends_with_its_hour(running: Sandbox) -> None:
    simulator = running.simulators["qonto"]
    registered = {
        "targetSystem": "qonto",
        "clientId": simulator.client_id,
        "clientSecret": simulator.client_secret,
        "customValues": [],
        "scopes": "client_invoices.read webhook",
    }
    async with running.client() as vendor:
        await ok(vendor.post("/tenants/register-system", json=registered))
        landed = httpx2.URL(await walk((await ok(vendor.get("/auth/qonto"))).text))
        answer = await ok(vendor.post("/auth/exchange", json={"code": landed.params["code"]}))
    async with running.client(answer.json()["data"]["accountKey"]) as customer:
        await ok(customer.get("/accounting/invoices"))
        simulator.control.advance(HOUR + 60)
        ended = await customer.get("/accounting/invoices")
        assert ended.json()["errors"]["code"] == "ACCOUNT_REAUTH_REQUIRED"
