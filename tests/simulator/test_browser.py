"""The pages in a real browser, with the keyboard alone."""

from __future__ import annotations

from urllib.parse import urlsplit

import pytest
from qonto_simulator import Simulator, serving

from .chromium import PROGRAM, WITHOUT, browsing
from .support import Api, authorization_url, code_form, query_of

pytestmark = [
    pytest.mark.loopback,
    pytest.mark.skipif(PROGRAM is None, reason=WITHOUT),
]
BEYOND = """[...document.querySelectorAll('main *')].filter(
    (one) => !one.closest('.unseen, thead')
        && one.getBoundingClientRect().right > document.documentElement.clientWidth
).length"""
HEADING = "document.querySelector('h1')?.textContent"


async def test_the_keyboard_leads_from_log_in_to_consent() -> None:
    simulator = Simulator()
    async with serving(simulator) as url, browsing() as tab, Api(base_url=url) as http:
        landing = f"{url}/landed"
        simulator.register_redirect_uri(landing)
        start = authorization_url(simulator, "offline_access webhook", redirect_uri=landing)
        await tab.call("Page.navigate", url=start.replace("http://qonto.test", url))
        await tab.see(HEADING, "Log in to Qonto")
        await tab.see("document.activeElement.id", "username")
        await tab.press("Enter")
        await tab.see(HEADING, "Confirm that it is you")
        await tab.see("document.activeElement.id", "code")
        await tab.press("Enter")
        await tab.see(HEADING, "Choose an organisation")
        await tab.see("document.activeElement.name", "organization_id")
        await tab.press("ArrowDown")
        await tab.press("Enter")
        await tab.see(HEADING, "Allow access?")
        await tab.see("document.querySelectorAll('main strong')[1].textContent", _second(simulator))
        for _ in range(2):  # the link that skips to the content, then the first button
            await tab.press("Tab")
        await tab.see("document.activeElement.value", "allow")
        await tab.press("Enter")
        await tab.see("location.pathname", urlsplit(landing).path)
        answer = query_of(await tab.read("location.href"))
        form = {**code_form(simulator, answer["code"]), "redirect_uri": landing}
        tokens = await http.take("POST", "/oauth2/token", data=form)
        assert tokens["scope"] == "offline_access webhook"


async def test_nothing_is_cut_off_at_the_side_of_a_phone_or_a_desk() -> None:
    simulator = Simulator()
    async with serving(simulator) as url, browsing() as tab:
        await tab.call("Page.navigate", url=f"{url}/")
        await tab.see(HEADING, "Atelier Mercure SAS")
        for width in (390, 1280):
            size = {"width": width, "height": 1500, "deviceScaleFactor": 1, "mobile": False}
            await tab.call("Emulation.setDeviceMetricsOverride", **size)
            await tab.see("innerWidth", width)
            await tab.see(f"document.readyState === 'complete' ? {BEYOND} : null", 0)
            assert await tab.read("document.documentElement.scrollWidth <= innerWidth")


def _second(simulator: Simulator) -> object:
    return simulator.control.organizations()[1]["legal_name"]
