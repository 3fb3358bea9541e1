"""A real browser, without a window: what it makes of a page, and what it complains about."""

import asyncio
import json
import os
import re
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

CHROMIUM = None if os.environ.get("CI") else shutil.which("chromium")
WITHOUT = "no chromium here, or this is CI: pages not seen by a browser"
_CONSOLE = re.compile(r":CONSOLE[:(]\d+\)?\]? (.*)")
_SECONDS = 60


@dataclass(frozen=True)
class Opened:
    """A page as the browser has it after loading."""

    dom: str
    console: tuple[str, ...]
    """What it wrote to its console: errors, and breaches of the page's policy."""
    hosts: frozenset[str]
    """Which hosts the page made it ask."""


async def open_page(url: str, *, language: str = "en") -> Opened:
    """Load a page and answer what came of it."""
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder) / "net.json"
        dom, errors = await _run(
            folder, "--dump-dom", f"--log-net-log={log}", url, language=language
        )
        hosts = _hosts(log.read_text(), url)
    return Opened(dom, tuple(_CONSOLE.findall(errors)), hosts)


async def photograph(
    url: str, to: Path, *, width: int, height: int, language: str = "en", dark: bool = False
) -> None:
    """Make a picture of a page."""
    with tempfile.TemporaryDirectory() as folder:
        scheme = ["--blink-settings=preferredColorScheme=0"] if dark else []
        await _run(
            folder,
            *scheme,
            "--hide-scrollbars",
            f"--window-size={width},{height}",
            f"--screenshot={to}",
            url,
            language=language,
        )


async def _run(folder: str, *arguments: str, language: str) -> tuple[str, str]:
    assert CHROMIUM is not None
    process = await asyncio.create_subprocess_exec(
        CHROMIUM,
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        "--disable-quic",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        "--disable-dev-shm-usage",
        "--enable-logging=stderr",
        "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
        f"--accept-lang={language}",
        f"--user-data-dir={folder}/profile",
        *arguments,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        async with asyncio.timeout(_SECONDS):
            out, err = await process.communicate()
    except TimeoutError:
        process.kill()
        raise
    return out.decode(), err.decode(errors="replace")


def _hosts(log: str, page: str) -> frozenset[str]:
    """Read which hosts the page asked; the browser asks others of its own accord."""
    origin = "{0.scheme}://{0.netloc}".format(urlsplit(page))
    try:
        events = json.loads(log)["events"]
    except json.JSONDecodeError:  # cut off when the browser left
        events = json.loads(log.rstrip().rstrip(",") + "]}")["events"]
    asked = [event.get("params", {}) for event in events]
    return frozenset(
        urlsplit(one["url"]).hostname or ""
        for one in asked
        if one.get("initiator") == origin
        and one.get("url", "").startswith(("http:", "https:", "ws"))
    )
