"""What README and guides show is what happens: their blocks run, against a sandbox."""

import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest

from tests.docs.markdown import ROOT, blocks
from tests.docs.showing import BIN, GUIDES, PAGES, README, Shown, files, running, show
from tests.support.node import COMPILER, lay_out, node

NOT_RUN = {
    "make demo": "they install packages, and this is one of the tests",
    "qonto-connector sandbox": "it serves until Ctrl-C; the test starts the same with free ports",
    "pip install": "it installs packages",
    "qonto-connector migrate": "needs a public host name",
    "qonto-connector tenant create": "needs the running service above and the app's credentials",
    "qonto-connector invoice issue": "needs a deployment",
    "qonto-connector webhook replay": "needs a deployment",
    "qonto-connector tenant key": "needs a deployment",
    "qonto-connector tenant user": "needs a deployment",
    "qonto-connector tenant payments": "the sandbox has a vendor of its own, which may pay",
    "qonto-connector payouts run": "needs a deployment",
    "books.example.com/api/qonto": "needs a deployment",
    "CONNECTOR_SYNC__TO": "it is a setting",
    "qonto-connector sync": "needs a deployment",
    "TRANSACTION_POOLING": "needs PgBouncer",
    "claude mcp add": "it needs Claude Code",
    "pg_dump": "needs a PostgreSQL server with its tools",
    "pg_restore": "needs a PostgreSQL server with its tools",
}
"""Blocks that no test runs: something they hold, and the reason that the page gives."""

SAID = {
    "README.md": [r"F-\d{4}-\d+"],
    "link.md": [r"customer-43", r"ACTIVE"],
    "assistants.md": [r"list_client_invoices"],
    "read.md": [r"1\d\d|2\d\d", r"%PDF.*"],
    "pay.md": [r"PENDING", r"INSTANT", r"AWAITING_APPROVAL", r"F-2026-117", r"CLOSE_MATCH"],
    "write.md": [r"REQUIRED", r"Write it as \+33 6 12 34 56 78\.", r"True"],
    "issue.md": [r"F-\d{4}-\d+", r"en16931", r"%PDF", r"200"],
    "dispatch.md": [r"qontoSecretKey", r"\*{8}", r"1440\.00", r"PENDING"],
    "payouts.md": [r"TOTAL_DIFFERS"],
    "webhooks.md": [r"CREATED [0-9a-f-]{36}", r"401", r"paid"],
    "deliveries.md": [r"REPLAY", r"PAUSED", r"20\d\d-.+Z", r"The subscription has ended.*"],
    "ci.md": [r"1 passed.*", r"ℹ pass 1|# pass 1"],
    "sandbox.md": [r"paid"],
    "back-office.md": [r"not_found", r"%PDF-", r"1701\.0"],
    "copy.md": [
        r"202",
        r"invoices +SUCCESS +read \d+, changed \d+",
        r".+  EUR  \d+\.\d\d",
        r"%PDF.*",
    ],
    "backup.md": [r".*Acme Books.*"],
}
"""Lines that a page's blocks print, as patterns: what they end with is what the page promises."""

LANGUAGES = {"sh", "python", "typescript", "text", "json"}
TESTED_ALONE = {
    *("nonce.py", "nonce.ts", "conftest.py"),
    *("cursor.json", "cursor-keys.json", "vscode.json", "claude_desktop_config.json"),
}
"""Files that no shell block of their page names."""


@pytest.fixture(scope="module")
def started_in(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that the sandbox runs in, and copies to."""
    return tmp_path_factory.mktemp("sandbox")


@pytest.fixture(scope="module")
def sandbox(started_in: Path) -> Iterator[str]:
    """What the sandbox printed; it runs while the tests of this file do."""
    command = [str(BIN / "qonto-connector"), "sandbox", "--port", "0", "--simulator-port", "0"]
    command += ["--copy-to", "sqlite:///books.db", "--documents-to", "folder:documents", "--json"]
    with subprocess.Popen(command, cwd=started_in, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            announced = process.stdout.readline()
            assert json.loads(announced)["accountKey"]
            yield announced
        finally:
            process.terminate()
            assert process.wait(60) == 0


@pytest.mark.loopback
@pytest.mark.parametrize(
    "page", [one for one in PAGES if running(one, "sh")], ids=lambda page: page.name
)
def test_the_blocks_of_a_page_do_what_it_says(
    page: Path, tmp_path: Path, sandbox: str, started_in: Path
) -> None:
    for name in ("books.db", "documents"):
        (tmp_path / name).symlink_to(started_in / name)
    shown = show(page, tmp_path, sandbox)
    for pattern in SAID[page.name]:
        assert any(re.fullmatch(pattern, line) for line in shown.lines), (pattern, shown.output)
    for block in running(page, "text"):
        if "evt_" in block.text:
            assert_same_events(shown, block.text)
        else:
            said = set(map(numberless, shown.lines))
            assert set(map(numberless, block.text.splitlines())) <= said, shown.output
    if page.name == "webhooks.md":
        assert shown.lines.count("401") == 2
        for received in ("received.txt", "received-by-node.txt"):
            assert re.fullmatch(r"CREATED [0-9a-f-]{36}\n", (tmp_path / received).read_text())


@pytest.mark.covers("VER-15")
@pytest.mark.loopback
@pytest.mark.skipif(shutil.which("jq") is None, reason="the page's command needs jq")
def test_the_one_command_that_checks_the_balance_does(sandbox: str) -> None:
    """As the page has it, but for the address; the sandbox asks for no key on its machine."""
    page = GUIDES / "back-office.md"
    (command,) = [one.text for one in blocks(page) if "| jq" in one.text]
    here = json.loads(sandbox)["backOffice"]
    command = command.replace("https://books.example.com/api/qonto", here)
    command = command.replace('-H "X-API-KEY: $KEY" ', "")
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, timeout=60)
    told = json.loads(done.stdout)
    assert list(told) == ["success", "accounts", "totalBalance", "currency"]
    assert (told["success"], told["currency"]) == (True, "EUR")
    assert told["totalBalance"] == pytest.approx(sum(one["balance"] for one in told["accounts"]))


def numberless(line: str) -> str:
    """Leave out where an invoice stands in its series: the pages share a simulated Qonto."""
    return re.sub(r"\bF-(\d{4})-\d+", r"F-\1-N", line)


def test_the_nonce_ties_a_link_to_the_session_that_began_it() -> None:
    names: dict[str, Any] = {}
    exec(files(GUIDES / "link.md")["nonce.py"], names)  # noqa: S102 (the page's own block)
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


def test_the_nonce_in_typescript_does_the_same(tmp_path: Path) -> None:
    (tmp_path / "nonce.ts").write_text(files(GUIDES / "link.md")["nonce.ts"])
    (tmp_path / "check.ts").write_text(
        'import assert from "node:assert/strict";\n'
        'import { arrived, begin } from "./nonce.ts";\n'
        "const session = {};\n"
        'const path = begin(session, "https://app.example/l", "c");\n'
        'const asked = new URL(path, "https://connect.example").searchParams;\n'
        'const back = new URL(asked.get("callbackUrl")!).searchParams;\n'
        'back.set("code", "xc_1");\n'
        "assert.throws(() => arrived({}, back));\n"
        'assert.throws(() => arrived({ linkNonce: "other" }, back));\n'
        'assert.equal(arrived(session, back), "xc_1");\n'
        "assert.throws(() => arrived(session, back));\n"
        'console.log("done");\n'
    )
    done = subprocess.run(
        [str(node()), "check.ts"], cwd=tmp_path, capture_output=True, text=True, timeout=120
    )
    assert (done.returncode, done.stdout) == (0, "done\n"), done.stderr


@pytest.mark.skipif(not COMPILER.exists(), reason="no compiler: python -m tests.clients")
def test_the_typescript_of_all_pages_is_of_strict_types(tmp_path: Path) -> None:
    """And of syntax that Node.js runs as it stands. A mistake made on purpose is the only one."""
    runs_as_it_stands = {"erasableSyntaxOnly": True, "verbatimModuleSyntax": True}
    lay_out(tmp_path, noEmit=True, skipLibCheck=True, **runs_as_it_stands)
    for page in PAGES:
        for block in blocks(page):
            if block.language == "typescript":
                folder = tmp_path / page.stem
                folder.mkdir(exist_ok=True)
                (folder / str(block.title)).write_text(block.text)
    (tmp_path / "mistake.ts").write_text("export const text: string = null;\n")
    done = subprocess.run(
        [str(node()), str(COMPILER)], cwd=tmp_path, capture_output=True, text=True, timeout=120
    )
    assert re.fullmatch(r"mistake\.ts\(1,14\): error TS2322: .+\n", done.stdout), done.stdout


def test_only_the_blocks_that_say_why_are_not_run() -> None:
    skipped = [one for page in PAGES for one in blocks(page) if one.not_run]
    for one in skipped:
        reasons = {reason for holds, reason in NOT_RUN.items() if holds in one.text}
        assert one.not_run in reasons, one
    assert {one.not_run for one in skipped} == set(NOT_RUN.values())


def test_every_block_is_of_a_kind_that_is_looked_after() -> None:
    for page in PAGES:
        shell = "\n".join(one.text for one in running(page, "sh"))
        for one in blocks(page):
            assert one.language in LANGUAGES, (page.name, one)
            if one.language in ("python", "typescript"):
                assert one.title, (page.name, one)
                assert one.title in shell or one.title in TESTED_ALONE, (page.name, one.title)


def test_the_sandbox_page_and_the_readme_pick_values_alike() -> None:
    helpers = [
        re.findall(r"^pick\(\) \{.+?^\}$", running(page, "sh")[0].text, re.DOTALL | re.MULTILINE)
        for page in (README, GUIDES / "sandbox.md")
    ]
    assert helpers[0] == helpers[1]
    assert len(helpers[0]) == 1


def test_the_readme_is_short_and_leads_to_every_guide() -> None:
    text = README.read_text()
    assert len(text.splitlines()) <= 150
    linked = set(re.findall(r"\(docs/guides/([a-z-]+\.md)\)", text))
    assert {page.name for page in GUIDES.glob("*.md")} == linked


@pytest.mark.covers("DOC-20")
def test_the_page_of_dispatching_has_a_recipe_and_leads_to_what_there_is() -> None:
    """What its blocks do is seen by running them."""
    page = GUIDES / "dispatch.md"
    text = page.read_text()
    _, recipe = text.split("## Quick recipe: generate and send an invoice")
    assert '"$API/api/invoicing"' in recipe
    assert "(../reference/resources.md)" in text
    assert (page.parent / "../reference/resources.md").exists()


def test_make_runs_what_the_pages_show() -> None:
    makefile = (ROOT / "Makefile").read_text()
    for target in ("demo", "test", "sandbox", "help", "docs", "docs-site", "reference"):
        assert re.search(rf"^{target}:", makefile, re.MULTILINE), target


def assert_same_events(shown: Shown, text: str) -> None:
    """The events that arrived are those that the page shows, but for what differs by run."""
    events = (shown.folder / "events.txt").read_text().splitlines()
    assert [line.split()[1] for line in events] == ["verified"] * len(events), events
    assert [_shape(line) for line in events] == [_shape(line) for line in text.splitlines()]


def _shape(line: str) -> str:
    return re.sub(r'"resourceId": "[^"]*"', '"resourceId": ...', line.partition("  ")[2])
