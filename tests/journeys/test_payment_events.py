"""A transfer's life is told to the vendor: made, on its way, arrived."""

import pytest
from qonto_simulator.control.control import Control

from connector.app.sandbox import sandbox
from tests.journeys.conftest import QUICK
from tests.journeys.payer import SCOPES, payer
from tests.support.vendor import Vendor

pytestmark = pytest.mark.loopback


async def test_each_change_of_a_transfer_is_told_under_its_own_id(
    database_url: str, vendor: Vendor
) -> None:
    async with (
        sandbox(database=database_url, delivery=QUICK, scopes=SCOPES) as up,
        payer(up) as paying,
    ):
        control: Control = paying.control
        control.set_quirks(transfer_delay=6, instant_delay=6)
        wish = {"callbackUrl": f"{vendor.address}/payments", "resource": "PAYMENT"}
        made = await paying.client.post("/webhooks", json=wish)
        assert made.status_code == 201, made.text
        payee = paying.beneficiary(trusted=True)
        done = await paying.pay(payee, description="pay told")
        told: list[tuple[str, str]] = []
        seen: set[str] = set()
        while "SETTLED" not in seen:
            event = await vendor.next()
            if event.body["resourceId"] != done.data["id"]:
                continue
            told.append((event.body["resource"], event.body["eventType"]))
            now = await paying.ok("GET", f"payments/{done.data['id']}")
            seen.add(now["status"])
        assert {resource for resource, _ in told} == {"PAYMENT"}
        assert told[0] == ("PAYMENT", "CREATED")
        assert len(told) >= 2
