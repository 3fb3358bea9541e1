"""`qonto-connector invoice ...`, beside a sandbox that serves."""

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from connector.app.sandbox import Sandbox
from tests.journeys.test_issuing import Desk
from tests.support import commands

pytestmark = [pytest.mark.loopback, pytest.mark.asyncio(loop_scope="module")]


class Terminal:
    """Runs commands with the settings of a sandbox, for one linked account."""

    def __init__(self, up: Sandbox, account_id: str) -> None:
        settings = up.container.settings
        self.account_id = account_id
        self._environment = {
            "CONNECTOR_ENVIRONMENT": "development",
            "CONNECTOR_PUBLIC_URL": settings.public_url,
            "CONNECTOR_DATABASE__URL": settings.database.url.get_secret_value(),
            "CONNECTOR_SEALING__KEYS": settings.sealing.keys.get_secret_value(),
            "CONNECTOR_QONTO__API_URL": settings.qonto.api_url,
            "CONNECTOR_QONTO__OAUTH_URL": settings.qonto.oauth_url,
            "COLUMNS": "200",
        }

    async def run(self, *words: str, code: int = 0) -> tuple[str, str]:
        """Return what a command printed, and what it told on standard error."""
        ended, printed, told = await commands.run("invoice", *words, env=self._environment)
        assert ended == code, told
        return printed, told

    async def json(self, *words: str) -> Any:
        return json.loads((await self.run(*words, "--json"))[0])


@pytest_asyncio.fixture(loop_scope="module")
async def desk(lasting: Sandbox) -> AsyncIterator[Desk]:
    simulator = lasting.simulators["qonto"]
    simulator.control.set_quirks(pdf_delay=0.5)
    async with lasting.client(await lasting.link("qonto")) as client:
        yield Desk(client, simulator)


@pytest_asyncio.fixture(loop_scope="module")
async def terminal(lasting: Sandbox, desk: Desk) -> Terminal:
    status = await desk.client.get("/auth/status")
    return Terminal(lasting, status.json()["data"]["accountId"])


def head(file: str) -> bytes:
    return Path(file).read_bytes()[:4]


def names(folder: Path) -> list[str]:
    return [one.name for one in folder.iterdir()]


async def test_an_invoice_is_issued_and_its_file_is_there(
    desk: Desk, terminal: Terminal, tmp_path: Path
) -> None:
    file = tmp_path / "invoice.json"
    file.write_text(json.dumps(desk.body(reference="issued")))
    words = ("issue", terminal.account_id, str(file), "--key", "k1", "--out", str(tmp_path))
    issued = await terminal.json(*words)
    (invoice,) = desk.invoices("issued")
    assert issued["invoiceId"] == invoice.id and issued["totalAmount"] == "1440.00"
    assert head(issued["file"]) == b"%PDF"
    again = await terminal.json(*words)
    assert again["invoiceId"] == invoice.id and len(desk.invoices("issued")) == 1
    assert not [one for one in names(tmp_path) if one.endswith(".part")]
    printed, _ = await terminal.run(
        "pdf", terminal.account_id, invoice.id, "--out", str(tmp_path / "other.pdf")
    )
    assert head(printed.strip()) == b"%PDF"


async def test_a_draft_is_made_shown_finalized_and_canceled(
    desk: Desk, terminal: Terminal, tmp_path: Path
) -> None:
    issued = await desk.issue()
    body = {**desk.body(reference="draft"), "contactId": issued["customerId"]}
    file = tmp_path / "draft.json"
    file.write_text(json.dumps({name: one for name, one in body.items() if name != "customer"}))
    account = terminal.account_id
    checked = await terminal.json("create", account, str(file), "--dry-run")
    assert checked["totalAmount"] == "1440.00" and not desk.invoices("draft")
    made = await terminal.json("create", account, str(file))
    shown = await terminal.json("show", account, made["id"])
    assert shown["status"] == "DRAFT" and shown["totalAmount"] == "1440.00"
    assert (await terminal.json("finalize", account, made["id"]))["status"] == "OPEN"
    assert (await terminal.json("cancel", account, made["id"]))["status"] == "VOIDED"


async def test_what_is_wrong_is_told_line_by_line(terminal: Terminal, tmp_path: Path) -> None:
    file = tmp_path / "wrong.json"
    file.write_text(
        '{"contactId": "x", "invoiceDate": "2026-11-20", "lineItems": [{"quantity": 1}]}'
    )
    printed, told = await terminal.run("create", terminal.account_id, str(file), code=1)
    assert printed == ""
    for field in ("contactId", "dueDate", "lineItems.0.name", "lineItems.0.unitAmount"):
        assert f"{field}: " in told
    _, told = await terminal.run("show", terminal.account_id, "nothing", code=1)
    assert "Traceback" not in told
    _, told = await terminal.run("create", terminal.account_id, str(tmp_path / "no"), code=1)
    assert "No such file" in told
