"""A credit note at Qonto, and what the vendor then reads and is told."""

from decimal import Decimal
from typing import Any

import httpx2
import pytest
from qonto_simulator import Simulator

from connector.app.sandbox import Sandbox, ok
from tests.support.vendor import Vendor

pytestmark = pytest.mark.loopback


async def credit(simulator: Simulator, invoice: str, gross: str) -> str:
    """Issue a credit note over a gross amount, as another program at Qonto would."""
    line: dict[str, Any] = {
        "title": "Goodwill",
        "quantity": "1",
        "unit_price": {"value": gross, "currency": "EUR"},
        "vat_rate": "0",
        "vat_exemption_reason": "S293B",
    }
    body = {
        "invoice_id": invoice,
        "issue_date": "2026-11-20",
        "reason": "Goodwill",
        "currency": "EUR",
        "items": [line],
    }
    headers = {"Authorization": f"{simulator.login}:{simulator.secret}"}
    async with httpx2.AsyncClient(base_url=simulator.base_url, headers=headers) as qonto:
        made = await ok(qonto.post("/v2/credit_notes", json=body))
    return str(made.json()["credit_note"]["id"])


@pytest.mark.covers("QX-49")
async def test_a_full_credit_is_told_and_the_invoice_reads_as_voided(
    running: Sandbox, vendor: Vendor
) -> None:
    """A part of it changes nothing but the list of credit notes."""
    simulator = running.simulators["qonto"]
    key = await running.link("qonto")
    invoice = str(simulator.control.create_invoice(unit_price="100.00", quantity="1")["id"])
    async with running.client(key) as client:

        async def read(path: str) -> dict[str, Any]:
            return (await ok(client.get(f"/accounting/{path}"))).json()["data"]

        async def standing() -> tuple[str, str, str]:
            read_invoice = await read(f"invoices/{invoice}")
            proposal = await read(f"bookingProposals/{invoice}")
            return read_invoice["status"], read_invoice["paymentStatus"], proposal["status"]

        wish = {"callbackUrl": f"{vendor.address}/x", "resource": "INVOICE"}
        await ok(client.post("/webhooks", json=wish))
        part = await credit(simulator, invoice, "20.00")
        assert await standing() == ("OPEN", "PENDING", "OPEN")
        rest = await credit(simulator, invoice, "100.00")
        told: list[tuple[str, str]] = []
        while ("UPDATED", invoice) not in told:
            event = await vendor.next()
            told.append((event.body["eventType"], event.body["resourceId"]))
        assert await standing() == ("VOIDED", "CANCELED", "VOIDED")
        for note, gross in ((part, "-20.00"), (rest, "-100.00")):
            found = await read(f"creditNotes/{note}")
            assert found["reference"] == invoice
            assert Decimal(str(found["totalGrossAmount"])) == Decimal(gross)
