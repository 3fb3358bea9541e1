"""What the README shows is what happens: its blocks run, against a sandbox that was started."""

import json
import os
import re
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest

from tests.docs.markdown import ROOT, Block, blocks

README = ROOT / "README.md"
BIN = Path(sys.executable).parent
COMMAND = BIN / "qonto-connector"

NOT_RUN = {
    "make demo": "they install packages, and this is one of the tests",
    "qonto-connector sandbox": "it serves until Ctrl-C; the test starts the same with free ports",
    "qonto-connector migrate": "needs a public host name",
    "qonto-connector tenant create": "needs the running service above and the app's credentials",
}
"""Blocks that no test runs: something they hold, and the reason that the README gives."""


@pytest.fixture
def workplace(tmp_path: Path) -> Iterator[Path]:
    """A folder as the reader has it: the sandbox runs, and its answer is in sandbox.json."""
    (tmp_path / ".venv").symlink_to(BIN.parent)
    command = [str(COMMAND), "sandbox", "--port", "0", "--simulator-port", "0", "--json"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            announced = process.stdout.readline()
            assert json.loads(announced)["accountKey"]
            (tmp_path / "sandbox.json").write_text(announced)
            yield tmp_path
        finally:
            process.terminate()
            assert process.wait(60) == 0


@pytest.mark.loopback
def test_the_shell_and_the_receiver_do_what_the_readme_says(workplace: Path) -> None:
    ports = {"9999": _free_port(), "9998": _free_port()}
    (receiver,) = [block for block in _running("python") if "HTTPServer" in block.text]
    (workplace / "receiver.py").write_text(_replaced(receiver.text, ports))
    parts = ["set -euo pipefail", "trap 'kill $(jobs -p) 2>/dev/null || true' EXIT"]
    for block in _running("sh"):
        parts += [f"echo '--- README.md line {block.line}' >&2", _replaced(block.text, ports)]
    done = subprocess.run(
        ["bash", "-c", "\n".join(parts)],
        cwd=workplace,
        capture_output=True,
        text=True,
        timeout=200,
        check=False,
    )
    assert done.returncode == 0, done.stderr + done.stdout
    events = (workplace / "events.txt").read_text().splitlines()
    assert [line.split()[1] for line in events] == ["verified", "verified"]
    assert [_shape(line) for line in events] == [_shape(line) for line in _shown_events()]
    assert re.fullmatch(r"CREATED [0-9a-f-]{36}\n", (workplace / "received.txt").read_text())
    assert {"customer-43", "paid", "unpaid"} <= set(done.stdout.splitlines())


@pytest.mark.loopback
def test_the_fixture_for_ci_gives_a_linked_account(tmp_path: Path) -> None:
    (fixture,) = [block for block in _running("python") if "pytest.fixture" in block.text]
    (tmp_path / "conftest.py").write_text(fixture.text)
    (tmp_path / "test_it.py").write_text(
        "import json, urllib.request\n\n\n"
        "def test_it(qonto):\n"
        '    keys = {"X-API-KEY": qonto["apiKey"], "X-ACCOUNT-KEY": qonto["accountKey"]}\n'
        '    asked = urllib.request.Request(qonto["api"] + "/accounting/bills", headers=keys)\n'
        "    with urllib.request.urlopen(asked) as answer:\n"
        '        assert json.load(answer)["data"]\n'
    )
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(tmp_path)],
        cwd=tmp_path,
        env={**os.environ, "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}"},
        capture_output=True,
        text=True,
        timeout=200,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_nonce_ties_a_link_to_the_session_that_began_it() -> None:
    (shown,) = [block.text for block in _running("python") if "link_nonce" in block.text]
    names: dict[str, Any] = {}
    exec(shown, names)  # noqa: S102 (the README's own block)
    session: dict[str, str] = {}
    asked = dict(parse_qsl(urlsplit(names["begin"](session, "https://app.example/l", "c")).query))
    back = dict(parse_qsl(urlsplit(asked["callbackUrl"]).query)) | {"code": "xc_1"}
    with pytest.raises(PermissionError):
        names["arrived"]({}, back)
    with pytest.raises(PermissionError):
        names["arrived"]({"link_nonce": "other"}, back)
    assert names["arrived"](session, back) == "xc_1"
    with pytest.raises(PermissionError):
        names["arrived"](session, back)


def test_only_the_blocks_that_say_why_are_not_run() -> None:
    skipped = {block.not_run: block.text for block in blocks(README) if block.not_run}
    assert sorted(skipped) == sorted(NOT_RUN.values())
    for holds, reason in NOT_RUN.items():
        assert holds in skipped[reason]


def test_every_block_is_of_a_kind_that_is_looked_after() -> None:
    assert {block.language for block in blocks(README)} == {"sh", "python", "text", "mermaid"}
    assert len(_running("python")) == 3


def test_the_demo_shown_has_the_steps_of_the_demo() -> None:
    shown = next(b.text for b in blocks(README) if b.text.startswith("qonto-connector: the whole"))
    source = (ROOT / "connector" / "app" / "demo.py").read_text()
    steps = re.findall(r'say\.step\("(\d)", "(.+)"\)', source)
    assert re.findall(r"^(\d)  (.+)$", shown, re.MULTILINE) == steps


def test_make_runs_what_the_readme_shows() -> None:
    makefile = (ROOT / "Makefile").read_text()
    for target in ("demo", "test", "sandbox", "help", "docs"):
        assert re.search(rf"^{target}:", makefile, re.MULTILINE), target


def _running(language: str) -> list[Block]:
    return [b for b in blocks(README) if b.language == language and b.not_run is None]


def _shown_events() -> list[str]:
    (shown,) = [b.text for b in blocks(README) if b.language == "text" and "evt_" in b.text]
    return shown.splitlines()


def _shape(line: str) -> str:
    """A printed event without what differs from run to run."""
    return re.sub(r'"resourceId": "[^"]*"', '"resourceId": ...', line.partition("  ")[2])


def _replaced(text: str, ports: dict[str, int]) -> str:
    for shown, free in ports.items():
        text = text.replace(shown, str(free))
    return text


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
