"""Lists are whole whatever size Qonto's pages have, and wherever equal records turn up."""

import random
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from connector.ports import Order, Page, Query, ResourceReader
from tests.connector.providers.qonto.bank import (
    Bank,
    client_invoice,
    provider,
    supplier_invoice,
    uuid,
)

AT = datetime(2026, 1, 1, tzinfo=UTC)
ACCOUNT = "acct_1"
LISTS = {
    "invoices": Query(limit=100),
    "ordered invoices": Query(limit=100, order=Order("invoiceNumber")),
    "booking proposals": Query(limit=100),
    "bills": Query(limit=50, order=Order("updatedDate")),
}


def _bank(count: int, *, alike: int = 0) -> Bank:
    """Invoices and bills made an hour apart, but the first `alike` of either at one moment."""
    bank = Bank()
    for number in range(count):
        made = AT + timedelta(hours=max(0, number - alike + 1))
        bank.client_invoices.append(client_invoice(number, made))
        bank.supplier_invoices.append(supplier_invoice(1_000 + number, made))
    return bank


def _reader(bank: Bank, name: str) -> ResourceReader[Any]:
    readers = provider(bank).readers
    reader = {
        "invoices": readers.invoices,
        "ordered invoices": readers.invoices,
        "booking proposals": readers.booking_proposals,
        "bills": readers.bills,
    }[name]
    assert reader is not None
    return reader


async def _walk(reader: ResourceReader[Any], query: Query) -> list[Page[Any]]:
    """Read page after page, as many as the first one says."""
    first = await reader.list(ACCOUNT, query)
    pages = [first]
    for number in range(2, (first.total_pages or 0) + 1):
        again = Query(page=number, limit=query.limit, order=query.order)
        pages.append(await reader.list(ACCOUNT, again))
    return pages


def _check_whole(pages: list[Page[Any]], count: int) -> None:
    ids = [item.id for page in pages for item in page.items]
    assert len(ids) == len(set(ids)) == count
    assert pages[0].total == count
    assert all(len(page.items) == page.per_page for page in pages[:-1])
    assert not any(page.warnings for page in pages)


@pytest.mark.parametrize("name", LISTS)
@pytest.mark.parametrize("most", [7, 50])
@pytest.mark.parametrize("says", [True, False])
async def test_smaller_pages_than_asked_for_lose_nothing(name: str, most: int, says: bool) -> None:
    """Whether `meta` tells how small they are, or only the number of records shows it."""
    bank = _bank(230)
    bank.most_per_page, bank.says_page_size = most, says
    count = 460 if name == "booking proposals" else 230
    _check_whole(await _walk(_reader(bank, name), LISTS[name]), count)


@pytest.mark.parametrize("name", LISTS)
@pytest.mark.parametrize("limit", [5, 10, 50, 100])
async def test_records_that_change_places_with_each_request_come_once(
    name: str, limit: int
) -> None:
    """30 of 160 were made at the same moment."""
    bank = _bank(160, alike=30)
    bank.shuffle = random.Random(limit)
    query = Query(limit=limit, order=LISTS[name].order)
    count = 320 if name == "booking proposals" else 160
    _check_whole(await _walk(_reader(bank, name), query), count)


@pytest.mark.parametrize("name", LISTS)
async def test_pages_put_together_from_smaller_ones_have_equal_records_once(name: str) -> None:
    """Each of the smaller ones has them in another order."""
    bank = _bank(160, alike=30)
    bank.most_per_page, bank.shuffle = 20, random.Random(1)
    count = 320 if name == "booking proposals" else 160
    _check_whole(await _walk(_reader(bank, name), LISTS[name]), count)


async def test_two_of_one_moment_on_both_sides_of_an_edge_come_once() -> None:
    """Neither page has two of it, so that only the memory of the first tells."""
    bank = _bank(10, alike=1)
    bank.client_invoices[5]["created_at"] = bank.client_invoices[4]["created_at"]
    for seed in range(8):
        bank.shuffle = random.Random(seed)
        _check_whole(await _walk(_reader(bank, "invoices"), Query(limit=5)), 10)


async def test_a_list_that_shows_less_than_it_counts_says_so() -> None:
    """Read again, it's the same; then nobody may take it for whole."""
    for name in LISTS:
        bank = _bank(30)
        bank.hides = {uuid(3), uuid(1_003)}
        page = await _reader(bank, name).list(ACCOUNT, LISTS[name])
        assert any("Qonto counts" in warning for warning in page.warnings), name


@pytest.mark.parametrize("most", [100, 7])
@pytest.mark.parametrize("alike", [0, 30, 160])
@pytest.mark.parametrize("resource", ["INVOICE", "BILL", "PAYMENT"])
async def test_polls_see_every_change(most: int, alike: int, resource: str) -> None:
    """With small pages, and when equal records change places."""
    bank = _bank(160, alike=alike)
    bank.most_per_page, bank.says_page_size = most, False
    bank.shuffle = random.Random(1)
    seen: set[str] = set()
    changes = provider(bank).changes
    assert changes is not None
    async for states in changes.read(ACCOUNT, resource, AT):
        seen |= {state.id for state in states}
    assert len(seen) == (320 if resource == "PAYMENT" else 160)
