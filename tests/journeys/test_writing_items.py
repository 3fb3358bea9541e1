"""Items are made and deleted through the shipped app, and never twice."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio

from connector.app.sandbox import Sandbox
from tests.journeys.bookkeeper import Bookkeeper, bookkeeper

pytestmark = [pytest.mark.loopback, pytest.mark.asyncio(loop_scope="module")]

UNKNOWN = "01890000-0000-7000-8000-000000000000"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def account(lasting: Sandbox) -> AsyncIterator[Bookkeeper]:
    async with bookkeeper(lasting) as one:
        yield one


def item(**changes: object) -> dict[str, Any]:
    """An item that is all right but for the changes."""
    return {
        "name": "Consulting",
        "type": "SERVICE",
        "unitSalesPrice": 600,
        "taxRatePercentage": 20,
        "unitName": "DAY",
        **changes,
    }


@pytest.mark.covers("MAE-118")
async def test_an_item_is_made_read_and_deleted(account: Bookkeeper) -> None:
    made = await account.call("POST", "items", item(itemNumber="A-1"))
    assert made.status == 201 and "itemNumber was not used" in made.warnings[0]
    assert (made.data["name"], made.data["unitName"], made.data["type"]) == (
        "Consulting",
        "DAY",
        "SERVICE",
    )
    assert (made.data["unitSalesPrice"], made.data["taxRatePercentage"]) == (600, 20)
    path = f"items/{made.data['id']}"
    assert await account.ok("GET", path) == [made.data]
    assert account.books.products.get(made.data["id"]) is not None
    assert await account.ok("DELETE", path) == {"id": made.data["id"]}
    assert (await account.call("GET", path)).status == 404
    assert (await account.call("DELETE", path)).status == 404


async def test_an_item_cannot_be_changed_and_it_is_said_why(account: Bookkeeper) -> None:
    refused = await account.call("PATCH", f"items/{UNKNOWN}", {"name": "Else"})
    assert (refused.status, refused.errors["code"]) == (404, "NOT_SUPPORTED")
    assert "delete the item and make another" in refused.errors["message"]


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"name": None}, {"name": "REQUIRED"}),
        ({"name": "é" * 121}, {"name": "TOO_LONG"}),
        ({"type": None}, {"type": "REQUIRED"}),
        ({"unitSalesPrice": None}, {"unitSalesPrice": "REQUIRED"}),
        ({"taxRatePercentage": None}, {"taxRatePercentage": "REQUIRED"}),
        ({"taxRatePercentage": 0}, {"taxExemptionReason": "REQUIRED"}),
        ({"taxRatePercentage": 0, "taxExemptionReason": "S293B"}, {}),
        ({"unitSalesPrice": 720, "priceIncludesTax": True}, {}),
        ({"name": None, "type": None}, {"name": "REQUIRED", "type": "REQUIRED"}),
    ],
)
async def test_each_rule_refuses_and_accepts_without_writing(
    account: Bookkeeper, changes: dict[str, object], expected: dict[str, str]
) -> None:
    before = len(account.books.products)
    told = await account.call("POST", "items", item(**changes), dryRun=True)
    assert told.codes == expected if expected else told.data["isValid"]
    assert len(account.books.products) == before


async def test_a_unit_without_counterpart_is_told(account: Bookkeeper) -> None:
    told = await account.call("POST", "items", item(unitName="TONNE"), dryRun=True)
    assert told.warnings == ("unitName was not used: Qonto's products have nothing of the kind.",)


@pytest.mark.parametrize("fault", ["lost_response", "malformed"])
async def test_a_lost_creation_is_found_by_its_content(account: Bookkeeper, fault: Any) -> None:
    """The list has no documented order, so all of it is looked at."""
    await account.ok("POST", "items", item(name=f"Other {fault}"))
    account.control.fault("/v2/products", fault, method="POST")
    wanted = item(name=f"Lost {fault}", description="once")
    made = await account.ok("POST", "items", wanted, key=f"item {fault}".replace(" ", "-"))
    again = await account.call("POST", "items", wanted, key=f"item {fault}".replace(" ", "-"))
    assert again.headers["Idempotent-Replayed"] == "true" and again.data == made
    assert [one.id for one in account.books.products if one.title == f"Lost {fault}"] == [
        made["id"]
    ]


async def test_a_lost_deletion_is_done_once(account: Bookkeeper) -> None:
    for fault in ("lost_response", "drop"):
        made = await account.ok("POST", "items", item())
        account.control.fault("/v2/products/*", fault, method="DELETE")
        assert await account.ok("DELETE", f"items/{made['id']}") == {"id": made["id"]}
        assert account.books.products.get(made["id"]) is None
