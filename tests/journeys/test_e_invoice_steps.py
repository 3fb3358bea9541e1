"""What happens to an invoice on the e-invoicing network, as the vendor reads it and is told."""

import asyncio

import pytest

from connector.app.sandbox import Sandbox, ok
from tests.support.vendor import Vendor

pytestmark = pytest.mark.loopback

CUSTOMER = {
    "contactType": "COMPANY",
    "companyName": "Café Lune",
    "taxNumber": "552100554",
    "eInvoicingAddress": "552100554",
    "currency": "EUR",
    "locale": "fr",
    "addresses": [
        {
            "addressLine1": "1 rue de la Paix",
            "city": "Paris",
            "postalCode": "75002",
            "countryCode": "FR",
        }
    ],
}
STEPS = (
    ("200", "SUBMITTED", None),
    ("201", "SUBMITTED", None),
    ("202", "SUBMITTED", None),
    ("210", "DECLINED", "DOUBLON"),
)


@pytest.mark.covers("QX-51")
async def test_each_step_is_told_and_read(running: Sandbox, vendor: Vendor) -> None:
    """Deposited, issued, received and refused: an event each, and what it was on the invoice."""
    control = running.simulators["qonto"].control
    control.set_quirks(pdf_delay=0, file_delay=0)
    async with running.client(await running.link("qonto")) as client:
        hook = {"callbackUrl": f"{vendor.address}/x", "resource": "INVOICE"}
        await ok(client.post("/webhooks", json=hook))
        body = {
            "customer": CUSTOMER,
            "asEInvoice": True,
            "paymentTermDuration": 30,
            "lineItems": [
                {"name": "Consulting", "quantity": 2, "unitAmount": 600, "taxRatePercentage": 20}
            ],
        }
        issued = (await ok(client.post("/accounting/invoices/issue", json=body))).json()["data"]
        path = f"/accounting/invoices/{issued['invoiceId']}"
        assert issued["eInvoicingStatus"] == "PENDING"
        for code, status, reason in STEPS:
            control.progress_einvoice(issued["invoiceId"], int(code), reason=reason or "")
            told: list[str] = []
            async with asyncio.timeout(20):
                while told[-1:] != [code]:
                    event = await vendor.next()
                    if event.body["resourceId"] != issued["invoiceId"]:
                        continue
                    invoice = (await ok(client.get(path))).json()["data"]
                    told = [one["code"] for one in invoice["eInvoicingEvents"]]
            assert invoice["eInvoicingStatus"] == status
            assert invoice["eInvoicingEvents"][-1]["reason"] == reason
        assert invoice["status"] == "OPEN"
