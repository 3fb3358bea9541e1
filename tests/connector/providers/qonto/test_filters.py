"""Filters and orders against the simulator: the same as if done over the full list."""

import asyncio
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import httpx2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from qonto_simulator import Simulator

from connector.api.named import words_of
from connector.errors import FilterTooBroad
from connector.http import FixedAccess, Limits, provider_http
from connector.ports import Order, Query, Readers
from connector.providers.qonto.provider import QontoHosts, qonto
from connector.unified.enums import (
    BookingStatus,
    DocumentStatus,
    OfferStatus,
    PaymentStatus,
    TransactionStatus,
)
from oauth.tokens import Access
from tests.connector.providers.qonto.bank import Bank, provider, uuid

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
ORIGIN = "http://qonto.test"
ACCOUNT = "acct_1"


@dataclass
class World:
    """A simulator with a few hundred documents, and what reads them."""

    simulator: Simulator
    readers: Readers

    def read(self, of: Callable[[Readers], Any], query: Query) -> list[Any]:
        """Walk all the pages of a list, checking what each says of the whole."""
        return asyncio.run(self.walk(of, query))

    async def walk(self, of: Callable[[Readers], Any], query: Query) -> list[Any]:
        found: list[Any] = []
        totals: set[int | None] = set()
        number = 1
        while True:
            page = await of(self.readers).list(ACCOUNT, replace(query, page=number))
            totals.add(page.total)
            found.extend(page.items)
            assert len(page.items) <= query.limit
            if not page.items:
                break
            number += 1
        assert totals == {len(found)}
        return found


def made_world() -> World:
    """Make it anew."""
    simulator = Simulator(clock=NOW, base_url=ORIGIN)
    control = simulator.control
    control.set_quirks(rate_limits=False)
    control.generate("client_invoices", 150)
    control.generate("supplier_invoices", 130)
    control.generate("transactions", 120)
    control.generate("clients", 20)
    for number in range(12):
        status = "unpaid" if number % 3 else "draft"
        due = (NOW + timedelta(days=number - 6)).date().isoformat()
        made = control.create_invoice(status=status, due_date=due, issue_date="2026-10-01")
        if status == "unpaid" and number % 2:
            control.pay_invoice(made["id"], amount="1.00")
    for number in range(8):
        got = control.receive_supplier_invoice(is_credit_note=number % 2 == 0, due_in_days=number)
        control.advance(60)  # so that it has been read
        if number > 3:
            control.move_supplier_invoice(got["id"], "discarded")
    control.receive_supplier_invoice(category="OTHER_NON_FINANCIAL_DOCUMENT")
    control.advance(60)
    payees = simulator.world.first.beneficiaries
    for number, payee in enumerate(list(payees)):
        payees.save(payee, NOW - timedelta(days=number))
    return World(simulator, readers_of(simulator))


def readers_of(simulator: Simulator) -> Readers:
    """Make readers that remember nothing yet."""
    http = provider_http(httpx2.ASGITransport(simulator.app))
    access = Access({"Authorization": f"Bearer {simulator.issue_access_token()}"}, None, None)
    system = qonto(
        http, hosts=QontoHosts(ORIGIN, ORIGIN), limits=Limits(retries=0), clock=lambda: NOW
    )
    return system.provider(FixedAccess(access)).readers


@pytest.fixture(scope="module")
def world() -> World:
    """Made once: nothing here changes it."""
    return made_world()


LISTS: dict[str, Callable[[Readers], Any]] = {
    name: (lambda readers, name=name: getattr(readers, name))
    for name in Readers.__dataclass_fields__
}
"""Every list, by the name of its reader."""

UPDATED = {"items": "last_modified_date"}


class Full(dict[str, list[Any]]):
    """Every list as a whole, by the name of its reader."""

    def __repr__(self) -> str:
        return "Full()"


@pytest.fixture(scope="module")
def full(world: World) -> Full:
    """Read without filters."""
    return Full({name: world.read(of, Query(limit=100)) for name, of in LISTS.items()})


@pytest.mark.parametrize("name", LISTS)
def test_a_list_has_every_record_once(name: str, world: World, full: Full) -> None:
    """Whatever the size of its pages, and in the same order."""
    ids = [record.id for record in full[name]]
    assert max(Counter(ids).values()) == 1
    small = world.read(LISTS[name], Query(limit=20))
    assert [record.id for record in small] == ids
    assert len(ids) >= 2, "the simulator has too little to tell"


@pytest.mark.parametrize(
    ("name", "field", "values"),
    [
        *(
            (name, field, values)
            for name in ("invoices", "bills", "vendor_credits")
            for field, values in (("status", DocumentStatus), ("payment_status", PaymentStatus))
        ),
        ("booking_proposals", "status", BookingStatus),
        ("offers", "status", OfferStatus),
        ("transactions", "status", TransactionStatus),
    ],
)
def test_a_status_chooses_what_it_would_choose_of_the_full_list(
    name: str, field: str, values: Any, world: World, full: Full
) -> None:
    """Each of the contract's words, also those that Qonto can't mean."""
    chosen: Counter[str] = Counter()
    for value in words_of(values):
        found = world.read(LISTS[name], Query(limit=50, **{field: value}))
        expected = [record for record in full[name] if getattr(record, field) == value]
        assert {record.id for record in found} == {record.id for record in expected}, value
        chosen[value] = len(found)
    assert sum(1 for count in chosen.values() if count) >= 2, "too little to tell"


ORDERS = {
    "invoices": ("invoiceDate", "invoiceNumber", "createdDate", "updatedDate"),
    "bills": ("billDate", "billNumber", "createdDate", "updatedDate"),
    "booking_proposals": ("bookingProposalDate", "number", "createdDate", "updatedDate"),
}


def _attribute(name: str) -> str:
    return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in name)


@pytest.mark.parametrize(
    ("name", "field"), [(name, field) for name, fields in ORDERS.items() for field in fields]
)
@pytest.mark.parametrize("descending", [True, False], ids=["down", "up"])
@pytest.mark.parametrize("status", [None, "OPEN"])
def test_an_order_is_the_order_of_the_whole_list(
    name: str,
    field: str,
    descending: bool,
    status: str | None,
    world: World,
    full: Full,
) -> None:
    """Over all pages, with and without a filter; records without the field come last."""
    query = Query(limit=50, order=Order(field, descending), status=status)
    found = world.read(LISTS[name], query)
    expected = [one for one in full[name] if status is None or one.status == status]
    assert {one.id for one in found} == {one.id for one in expected}
    keys = [getattr(one, _attribute(field)) for one in found]
    known = [key for key in keys if key is not None]
    assert known == sorted(known, reverse=descending)
    assert keys[len(known) :] == [None] * (len(keys) - len(known))


moments = st.integers(0, 400).map(lambda days: NOW - timedelta(days=days, minutes=7))


@pytest.mark.parametrize("name", LISTS)
@settings(max_examples=6, deadline=None)
@given(since=moments)
def test_a_moment_of_change_chooses_what_it_would_choose_of_the_full_list(
    name: str, world: World, full: Full, since: datetime
) -> None:
    """Inclusive, by Qonto where it can and here where it can't."""
    field = UPDATED.get(name, "updated_date")
    read = [record.id for record in world.read(LISTS[name], Query(modified_since=since))]
    found = set(read)
    assert read == [record.id for record in full[name] if record.id in found]
    for record in full[name]:
        changed = getattr(record, field, None)  # transactions don't tell in the unified model
        if changed is not None:
            assert (record.id in found) == (datetime.fromisoformat(changed) >= since)


@settings(max_examples=10, deadline=None)
@given(days=st.integers(-200, 200), status=st.sampled_from([None, "OPEN", "OVERDUE", "PAID"]))
def test_a_due_date_chooses_what_it_would_choose_of_the_full_list(
    world: World, full: Full, days: int, status: str | None
) -> None:
    """Inclusive, and together with a status."""
    due: date = (NOW + timedelta(days=days)).date()
    query = Query(limit=100, due_from=due, status=status)
    found = world.read(LISTS["invoices"], query)
    assert {one.id for one in found} == {
        one.id
        for one in full["invoices"]
        if one.due_date is not None
        and one.due_date >= due.isoformat()
        and status in (None, one.status)
    }


@pytest.mark.covers("MAE-106")
def test_a_booking_type_chooses_what_it_would_choose_of_the_full_list(
    world: World, full: Full
) -> None:
    """Across pages; the four types that Qonto has documents for all occur."""
    for kind in ("INVOICE", "BILL", "INVOICE_CREDIT_NOTE", "BILL_CREDIT_NOTE"):
        found = world.read(LISTS["booking_proposals"], Query(limit=20, booking_type=kind))
        expected = {one.id for one in full["booking_proposals"] if one.booking_type == kind}
        assert expected
        assert {one.id for one in found} == expected


@pytest.mark.covers("QX-46")
def test_filters_of_one_resource_choose_by_their_own_words(world: World, full: Full) -> None:
    """Customers by address, name and number, items by type, payments by document."""

    def ids(kind: str, /, **where: str) -> set[str]:
        found = world.read(LISTS[kind], Query(limit=100, where=tuple(where.items())))
        return {one.id for one in found}

    customer = next(one for one in full["customers"] if one.email_addresses and one.company_name)
    email = customer.email_addresses[0].email
    assert customer.id in ids("customers", email=email.upper())
    assert customer.id in ids("customers", name=customer.company_name[:4].lower())
    assert ids("customers", name="x") == set()
    assert ids("customers", number="7") == set()
    kinds = {one.document_kind for one in full["bills"]}
    assert {"INVOICE", "OTHER_NON_FINANCIAL_DOCUMENT"} <= kinds
    for kind in kinds:
        assert ids("bills", documentKind=kind) == {
            one.id for one in full["bills"] if one.document_kind == kind
        }
    for kind in ("PRODUCT", "SERVICE"):
        assert ids("items", type=kind) == {one.id for one in full["items"] if one.type == kind}
    assert ids("items", itemNumber="7") == set()
    for payment in (full["payments"][0], full["payments"][-1]):
        assert ids("payments", invoiceId=payment.id) == {payment.id}
    assert ids("payments", invoiceId="no id") == set()
    ins = {one.id for one in full["transactions"] if one.type.startswith("RECEIVE")}
    assert ids("transactions", debitCreditIndicator="CREDIT") == ins
    settled = sorted(one.booking_date for one in full["transactions"] if one.booking_date)
    first, last = settled[20][:10], settled[-20][:10]
    assert ids("transactions", bookingDateFrom=first, bookingDateTo=last) == {
        one.id
        for one in full["transactions"]
        if one.booking_date and first <= one.booking_date[:10] <= last
    }
    bills = sorted(full["bills"], key=lambda one: one.created_date)
    first, last = bills[5].created_date[:10], bills[-5].created_date[:10]
    assert ids("bills", createdDateFrom=first, createdDateTo=last) == {
        one.id for one in bills if first <= one.created_date[:10] <= last
    }
    due = sorted(one.due_date[:10] for one in bills if one.due_date)
    first, last = due[len(due) // 4], due[-len(due) // 4]
    assert ids("bills", dueDateFrom=first, dueDateTo=last) == {
        one.id for one in bills if one.due_date and first <= one.due_date[:10] <= last
    }
    assert ids("bills", dueDateFrom=last) == {
        one.id for one in bills if one.due_date and last <= one.due_date[:10]
    }
    accounts = {one.account_id for one in full["transactions"]}
    for account in accounts:
        assert ids("transactions", bankAccountId=account) == {
            one.id for one in full["transactions"] if one.account_id == account
        }


@pytest.mark.parametrize("name", LISTS)
async def test_every_record_of_a_list_can_be_read_by_its_id(name: str) -> None:
    """And says the same there."""
    world = made_world()
    reader = LISTS[name](world.readers)
    page = await reader.list(ACCOUNT, Query(limit=5))
    for item in page.items:
        assert (await reader.get(ACCOUNT, item.id)).item == item


@pytest.mark.covers("QX-45")
async def test_lists_that_move_while_they_are_read_lose_nothing() -> None:
    """Records change between pages: by Qonto's order, merged, and by an index."""
    world = made_world()
    names = ("invoices", "bills", "booking_proposals", "offers", "transactions")
    still = {name: await world.walk(LISTS[name], Query(limit=100)) for name in names}
    world.simulator.control.set_quirks(churn=5)
    for name in names:
        for order in (None, Order("createdDate")) if name in ORDERS else (None,):
            found = await world.walk(LISTS[name], Query(limit=20, order=order))
            assert {one.id for one in found} == {one.id for one in still[name]}


async def test_a_question_over_more_than_can_be_read_is_refused_with_what_to_do() -> None:
    """It costs a single call; the plain list of the same documents goes on working."""
    world = made_world()
    world.simulator.control.generate("client_invoices", 10_001)
    reader = world.readers.invoices
    assert reader is not None
    with pytest.raises(FilterTooBroad, match="lastModifiedAt"):
        await reader.list(ACCOUNT, Query(order=Order("invoiceNumber")))
    plain = await reader.list(ACCOUNT, Query(page=101, limit=100))
    assert len(plain.items) == 100


async def test_a_single_letter_of_a_name_is_looked_for_here() -> None:
    """Qonto refuses to; capitals and accents don't count, as with longer parts."""
    bank = Bank()
    bank.clients = [
        {"id": uuid(1), "kind": "company", "name": "Étoile"},
        {"id": uuid(2), "kind": "individual", "first_name": "Zoé", "last_name": "Blanc"},
        {"id": uuid(3), "kind": "company", "name": "Kiosk"},
    ]
    for client in bank.clients:
        client["created_at"] = client["updated_at"] = "2026-01-01T00:00:00Z"
    reader = provider(bank).readers.customers
    assert reader is not None
    page = await reader.list("acct_1", Query(where=(("name", "e"),)))
    assert {customer.id for customer in page.items} == {uuid(1), uuid(2)}
    assert not any("filter[name]" in request.url.params for request in bank.requests)
