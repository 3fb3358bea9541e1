"""What the pages show, run as a reader would: in one folder, page by page, top to bottom."""

import os
import re
import socket
import subprocess
import sys
from collections.abc import Iterable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from tests.docs.markdown import ROOT, Block, blocks
from tests.support.node import node

README = ROOT / "README.md"
GUIDES = ROOT / "docs" / "guides"
PAGES = (README, *sorted(GUIDES.glob("*.md")))
BIN = Path(sys.executable).parent

_SANDBOX = GUIDES / "sandbox.md"
_OPENING = ("set -euo pipefail", "trap 'kill $(jobs -p) 2>/dev/null || true' EXIT")
_DEPLOYMENT = """
export CONNECTOR_PUBLIC_URL=https://connect.example.com
export CONNECTOR_DATABASE__URL=sqlite:///connector.db
export CONNECTOR_SEALING__KEYS="$(qonto-connector keys new test)"
qonto-connector migrate
qonto-connector tenant create "Acme Books" > vendor.txt
"""
_PORT = re.compile(r"\b999\d\b")


@dataclass(frozen=True)
class Shown:
    """What running a page printed, and the folder that it ran in."""

    output: str
    folder: Path

    @property
    def lines(self) -> list[str]:
        return self.output.splitlines()


def running(page: Path, language: str) -> list[Block]:
    """List the blocks of a page that run, in a language."""
    return [one for one in blocks(page) if one.language == language and one.not_run is None]


def files(page: Path) -> dict[str, str]:
    """Return the text of each file that the reader of a page saves, by its name."""
    return {one.title: one.text for one in blocks(page) if one.title is not None}


def show(page: Path, folder: Path, sandbox: str) -> Shown:
    """Run the shell blocks of a page. Fails with what they said.

    `sandbox` is what the sandbox printed. The folder has the page's files, with the ports that it
    names replaced by free ones.
    """
    (folder / ".venv").symlink_to(BIN.parent)
    (folder / "sandbox.json").write_text(sandbox)
    ports = _free_ports(set(_PORT.findall(page.read_text())))

    def with_ports(text: str) -> str:
        return _PORT.sub(lambda found: ports[found[0]], text)

    for name, text in files(page).items():
        (folder / name).write_text(with_ports(text) + "\n")
    parts = [*_OPENING, _before(page)]
    for block in running(page, "sh"):
        parts += [f"echo '--- {page.name} line {block.line}' >&2", with_ports(block.text)]
    done = subprocess.run(
        ["bash", "-c", "\n".join(parts)],
        cwd=folder,
        env=_environment(),
        capture_output=True,
        text=True,
        timeout=220,
        check=False,
    )
    assert done.returncode == 0, done.stderr + done.stdout
    return Shown(done.stdout, folder)


def _before(page: Path) -> str:
    """What the reader of a page has done before: its own first steps are shown elsewhere."""
    if page in (README, _SANDBOX):
        return ""
    if page.name == "backup.md":
        return _DEPLOYMENT
    return running(_SANDBOX, "sh")[0].text


def _environment() -> dict[str, str]:
    own = {name: text for name, text in os.environ.items() if not name.startswith("CONNECTOR_")}
    return {**own, "PATH": os.pathsep.join((str(BIN), str(node().parent), own["PATH"]))}


def _free_ports(shown: Iterable[str]) -> dict[str, str]:
    """Return a free port for each that a page shows; all are held until each has its own."""
    with ExitStack() as held:
        ports: dict[str, str] = {}
        for name in shown:
            probe = held.enter_context(socket.socket())
            probe.bind(("127.0.0.1", 0))
            ports[name] = str(probe.getsockname()[1])
        return ports
