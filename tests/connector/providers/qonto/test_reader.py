"""Lists and single documents, read through the ports."""

import asyncio
import json
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import httpx2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector.errors import (
    DocumentNotFound,
    DownstreamError,
    DownstreamRefused,
    MissingScope,
)
from connector.ports import Order, Page, Query
from storage.errors import NotFound
from tests.connector.providers.qonto.bank import (
    NOW,
    Answer,
    Bank,
    client_invoice,
    credit_note,
    provider,
    supplier_invoice,
    uuid,
)

ACCOUNT = "acct_1"
START = datetime(2026, 1, 1, tzinfo=UTC)


def _day(number: int) -> datetime:
    return START + timedelta(days=number)


def _bank(invoices: int = 0, bills: int = 0, notes: int = 0) -> Bank:
    bank = Bank()
    bank.client_invoices = [client_invoice(1000 + n, _day(n)) for n in range(invoices)]
    bank.supplier_invoices = [supplier_invoice(2000 + n, _day(n)) for n in range(bills)]
    bank.credit_notes = [credit_note(3000 + n, _day(n)) for n in range(notes)]
    return bank


def _refuse_page(number: str) -> Answer:
    def refuse(request: httpx2.Request) -> httpx2.Response | None:
        if request.url.params.get("page") == number:
            return httpx2.Response(422, json={"errors": [{"code": "invalid"}]})
        return None

    return refuse


async def test_invoices_are_paged_by_qonto_newest_first() -> None:
    """One call a page, with the totals of the whole list."""
    bank = _bank(invoices=7)
    page = await provider(bank).readers.invoices.list(ACCOUNT, Query(page=2, limit=5))
    assert [invoice.id for invoice in page.items] == [uuid(1001), uuid(1000)]
    assert (page.total, page.page, page.per_page, page.total_pages) == (7, 2, 5, 2)
    assert page.raw is None
    (request,) = bank.requests
    assert request.headers["Authorization"] == "Bearer acct_1"


@pytest.mark.covers("QX-43")
async def test_the_page_is_asked_for_by_the_name_qonto_reads() -> None:
    """`page` and `per_page`; Qonto ignores `current_page`."""
    bank = _bank(invoices=7)
    await provider(bank).readers.invoices.list(ACCOUNT, Query(page=2, limit=5))
    params = bank.requests[0].url.params
    assert (params["page"], params["per_page"]) == ("2", "5")
    assert "current_page" not in params


async def test_imported_invoices_are_there_too() -> None:
    """Qonto hides them unless told not to."""
    bank = _bank()
    bank.client_invoices = [client_invoice(1, _day(1), imported=True)]
    page = await provider(bank).readers.invoices.list(ACCOUNT, Query())
    assert page.total == 1


@pytest.mark.parametrize("refuses", [True, False])
@pytest.mark.parametrize("count", [0, 3])
async def test_a_page_past_the_end_is_empty_with_the_right_totals(
    refuses: bool, count: int
) -> None:
    """Whether Qonto answers it with 422 or with an empty list."""
    bank = _bank(invoices=count, bills=count, notes=count)
    bank.refuses_past_the_end = refuses
    reader = provider(bank).readers
    query = Query(page=9, limit=5, raw=True)
    for page, total in (
        (await reader.invoices.list(ACCOUNT, query), count),
        (await reader.bills.list(ACCOUNT, query), count),
        (await reader.booking_proposals.list(ACCOUNT, query), 3 * count),
    ):
        assert page.items == ()
        assert (page.total, page.total_pages) == (total, -(-total // 5))
        assert isinstance(json.loads(page.raw or b""), dict)


async def test_a_refusal_that_is_not_about_the_page_stays_one() -> None:
    """422 on the first page, which isn't asked for again, or on a page that exists."""
    for refused, calls in (("1", 1), ("2", 2)):
        bank = _bank(invoices=20)
        bank.answers.append(_refuse_page(refused))
        query = Query(page=int(refused), limit=5)
        with pytest.raises(DownstreamRefused) as caught:
            await provider(bank).readers.invoices.list(ACCOUNT, query)
        assert caught.value.status == 422
        assert len(bank.requests) == calls


async def test_raw_data_is_the_page_byte_for_byte() -> None:
    """Digits, order of keys and white space included."""
    body = b'{ "meta":{"total_count":1},\n "client_invoices":[{"b":1.50,"id":"x","a":"\\u00e9"}] }'
    bank = Bank()
    bank.answers.append(lambda _: httpx2.Response(200, content=body))
    page = await provider(bank).readers.invoices.list(ACCOUNT, Query(raw=True))
    assert page.raw == body


async def test_a_record_with_an_odd_field_stays_with_a_warning() -> None:
    """In every list, and alone."""
    bank = _bank(invoices=2, bills=2)
    bank.client_invoices[0]["status"] = [7]
    bank.supplier_invoices[0]["total_amount"] = [1]
    reader = provider(bank).readers
    for order in (None, Order("invoiceNumber")):
        invoices = await reader.invoices.list(ACCOUNT, Query(order=order))
        assert {invoice.id for invoice in invoices.items} == {uuid(1001), uuid(1000)}
        assert f"{uuid(1000)}: status doesn't fit" in invoices.warnings[0]
    bills = await reader.bills.list(ACCOUNT, Query())
    assert [bill.id for bill in bills.items] == [uuid(2001), uuid(2000)]
    assert f"{uuid(2000)}: total_amount doesn't fit" in bills.warnings[0]
    proposals = await reader.booking_proposals.list(ACCOUNT, Query())
    assert len(proposals.items) == 4
    found = await reader.invoices.get(ACCOUNT, uuid(1000))
    assert "status doesn't fit" in found.warnings[0]


async def test_a_record_that_is_none_becomes_a_warning() -> None:
    """The rest of the page is there."""
    bank = _bank(invoices=2, bills=2)
    bank.client_invoices[0]["is_spoiled"] = True
    bank.supplier_invoices[0]["is_spoiled"] = True
    reader = provider(bank).readers
    invoices = await reader.invoices.list(ACCOUNT, Query())
    assert [invoice.id for invoice in invoices.items] == [uuid(1001)]
    assert "invoice without id: left out" in invoices.warnings[0]
    bills = await reader.bills.list(ACCOUNT, Query())
    assert [bill.id for bill in bills.items] == [uuid(2001)]
    proposals = await reader.booking_proposals.list(ACCOUNT, Query(raw=True))
    assert len(proposals.items) == 2
    assert proposals.total == 4
    assert len(proposals.warnings) == 2
    assert len(json.loads(proposals.raw or b"")["client_invoices"]) == 2


async def test_what_was_modified_since_is_asked_of_qonto() -> None:
    """Inclusive, in UTC, for invoices and bills."""
    bank = _bank(invoices=5, bills=5)
    since = _day(3).astimezone(timezone(timedelta(hours=2)))
    reader = provider(bank).readers
    invoices = await reader.invoices.list(ACCOUNT, Query(modified_since=since))
    assert [invoice.id for invoice in invoices.items] == [uuid(1004), uuid(1003)]
    assert invoices.total == 2
    bills = await reader.bills.list(ACCOUNT, Query(modified_since=since))
    assert bills.total == 2
    asked = bank.requests[0].url.params["filter[updated_at_from]"]
    assert asked == "2026-01-04T00:00:00.000Z"


async def test_credit_notes_are_compared_here_by_the_latest_moment_they_tell() -> None:
    """Inclusive as well; most have no moment of modification, so their creation counts."""
    bank = Bank()
    bank.credit_notes = [
        credit_note(1, _day(1)),
        credit_note(2, _day(3)),
        credit_note(3, _day(1), updated_at=_day(3).isoformat()),
        credit_note(4, _day(1), finalized_at=_day(4).isoformat()),
    ]
    reader = provider(bank).readers
    page = await reader.booking_proposals.list(ACCOUNT, Query(modified_since=_day(3)))
    assert {item.id for item in page.items} == {uuid(2), uuid(3), uuid(4)}
    assert page.total == 3


async def test_suppliers_credit_notes_are_no_bills() -> None:
    """Neither in the list, nor in its totals, nor by id; even if Qonto sends one."""
    bank = _bank(bills=3)
    note = supplier_invoice(2500, _day(9), is_credit_note=True)
    bank.supplier_invoices.append(note)
    reader = provider(bank).readers
    page = await reader.bills.list(ACCOUNT, Query())
    assert (len(page.items), page.total, page.warnings) == (3, 3, ())
    with pytest.raises(DocumentNotFound):
        await reader.bills.get(ACCOUNT, uuid(2500))
    sent = {"supplier_invoices": [note], "meta": {"total_count": 1}}
    bank.answers.append(lambda _: httpx2.Response(200, json=sent))
    page = await reader.bills.list(ACCOUNT, Query())
    assert page.items == ()
    assert "credit note" in page.warnings[0]


async def test_single_documents_come_with_their_own_bytes() -> None:
    """Through each of the three resources."""
    bank = _bank(invoices=1, bills=1, notes=1)
    reader = provider(bank).readers
    invoice = await reader.invoices.get(ACCOUNT, uuid(1000))
    assert (invoice.item.invoice_number, json.loads(invoice.raw)["number"]) == ("F-1000", "F-1000")
    bill = await reader.bills.get(ACCOUNT, uuid(2000))
    assert bill.item.bill_number == "S-2000"
    kinds = [
        (await reader.booking_proposals.get(ACCOUNT, uuid(number))).item.booking_type
        for number in (1000, 2000, 3000)
    ]
    assert kinds == ["INVOICE", "BILL", "INVOICE_CREDIT_NOTE"]


@pytest.mark.parametrize(
    "unknown", ["", "x", "../organization", "42", "{019d07ca-0000-7000-8000-000000000001}"]
)
async def test_what_is_no_uuid_is_unknown_without_asking(unknown: str) -> None:
    """Nothing a caller writes as an id gets into a path at Qonto."""
    bank = _bank()
    reader = provider(bank).readers
    for get in (reader.invoices.get, reader.bills.get, reader.booking_proposals.get):
        with pytest.raises(NotFound):
            await get(ACCOUNT, unknown)
    assert bank.requests == []


async def test_an_unknown_id_is_not_found_and_says_what_qonto_said() -> None:
    """With the trace id, for support."""
    bank = _bank()
    reader = provider(bank).readers
    for get in (reader.invoices.get, reader.bills.get, reader.booking_proposals.get):
        with pytest.raises(DocumentNotFound) as caught:
            await get(ACCOUNT, uuid(1))
        assert caught.value.trace_id == "trace-1"
        assert caught.value.downstream[0].status == 404


async def test_a_missing_scope_is_named_and_does_not_hide_what_may_be_read() -> None:
    """A proposal of a readable kind is found; an unknown id can't be told from a hidden one."""
    bank = _bank(invoices=1, notes=1)
    bank.forbidden.add("supplier_invoices")
    reader = provider(bank).readers
    with pytest.raises(MissingScope, match=r"supplier_invoice\.read") as caught:
        await reader.bills.list(ACCOUNT, Query())
    assert caught.value.scope == "supplier_invoice.read"
    assert (await reader.booking_proposals.get(ACCOUNT, uuid(3000))).item.number == "A-3000"
    with pytest.raises(MissingScope):
        await reader.booking_proposals.get(ACCOUNT, uuid(1))
    with pytest.raises(MissingScope):
        await reader.booking_proposals.list(ACCOUNT, Query())
    only = await reader.booking_proposals.list(ACCOUNT, Query(booking_type="INVOICE"))
    assert only.total == 1


async def test_a_payment_is_found_with_the_scope_of_its_document_alone() -> None:
    """Under its id and by its document; where another kind may have it, the scope is named."""
    bank = _bank(invoices=1, bills=1)
    bank.forbidden = {"client_invoices"}
    reader = provider(bank).readers.payments
    assert reader is not None
    assert (await reader.get(ACCOUNT, uuid(2000))).item.document_type == "BILL"
    page = await reader.list(ACCOUNT, Query(where=(("invoiceId", uuid(2000)),)))
    assert [item.id for item in page.items] == [uuid(2000)]
    with pytest.raises(MissingScope):
        await reader.get(ACCOUNT, uuid(1000))


@pytest.mark.parametrize("body", [b"not json", b"[]", b'{"other":[]}', b""])
async def test_an_answer_that_is_no_list_is_the_target_systems_fault(body: bytes) -> None:
    """An error of its own, without a word of the body."""
    bank = Bank()
    bank.answers.append(lambda _: httpx2.Response(200, content=body))
    with pytest.raises(DownstreamError):
        await provider(bank).readers.invoices.list(ACCOUNT, Query())


@pytest.mark.parametrize("body", [b"not json", b"{}", b'{"client_invoice":null}', b'{"x":{}}'])
async def test_an_answer_without_the_record_is_no_empty_record(body: bytes) -> None:
    """It's an error of the target system's, with its name for the request."""
    bank = Bank()
    trace = {"X-Tyk-Trace-Id": "trace-7"}
    bank.answers.append(lambda _: httpx2.Response(200, content=body, headers=trace))
    with pytest.raises(DownstreamError) as caught:
        await provider(bank).readers.invoices.get(ACCOUNT, uuid(1))
    assert caught.value.trace_id == "trace-7"


async def test_what_was_paid_before_an_invoice_was_canceled_is_listed_too() -> None:
    """As it is found by its id and by its document."""
    bank = Bank()
    paid = {"value": "10.00", "currency": "EUR"}
    for number, state in enumerate(("paid", "unpaid", "canceled", "draft")):
        some = paid if state != "draft" else {"value": "0.00", "currency": "EUR"}
        made = client_invoice(100 + number, _day(number), status=state, amount_paid=some)
        bank.client_invoices.append(made)
    bank.client_invoices.append(client_invoice(200, _day(9), status="canceled"))
    reader = provider(bank).readers.payments
    assert reader is not None
    page = await reader.list(ACCOUNT, Query())
    assert [item.id for item in page.items] == [uuid(102), uuid(101), uuid(100)]
    for item in page.items:
        found = await reader.list(ACCOUNT, Query(where=(("invoiceId", str(item.id)),)))
        assert found.items == (item,)


@pytest.mark.parametrize("order", [None, Order("createdDate"), Order("number")])
@pytest.mark.parametrize("kind", ["invoices", "booking_proposals"])
async def test_a_list_that_is_searched_no_further_has_not_ended(
    kind: str, order: Order | None
) -> None:
    """However it's read: what can't be read must not look as if it weren't there."""
    bank = _bank(invoices=350)

    def limited(request: httpx2.Request) -> httpx2.Response | None:
        if request.url.path == "/v2/client_invoices" and int(request.url.params["page"]) > 2:
            return httpx2.Response(422, json={"errors": [{"code": "search_limit_reached"}]})
        return None

    bank.answers.append(limited)
    reader = getattr(provider(bank).readers, kind)
    if kind == "invoices" and order is not None:
        order = Order("invoiceNumber")
    with pytest.raises(DownstreamRefused):
        await reader.list(ACCOUNT, Query(page=3, limit=100, order=order))


async def test_a_list_that_is_not_paged_ends() -> None:
    """It answers its first page whatever is asked for, and says that there is a second."""
    bank = _bank(bills=2)
    meta = {"current_page": 1, "next_page": 2}
    first = {"client_invoices": [client_invoice(n, _day(n)) for n in range(100)], "meta": meta}

    def always(request: httpx2.Request) -> httpx2.Response | None:
        is_list = request.url.path == "/v2/client_invoices"
        return httpx2.Response(200, json=first) if is_list else None

    bank.answers.append(always)
    async with asyncio.timeout(30):
        page = await provider(bank).readers.booking_proposals.list(
            ACCOUNT, Query(page=2, limit=100)
        )
    assert {item.id for item in page.items} <= {uuid(n) for n in (*range(100), 2000, 2001)}
    assert bank.asked.count("/v2/client_invoices") == 2


async def test_without_totals_there_are_none() -> None:
    """They aren't invented from a single page."""
    bank = _bank(invoices=12, bills=3)
    bank.sends_totals = False
    reader = provider(bank).readers
    page = await reader.invoices.list(ACCOUNT, Query(limit=5))
    assert (page.total, page.total_pages) == (None, None)
    proposals = await reader.booking_proposals.list(ACCOUNT, Query(limit=20))
    assert (len(proposals.items), proposals.total) == (15, None)


async def test_overdue_follows_the_zone_that_is_asked_for() -> None:
    """Noon in UTC on the 20th is the 21st on Kiritimati."""
    bank = Bank()
    bank.client_invoices = [
        client_invoice(1, _day(1), status="unpaid", due_date=NOW.date().isoformat())
    ]
    reader = provider(bank).readers
    east = timezone(timedelta(hours=14))
    assert (await reader.invoices.get(ACCOUNT, uuid(1))).item.status == "OPEN"
    assert (await reader.invoices.get(ACCOUNT, uuid(1), zone=east)).item.status == "OVERDUE"
    page = await reader.invoices.list(ACCOUNT, Query(zone=east))
    assert page.items[0].status == "OVERDUE"


async def test_a_first_page_of_proposals_asks_each_list_once() -> None:
    """However long the lists are."""
    bank = _bank(invoices=400, bills=400, notes=30)
    page = await provider(bank).readers.booking_proposals.list(ACCOUNT, Query(limit=50))
    assert page.total == 830
    assert sorted(bank.asked) == [
        "/v2/client_invoices",
        "/v2/credit_notes",
        "/v2/supplier_invoices",
    ]


async def test_raw_data_of_proposals_is_what_is_on_the_page() -> None:
    """The documents under the names of Qonto's lists."""
    bank = _bank(invoices=2, bills=2, notes=1)
    page = await provider(bank).readers.booking_proposals.list(ACCOUNT, Query(limit=5, raw=True))
    raw = json.loads(page.raw or b"")
    assert raw == {
        "client_invoices": bank.client_invoices[::-1],
        "credit_notes": bank.credit_notes,
        "supplier_invoices": bank.supplier_invoices[::-1],
    }


async def test_a_type_qonto_has_no_documents_for_has_no_pages() -> None:
    """And costs no call."""
    bank = _bank(invoices=2)
    page = await provider(bank).readers.booking_proposals.list(
        ACCOUNT, Query(booking_type="EXPENSE")
    )
    assert (page.items, page.total, page.total_pages) == ((), 0, 0)
    assert bank.requests == []


@pytest.mark.covers("QX-44")
async def test_a_list_that_gets_shorter_while_it_is_read_just_ends() -> None:
    """Its next page is refused, and what was there is answered."""
    bank = _bank(invoices=101)
    bank.answers.append(_refuse_page("2"))
    reader = provider(bank).readers
    last = await reader.booking_proposals.list(ACCOUNT, Query(page=2, limit=100))
    assert last.items == ()


created = st.integers(0, 6).map(_day)  # few days, so that many are made at the same instant
kinds = st.sampled_from(["client_invoices", "credit_notes", "supplier_invoices", "supplier_notes"])


def _filled(made: list[tuple[str, datetime, datetime]]) -> Bank:
    bank = Bank()
    for number, (kind, moment, changed) in enumerate(made):
        updated = max(moment, changed).isoformat()
        match kind:
            case "client_invoices":
                bank.client_invoices.append(client_invoice(number, moment, updated_at=updated))
            case "credit_notes":
                bank.credit_notes.append(credit_note(number, moment, updated_at=updated))
            case _:
                bank.supplier_invoices.append(
                    supplier_invoice(
                        number,
                        moment,
                        updated_at=updated,
                        is_credit_note=kind == "supplier_notes",
                    )
                )
    return bank


async def _walk(bank: Bank, limit: int, **asked: Any) -> list[Page[Any]]:
    reader = provider(bank).readers
    pages: list[Page[Any]] = []
    number = 1
    while True:
        query = Query(page=number, limit=limit, **asked)
        page = await reader.booking_proposals.list(ACCOUNT, query)
        pages.append(page)
        if not page.items:
            return pages
        number += 1


@given(
    made=st.lists(st.tuples(kinds, created, created), max_size=30),
    limit=st.sampled_from([5, 10, 20]),
    next_page=st.booleans(),
)
def test_walking_the_pages_yields_each_document_once_and_in_order(
    made: list[tuple[str, datetime, datetime]], limit: int, next_page: bool
) -> None:
    """By creation, newest first, then by id; with the same total on every page."""
    bank = _filled(made)
    bank.sends_next_page = next_page
    pages = asyncio.run(_walk(bank, limit))
    walked = [item for page in pages for item in page.items]
    everything = bank.client_invoices + bank.credit_notes + bank.supplier_invoices
    everything.sort(key=lambda one: one["id"])
    everything.sort(key=lambda one: one["created_at"], reverse=True)
    assert [item.id for item in walked] == [one["id"] for one in everything]
    assert {page.total for page in pages} == {len(made)}
    assert all(len(page.items) <= limit for page in pages)


@pytest.mark.covers("MAE-106")
@given(
    made=st.lists(st.tuples(kinds, created, created), max_size=25),
    kind=st.sampled_from(["INVOICE", "BILL", "INVOICE_CREDIT_NOTE", "BILL_CREDIT_NOTE", None]),
    since=st.none() | created,
)
def test_a_filter_gives_what_filtering_the_whole_list_gives(
    made: list[tuple[str, datetime, datetime]], kind: str | None, since: datetime | None
) -> None:
    """By type and by modification, over all pages, with the filtered total.

    In the same order, but for documents of the same instant where Qonto pages the list itself.
    """
    bank = _filled(made)
    whole = [item for page in asyncio.run(_walk(bank, 10)) for item in page.items]
    expected = [
        item
        for item in whole
        if (kind is None or item.booking_type == kind)
        and (since is None or datetime.fromisoformat(item.updated_date or "") >= since)
    ]
    pages = asyncio.run(_walk(bank, 5, booking_type=kind, modified_since=since))
    walked = [item for page in pages for item in page.items]
    assert {item.id for item in walked} == {item.id for item in expected}
    assert [item.created_date for item in walked] == [item.created_date for item in expected]
    assert {page.total for page in pages} == {len(expected)}


@given(made=st.lists(st.tuples(st.just("client_invoices"), created, created), max_size=40))
def test_walking_invoices_yields_each_once(
    made: list[tuple[str, datetime, datetime]],
) -> None:
    """Through Qonto's own pages."""
    bank = _filled(made)

    async def walk() -> list[str | None]:
        reader = provider(bank).readers
        found: list[str | None] = []
        for number in range(1, 11):
            page = await reader.invoices.list(ACCOUNT, Query(page=number, limit=5))
            found.extend(invoice.id for invoice in page.items)
        return found

    walked = asyncio.run(walk())
    assert sorted(str(one) for one in walked) == [one["id"] for one in bank.client_invoices]


async def test_a_list_that_does_not_keep_its_order_loses_nothing() -> None:
    """Qonto doesn't promise the order; each document is still on exactly one page."""
    bank = _bank(invoices=30, bills=30)
    shuffled = bank.client_invoices[::2] + bank.client_invoices[1::2]
    meta = {"total_count": 30, "total_pages": 1, "next_page": None}

    def unsorted(request: httpx2.Request) -> httpx2.Response | None:
        if request.url.path == "/v2/client_invoices":
            return httpx2.Response(200, json={"client_invoices": shuffled, "meta": meta})
        return None

    bank.answers.append(unsorted)
    pages = await _walk(bank, 10)
    walked = [item.id for page in pages for item in page.items]
    assert len(walked) == 60
    assert len(set(walked)) == 60


async def test_a_document_listed_twice_while_the_list_shifts_is_told_once() -> None:
    """A new document pushes the last one of a page onto the next."""
    bank = _bank(invoices=150)
    newest = client_invoice(5000, _day(500))

    def shift(request: httpx2.Request) -> httpx2.Response | None:
        if request.url.params.get("page") == "2" and newest not in bank.client_invoices:
            bank.client_invoices.append(newest)
        return None

    bank.answers.append(shift)
    reader = provider(bank).readers
    page = await reader.booking_proposals.list(ACCOUNT, Query(page=2, limit=100))
    assert [item.id for item in page.items] == [uuid(1000 + n) for n in range(49, -1, -1)]


def _spoiled(document: dict[str, Any]) -> dict[str, Any]:
    """Make a document none of whose parts is as documented; when it was made still is."""
    return {**document, "items": 7, "client": [], "total_amount": [1]}


@pytest.mark.parametrize("spoiled", [0, 1, 150, 298, 299, 300, 301, 302, 349])
async def test_an_odd_document_stays_where_it_is(spoiled: int) -> None:
    """Neither near the top, where lists are merged, nor deep down, where an index is used."""
    bank = _bank(invoices=200, bills=150)
    expected = [item.id for page in await _walk(bank, 100) for item in page.items]
    odd = str(expected[spoiled])
    for documents in (bank.client_invoices, bank.supplier_invoices):
        documents[:] = [_spoiled(one) if one["id"] == odd else one for one in documents]
    pages = await _walk(bank, 100, raw=True)
    assert [item.id for page in pages for item in page.items] == expected
    assert {page.total for page in pages} == {350}
    (told,) = (page for page in pages if any(odd in warning for warning in page.warnings))
    assert odd in str(told.raw)


@pytest.mark.parametrize("undated", [0, 1, 149, 150, 151, 199])
async def test_a_document_without_a_moment_is_beside_its_newer_neighbour(undated: int) -> None:
    """In pages that are merged and in those by an index, so that no page loses any."""
    bank = _bank(invoices=200)
    bank.supplier_invoices = [
        supplier_invoice(2000 + n, _day(n) + timedelta(hours=12)) for n in range(200)
    ]
    newest_first = bank.client_invoices[::-1]
    newest_first[undated] = {"id": newest_first[undated]["id"], "number": "F-?", "created_at": ""}

    def listed(request: httpx2.Request) -> httpx2.Response | None:
        if request.url.path != "/v2/client_invoices":
            return None
        is_down = request.url.params["sort_by"].endswith("desc")
        skip = (int(request.url.params["page"]) - 1) * 100
        shown = (newest_first if is_down else newest_first[::-1])[skip : skip + 100]
        meta = {"total_count": 200, "total_pages": 2}
        return httpx2.Response(200, json={"client_invoices": shown, "meta": meta})

    bank.answers.append(listed)
    pages = await _walk(bank, 100)
    walked = [item.id for page in pages for item in page.items]
    assert len(walked) == len(set(walked)) == 400
    sent = [one["id"] for one in newest_first]
    invoices = [id for id in walked if id in sent]
    assert abs(invoices.index(sent[undated]) - undated) <= 1
    invoices.remove(sent[undated])
    assert invoices == [id for id in sent if id != sent[undated]]


async def test_a_credit_note_without_a_moment_keeps_its_place_in_deep_pages() -> None:
    """Qonto sends them in an order of its own; the first one counts as the newest."""
    bank = _bank(invoices=320)
    bank.credit_notes = [{"id": uuid(3000), "number": "A-1"}]
    pages = await _walk(bank, 100)
    walked = [item.id for page in pages for item in page.items]
    assert walked == [uuid(3000), *(uuid(1000 + n) for n in range(319, -1, -1))]


async def test_a_newest_document_without_a_moment_leaves_its_list_in_place() -> None:
    """It stays first, and those after it where they belong; no more pages are read for it."""
    bank = _bank(invoices=250, bills=250)
    newest_first = sorted(bank.client_invoices, key=lambda one: one["created_at"], reverse=True)
    newest_first[0] = {"id": newest_first[0]["id"], "created_at": []}

    def listed(request: httpx2.Request) -> httpx2.Response | None:
        if request.url.path != "/v2/client_invoices":
            return None
        skip = (int(request.url.params["page"]) - 1) * 100
        meta = {"total_count": 250, "total_pages": 3}
        shown = newest_first[skip : skip + 100]
        return httpx2.Response(200, json={"client_invoices": shown, "meta": meta})

    bank.answers.append(listed)
    page = await provider(bank).readers.booking_proposals.list(ACCOUNT, Query(limit=20))
    newest = [uuid(1000 + 249 - n // 2 if n % 2 == 0 else 2000 + 249 - n // 2) for n in range(20)]
    assert [item.id for item in page.items] == newest
    assert "created_at doesn't fit" in page.warnings[0]
    assert bank.asked.count("/v2/client_invoices") == 1


async def test_a_page_with_nothing_but_unreadable_documents_is_empty_and_says_so() -> None:
    """Qonto counts them, and so does the total."""
    bank = _bank(invoices=5)
    for document in bank.client_invoices:
        document["is_spoiled"] = True
    page = await provider(bank).readers.booking_proposals.list(ACCOUNT, Query(limit=5))
    assert (page.items, page.total) == ((), 5)
    assert len(page.warnings) == 5
