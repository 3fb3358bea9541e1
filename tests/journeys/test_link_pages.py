"""The link page of each target system, from the running service."""

import httpx2
import pytest

from connector.app.sandbox import Sandbox
from oauth.pages.languages import LANGUAGES
from tests.pages_screenshots import page_of, vendor_of, walk_to_the_end

pytestmark = pytest.mark.loopback


@pytest.mark.covers("MAE-16")
async def test_only_the_sandboxes_page_says_to_log_in_there_first(running: Sandbox) -> None:
    api_key = await vendor_of(running)
    pages = {target: await page_of(running, api_key, target) for target in running.simulators}
    async with httpx2.AsyncClient() as browser:
        for language, texts in LANGUAGES.items():
            for target, page in pages.items():
                shown = await browser.get(page, headers={"Accept-Language": language})
                assert shown.status_code == 200
                assert (texts.sandbox_heading in shown.text) is (target == "qonto-sandbox")


@pytest.mark.parametrize("target", ["qonto", "qonto-sandbox"])
@pytest.mark.parametrize(("allow", "title"), [(True, "linked_title"), (False, "canceled_title")])
async def test_a_customer_walks_through_the_pages(
    running: Sandbox, target: str, allow: bool, title: str
) -> None:
    page = await page_of(running, await vendor_of(running), target)
    html = await walk_to_the_end(page, allow=allow, language="es")
    assert f"<h1>{getattr(LANGUAGES['es'], title)}</h1>" in html
