"""The index behind filters and orders that Qonto lacks: what it costs, and what may happen."""

import asyncio
from collections import Counter
from datetime import UTC, datetime, timedelta

import httpx2
import pytest

from connector.errors import DownstreamUnavailable, FilterTooBroad
from connector.ports import Order, Page, Query, ResourceReader
from connector.unified.invoice import Invoice
from tests.connector.providers.qonto.bank import Bank, client_invoice, credit_note, provider, uuid

AT = datetime(2026, 1, 1, tzinfo=UTC)
BY_NUMBER = Order("invoiceNumber")
ACCOUNT = "acct_1"


def _bank(count: int) -> Bank:
    """Invoices made an hour apart; their numbers run against time."""
    bank = Bank()
    for number in range(count):
        made = client_invoice(number, AT + timedelta(hours=number))
        bank.client_invoices.append({**made, "number": f"F-{99999 - number}"})
    return bank


def _invoices(bank: Bank) -> ResourceReader[Invoice]:
    reader = provider(bank).readers.invoices
    assert reader is not None
    return reader


def _numbers(page: Page[Invoice]) -> list[str | None]:
    return [invoice.invoice_number for invoice in page.items]


async def test_the_whole_list_is_read_once_for_all_pages_of_an_answer() -> None:
    """Then each page costs one call for each page of Qonto's that its records are on."""
    bank = _bank(250)
    reader = _invoices(bank)
    first = await reader.list(ACCOUNT, Query(limit=50, order=BY_NUMBER))
    assert len(bank.requests) == 3 + 1
    second = await reader.list(ACCOUNT, Query(page=2, limit=50, order=BY_NUMBER))
    assert len(bank.requests) == 3 + 2
    assert _numbers(first) + _numbers(second) == [
        f"F-{99999 - number}" for number in range(249, 149, -1)
    ]


async def test_a_record_alone_on_its_page_is_asked_for_by_its_id() -> None:
    """A whole page for the sake of one record would be a hundred times the bytes."""
    bank = _bank(101)
    page = await _invoices(bank).list(ACCOUNT, Query(limit=5, order=BY_NUMBER))
    assert len(page.items) == 5
    assert sorted(bank.asked[2:]) == ["/v2/client_invoices", f"/v2/client_invoices/{uuid(100)}"]


async def test_readers_at_the_same_time_share_one_index() -> None:
    """Whoever gives up doesn't end it for the others."""
    bank = _bank(250)
    reader = _invoices(bank)
    query = Query(limit=5, order=BY_NUMBER)
    waiting = [asyncio.create_task(reader.list(ACCOUNT, query)) for _ in range(10)]
    await asyncio.sleep(0)
    waiting[0].cancel()
    pages = await asyncio.gather(*waiting, return_exceptions=True)
    assert isinstance(pages[0], asyncio.CancelledError)
    assert len({tuple(_numbers(page)) for page in pages[1:] if isinstance(page, Page)}) == 1
    scans = Counter(request.url.params.get("page") for request in bank.requests)
    assert scans["1"] + scans["2"] + scans["3"] <= 3 + 9


async def test_another_account_has_an_index_of_its_own() -> None:
    """What one account sees is never shown to another."""
    bank = _bank(3)
    reader = _invoices(bank)
    await reader.list(ACCOUNT, Query(order=BY_NUMBER))
    bank.client_invoices = []
    other = await reader.list("acct_2", Query(order=BY_NUMBER))
    assert (other.items, other.total) == ((), 0)


async def test_a_deletion_while_the_list_is_read_loses_no_other_record() -> None:
    """What moved to a page that had been read already is found by reading again."""
    bank = _bank(550)

    def delete(request: httpx2.Request) -> None:
        if request.url.params.get("page") == "6" and len(bank.client_invoices) == 550:
            del bank.client_invoices[50]

    bank.answers.append(delete)
    page = await _invoices(bank).list(ACCOUNT, Query(limit=100, order=BY_NUMBER))
    assert page.total == 549


async def test_a_record_that_does_not_fit_any_more_makes_room_for_the_next() -> None:
    """It changed between the index and the page, which is full or the last one."""
    bank = _bank(0)
    due = (datetime(2026, 11, 25, tzinfo=UTC)).date().isoformat()
    bank.client_invoices = [
        client_invoice(number, AT, status="unpaid", due_date=due) for number in range(6)
    ]
    reader = _invoices(bank)
    first = await reader.list(ACCOUNT, Query(limit=5, status="OPEN"))
    assert (len(first.items), first.total, first.warnings) == (5, 6, ())
    bank.client_invoices[0]["status"] = "paid"
    del bank.client_invoices[1]
    again = await reader.list(ACCOUNT, Query(limit=5, status="OPEN"))
    assert all(invoice.status == "OPEN" for invoice in again.items)
    assert (len(again.items), again.total, again.total_pages) == (4, 4, 1)
    assert again.warnings == ()


async def test_what_qonto_chose_by_is_asked_again_before_it_is_shown() -> None:
    """No invoice that was paid a moment ago is among the paid ones once it isn't."""
    bank = _bank(6)
    reader = _invoices(bank)
    query = Query(limit=5, status="PAID", order=BY_NUMBER)
    assert len((await reader.list(ACCOUNT, query)).items) == 5
    bank.client_invoices[-1]["status"] = "canceled"
    again = await reader.list(ACCOUNT, query)
    assert [invoice.status for invoice in again.items] == ["PAID"] * 5
    assert (again.total, again.total_pages) == (5, 1)


async def test_a_record_that_can_not_be_read_is_named() -> None:
    """It may have belonged to the answer."""
    bank = _bank(2)
    bank.client_invoices[0]["is_spoiled"] = True
    page = await _invoices(bank).list(ACCOUNT, Query(order=BY_NUMBER))
    assert page.total == 1
    assert "left out" in page.warnings[0]
    many = _bank(30)
    for document in many.client_invoices[:25]:
        document["is_spoiled"] = True
    page = await _invoices(many).list(ACCOUNT, Query(order=BY_NUMBER))
    assert page.total == 5
    assert len(page.warnings) == 21
    assert "5 more" in page.warnings[-1]


async def test_a_record_that_can_not_be_read_any_more_is_named_and_fails_no_page() -> None:
    """It's alone on its page, so it's asked for by its id."""
    bank = _bank(1)
    reader = _invoices(bank)
    assert (await reader.list(ACCOUNT, Query(order=BY_NUMBER))).warnings == ()
    bank.client_invoices[0]["is_spoiled"] = True
    page = await reader.list(ACCOUNT, Query(order=BY_NUMBER))
    assert page.items == ()
    assert uuid(0) in page.warnings[0]


async def test_without_totals_the_list_is_read_to_its_end() -> None:
    """And more than can be read is still refused."""
    bank = _bank(230)
    bank.sends_totals = bank.sends_next_page = False
    page = await _invoices(bank).list(ACCOUNT, Query(limit=100, order=BY_NUMBER))
    assert page.total == 230
    many = Bank()
    many.sends_totals = many.sends_next_page = False
    many.client_invoices = [client_invoice(number, AT) for number in range(10_101)]
    with pytest.raises(FilterTooBroad):
        await _invoices(many).list(ACCOUNT, Query(order=BY_NUMBER))


async def test_a_failed_reading_is_not_kept() -> None:
    """The next question tries again."""
    bank = _bank(3)
    failures = [httpx2.Response(503)]
    bank.answers.append(lambda _: failures.pop() if failures else None)
    reader = _invoices(bank)
    with pytest.raises(DownstreamUnavailable):
        await reader.list(ACCOUNT, Query(order=BY_NUMBER))
    page = await reader.list(ACCOUNT, Query(order=BY_NUMBER))
    assert page.total == 3


def _since_questions(bank: Bank) -> int:
    return sum("filter[updated_at_from]" in request.url.params for request in bank.requests)


async def test_a_payment_is_in_the_list_as_soon_as_its_invoice_is_paid() -> None:
    """Whoever was told of it, and whichever process that was."""
    bank = _bank(5)
    bank.client_invoices[3]["status"] = "unpaid"
    reader = provider(bank).readers.payments
    assert reader is not None
    before = await reader.list(ACCOUNT, Query(limit=5))
    assert before.total == 4
    bank.now += timedelta(seconds=5)
    bank.client_invoices[3] |= {"status": "paid", "updated_at": bank.now.isoformat()}
    bank.now += timedelta(milliseconds=50)
    after = await reader.list(ACCOUNT, Query(limit=5))
    assert (after.total, after.warnings) == (5, ())
    assert uuid(3) in {payment.id for payment in after.items}


async def test_a_list_that_did_not_change_is_not_read_again() -> None:
    """One small question to each of Qonto's lists says so."""
    bank = _bank(250)
    reader = _invoices(bank)
    query = Query(limit=50, order=BY_NUMBER)
    first = await reader.list(ACCOUNT, query)
    bank.now += timedelta(seconds=5)
    bank.requests.clear()
    again = await reader.list(ACCOUNT, query)
    assert (again.items, again.total) == (first.items, first.total)
    assert (len(bank.requests), _since_questions(bank)) == (1 + 1, 1)


async def test_a_walk_goes_on_by_the_index_of_its_first_page() -> None:
    """A new record in front would push one over an edge, to a page that was read already."""
    bank = _bank(10)
    reader = _invoices(bank)
    query = Query(limit=5, order=BY_NUMBER)
    first = await reader.list(ACCOUNT, query)
    bank.now += timedelta(seconds=5)
    bank.client_invoices.append({**client_invoice(99, bank.now), "number": "F-99999999"})
    second = await reader.list(ACCOUNT, Query(page=2, limit=5, order=BY_NUMBER))
    assert len({invoice.id for invoice in (*first.items, *second.items)}) == 10
    anew = await reader.list(ACCOUNT, query)
    assert anew.total == 11


async def test_lists_that_can_not_be_asked_for_changes_are_read_anew() -> None:
    """Credit notes: neither a filter nor an order is documented."""
    bank = _bank(0)
    reader = provider(bank).readers.credit_notes
    assert reader is not None
    since = Query(modified_since=AT)
    assert (await reader.list(ACCOUNT, since)).total == 0
    bank.now += timedelta(seconds=1)
    bank.credit_notes = [credit_note(1, AT + timedelta(days=1))]
    assert (await reader.list(ACCOUNT, since)).total == 1


async def test_a_change_while_the_index_is_read_is_not_lost() -> None:
    """Who joins a reading that began before the change asks for it all the same."""
    bank = _bank(150)
    reader = _invoices(bank)
    query = Query(limit=5, order=BY_NUMBER)

    changed = asyncio.Event()

    def change(request: httpx2.Request) -> None:
        if request.url.params.get("page") == "2" and len(bank.client_invoices) == 150:
            bank.now += timedelta(seconds=1)
            bank.client_invoices.insert(0, client_invoice(999, bank.now))
            changed.set()

    bank.answers.append(change)
    first = asyncio.create_task(reader.list(ACCOUNT, query))
    await asyncio.wait_for(changed.wait(), 60)
    assert (await reader.list(ACCOUNT, query)).total == 151
    await first


async def test_a_record_that_shows_no_id_is_not_asked_for() -> None:
    """It keeps its place in a list that is read whole, and there is nothing to ask by."""
    bank = _bank(0)
    bank.credit_notes = [credit_note(number, AT) for number in range(3)]
    bank.credit_notes[1]["is_spoiled"] = True
    reader = provider(bank).readers.credit_notes
    assert reader is not None
    page = await reader.list(ACCOUNT, Query(order=Order("createdDate")))
    assert (page.total, len(page.items), len(page.warnings)) == (3, 2, 1)
    assert set(bank.asked) == {"/v2/credit_notes"}
