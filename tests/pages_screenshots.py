"""Make the pictures in docs/pages again, against the sandbox: `python -m tests.pages_screenshots`.

Needs Debian's chromium, and Pillow to make the files small; without Pillow they stay as they are.
"""

import asyncio
import tempfile
from importlib.util import find_spec
from pathlib import Path

import httpx2
from qonto_simulator import give_consent

from connector.app.sandbox import CALLBACK, Sandbox, sandbox
from oauth.pages.languages import LANGUAGES
from tests.support.chromium import photograph

FOLDER = Path(__file__).parent.parent / "docs" / "pages"
PHONE, DESKTOP = 390, 1280
VENDOR = "Acme Books"


async def vendor_of(running: Sandbox) -> str:
    """Make a vendor with a presentable name; return its API key."""
    tenants = running.container.oauth.tenants
    made = await tenants.create(VENDOR)
    await tenants.add_callback_urls(made.tenant, CALLBACK)
    await tenants.create_signing_secret(made.tenant)
    for target, simulator in running.simulators.items():
        values = {"stagingToken": simulator.staging_token} if target == "qonto-sandbox" else {}
        await tenants.register_system(
            made.tenant, target, simulator.client_id, simulator.client_secret, values
        )
    return made.api_key


async def page_of(running: Sandbox, api_key: str, target: str) -> str:
    """Start a link that begins and ends at our pages; return the address."""
    async with httpx2.AsyncClient(base_url=running.api, headers={"X-API-KEY": api_key}) as vendor:
        wish = {"hosted": True, "webhookCallbackUrl": "https://app.example/hooks/account-key"}
        answer = await vendor.post(f"/auth/{target}", json=wish)
        assert answer.status_code == 201, answer.text
        return answer.text


async def walk_to_the_end(page: str, *, allow: bool = True, language: str = "en") -> str:
    """Click, consent or refuse, and come back; return the last page's HTML."""
    headers = {"Accept-Language": language}
    async with httpx2.AsyncClient(timeout=30, headers=headers) as browser:
        click = await browser.post(page)
        assert click.status_code == 303, click.text
        back = await give_consent(browser, click.headers["Location"], allow=allow)
        return (await browser.get(back)).text


async def main() -> None:
    """Make every picture."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    async with sandbox() as running:
        api_key = await vendor_of(running)
        page = await page_of(running, api_key, "qonto-sandbox")
        for language in LANGUAGES:
            await picture(page, f"link-{language}-phone", PHONE, 1620, language)
        await picture(page, "link-en-desktop", DESKTOP, 1380)
        await picture(page, "link-en-phone-dark", PHONE, 1620, dark=True)
        with tempfile.TemporaryDirectory() as folder:
            for name, allow in (("canceled", False), ("linked", True)):
                own = await page_of(running, api_key, "qonto-sandbox")
                file = Path(folder) / f"{name}.html"
                file.write_text(await walk_to_the_end(own, allow=allow))
                await both(f"file://{file}", name)
            await both(f"{running.api}/auth/callback/qonto?code=x&state=y", "failed")


async def both(url: str, name: str) -> None:
    await picture(url, f"{name}-phone", PHONE, 700)
    await picture(url, f"{name}-desktop", DESKTOP, 640)


async def picture(
    url: str, name: str, width: int, height: int, language: str = "en", *, dark: bool = False
) -> None:
    """Make one picture, in few colours."""
    to = FOLDER / f"{name}.png"
    await photograph(url, to, width=width, height=height, language=language, dark=dark)
    if find_spec("PIL") is not None:
        from PIL import Image

        with Image.open(to) as opened:
            small = opened.convert("RGB").quantize(32)
        small.save(to, optimize=True)


if __name__ == "__main__":
    asyncio.run(main())
