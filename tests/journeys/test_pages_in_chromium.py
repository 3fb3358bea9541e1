"""The pages around a link, in a real browser."""

import re

import pytest

from connector.app.sandbox import Sandbox
from oauth.pages.languages import LANGUAGES
from tests.pages_screenshots import VENDOR, page_of, vendor_of
from tests.support.chromium import CHROMIUM, WITHOUT, Opened, open_page

pytestmark = [
    pytest.mark.loopback,
    pytest.mark.skipif(CHROMIUM is None, reason=WITHOUT),
]


def heading(opened: Opened) -> tuple[str, str]:
    """Return the page's language and its only heading of the first order."""
    (language,) = re.findall(r'<html lang="([a-z]+)"', opened.dom)
    (title,) = re.findall(r"<h1>([^<]*)</h1>", opened.dom)
    return language, title


async def test_every_language_opens_without_a_complaint_and_asks_no_other_host(
    running: Sandbox,
) -> None:
    page = await page_of(running, await vendor_of(running), "qonto-sandbox")
    for language, texts in LANGUAGES.items():
        opened = await open_page(page, language=language)
        assert heading(opened) == (language, texts.title.format(name=VENDOR, provider="Qonto"))
        assert opened.console == ()
        assert opened.hosts <= {"127.0.0.1"}
        assert "123456" not in opened.dom


async def test_a_page_that_leads_nowhere_is_shown_too(running: Sandbox) -> None:
    opened = await open_page(f"{running.api}/auth/callback/qonto?code=x&state=y", language="it")
    assert heading(opened) == ("it", LANGUAGES["it"].failed_title)
    assert opened.console == ()
    assert opened.hosts <= {"127.0.0.1"}


async def test_the_browsers_complaints_are_heard(running: Sandbox) -> None:
    opened = await open_page(
        "data:text/html,<meta http-equiv=Content-Security-Policy content=\"script-src 'none'\">"
        "<script>1</script>"
    )
    assert opened.console
