"""Another client than the one we are made with: every tool by the official TypeScript SDK."""

import json
import shutil
from pathlib import Path

import pytest

from connector.app.sandbox import sandbox
from connector.app.settings import SyncGroup
from tests.clients.conftest import run
from tests.journeys.desk import at_desk
from tests.support.node import MODULES, node
from tests.support.vendor import listening

SDK = MODULES / "@modelcontextprotocol" / "sdk"

pytestmark = [
    pytest.mark.loopback,
    pytest.mark.skipif(not SDK.exists(), reason="no client: python -m tests.clients"),
]

TWICE = {
    *("delete_client_invoice", "change_client_invoice_status", "send_client_invoice"),
    *("create_credit_note", "delete_quote", "send_quote"),
}
"""Tools that are looked at first."""


async def test_another_client_lists_and_calls_every_tool(tmp_path: Path) -> None:
    (tmp_path / "node_modules").symlink_to(MODULES)
    (tmp_path / "package.json").write_text(json.dumps({"type": "module"}))
    program = shutil.copy(Path(__file__).with_name("call_every_tool.ts"), tmp_path)
    copies = SyncGroup(to=f"jsonl:{tmp_path / 'copies'}")
    async with (
        listening() as vendor,
        sandbox(sync=copies, scopes="full") as up,
        at_desk(up) as desk,
    ):
        desk.control.set_quirks(pdf_delay=0, file_delay=0, ocr_delay=0)
        desk.control.receive_supplier_invoice()
        body = {"callbackUrl": vendor.address, "resource": "INVOICE"}
        webhook = (await desk.client.post("/webhooks", json=body)).json()["data"]["id"]
        desk.control.create_invoice()
        await vendor.next()
        environment = {
            "URL": up.api,
            "API_KEY": up.api_key,
            "ACCOUNT_KEY": desk.client.headers["X-ACCOUNT-KEY"],
            "CLIENT_ID": await desk.customer("Node SARL"),
            "WEBHOOK_ID": webhook,
        }
        said = await run(node(), program, within=tmp_path, environment=environment)
    told = json.loads(said.splitlines()[-1])
    assert set(told["outcomes"]) == set(told["tools"]) and len(told["tools"]) == 44
    for name, outcomes in told["outcomes"].items():
        if name in TWICE:
            assert outcomes == ["confirmation_required", "done"], (name, outcomes)
        else:
            assert set(outcomes) <= {"ok", "done"}, (name, outcomes)
