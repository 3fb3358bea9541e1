"""Resources that Maesn doesn't have for Qonto, and that are answered from what Qonto does have."""

from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any

import httpx2
import pytest

from tests.support.described import in_process


@pytest.fixture
async def vendor(tmp_path: Path) -> AsyncGenerator[httpx2.AsyncClient]:
    """A client with both keys, of an account with books."""
    async with in_process(tmp_path) as up:
        await up.register()
        async with up.client(await up.link()) as client:
            yield client


async def listed(vendor: httpx2.AsyncClient, path: str, **query: str) -> list[dict[str, Any]]:
    """Return the first hundred records of a list, which must be all."""
    answer = await vendor.get(path, params={"limit": "100", **query})
    assert answer.status_code == 200, answer.text
    body = answer.json()
    assert body["meta"]["pagination"]["totalPages"] <= 1
    return body["data"]


async def code(vendor: httpx2.AsyncClient, method: str, path: str) -> str:
    answer = await vendor.request(method, path)
    assert answer.status_code == 404
    return answer.json()["errors"]["code"]


@pytest.mark.covers("MAE-105")
async def test_bills_have_no_lines_and_none_can_be_written(vendor: httpx2.AsyncClient) -> None:
    """An empty list on the bill and at its own address, for every bill there is."""
    bills = await listed(vendor, "/accounting/bills")
    assert bills
    for bill in bills:
        assert bill["lineItems"] == []
        lines = await vendor.get(f"/accounting/bills/{bill['id']}/lineItems")
        assert (lines.status_code, lines.json()["data"]) == (200, [])
    path = f"/accounting/bills/{bills[0]['id']}/lineItems"
    assert await code(vendor, "POST", path) == "NOT_SUPPORTED"
    assert await code(vendor, "PUT", f"{path}/1") == "NOT_SUPPORTED"


@pytest.mark.covers("MAE-107")
async def test_contacts_are_the_customers(vendor: httpx2.AsyncClient) -> None:
    """In both versions, one for one; written as customers are."""
    customers = [one["id"] for one in await listed(vendor, "/accounting/customers")]
    assert customers
    for path in ("/accounting/contacts", "/accounting/v2/contacts"):
        assert [one["id"] for one in await listed(vendor, path)] == customers
        one = await vendor.get(f"{path}/{customers[0]}")
        assert one.json()["data"]["id"] == customers[0]
        body = {"contactType": "COMPANY", "companyName": path}
        made = await vendor.post(path, json=body)
        assert made.status_code == 201
        customers = [made.json()["data"]["id"], *customers]
        changed = await vendor.patch(f"{path}/{customers[0]}", json={"locale": "en"})
        assert changed.status_code == 200


@pytest.mark.covers("MAE-137")
async def test_vendor_credits_are_the_credit_notes_of_suppliers(
    vendor: httpx2.AsyncClient,
) -> None:
    """They aren't bills, and are the booking proposals of type BILL_CREDIT_NOTE."""
    credits = {one["id"] for one in await listed(vendor, "/accounting/vendorCredits")}
    bills = {one["id"] for one in await listed(vendor, "/accounting/bills")}
    path = "/accounting/bookingProposals"
    proposed = await listed(vendor, path, bookingType="BILL_CREDIT_NOTE")
    assert credits
    assert credits & bills == set()
    assert {one["id"] for one in proposed} == credits
