"""Qonto's side of noticing changes, against the simulator."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import httpx2
import pytest
from qonto_simulator import Simulator

from connector.errors import MissingScope
from connector.ports import ChangeFeed, Query, Readers, RecordState, ResourceReader
from connector.providers.qonto.events import fingerprint
from connector.providers.qonto.provider import QontoHosts, qonto
from connector.providers.qonto.session.feeds import FEEDS
from connector.registry import Provider
from connector.transport.client import ProviderHttp
from oauth.tokens import Access

ADDRESS = "https://qonto.example"


class Key:
    """An AccessSource with the simulator's API key, or with some scopes."""

    def __init__(self, simulator: Simulator, scopes: frozenset[str] | None = None) -> None:
        headers = {"Authorization": f"{simulator.login}:{simulator.secret}"}
        self._access = Access(headers, scopes, None)

    async def get(self, account_id: str) -> Access:
        return self._access

    async def renew(self, account_id: str, refused: Access) -> Access:
        raise AssertionError("the key is fine")


@asynccontextmanager
async def provider_of(
    simulator: Simulator, scopes: frozenset[str] | None = None
) -> AsyncIterator[Provider]:
    transport = httpx2.ASGITransport(app=simulator.app)
    async with ProviderHttp(transport=transport) as http:
        yield qonto(http, hosts=QontoHosts(ADDRESS, ADDRESS)).provider(Key(simulator, scopes))


@asynccontextmanager
async def feed_of(
    simulator: Simulator, scopes: frozenset[str] | None = None
) -> AsyncIterator[ChangeFeed]:
    async with provider_of(simulator, scopes) as provider:
        assert provider.changes is not None
        yield provider.changes


@pytest.fixture
def simulator() -> Simulator:
    return Simulator(seed=1)


async def read(
    feed: ChangeFeed, resource: str, since: timedelta | None, simulator: Simulator
) -> dict[str, RecordState]:
    moment = None if since is None else simulator.world.now() - since
    return {state.id: state async for page in feed.read("a", resource, moment) for state in page}


@pytest.mark.parametrize("resource", FEEDS)
async def test_each_resource_s_records_are_read_with_a_state(
    simulator: Simulator, resource: str
) -> None:
    async with feed_of(simulator) as feed:
        found = await read(feed, resource, None, simulator)
        assert found
        assert await read(feed, resource, None, simulator) == found, "nothing changed"
    if resource not in ("USER", "PAYMENT"):
        assert all(state.is_dated for state in found.values() if state.version is not None)


@pytest.mark.parametrize(
    ("resource", "chosen"),
    [
        ("CONTACT", lambda readers: readers.contacts),
        ("EXPENSE", lambda readers: readers.expenses),
        ("BOOKING_PROPOSAL", lambda readers: readers.booking_proposals),
    ],
)
async def test_what_is_on_a_list_of_several_kinds_is_what_its_feed_tells(
    simulator: Simulator, resource: str, chosen: Callable[[Readers], ResourceReader[Any]]
) -> None:
    """The same records under the same ids, and nothing that the list leaves out."""
    for status in ("pending", "declined", "completed"):
        simulator.control.bank_transaction(amount="10.00", operation_type="card", status=status)
    simulator.control.receive_supplier_invoice(is_credit_note=True)
    simulator.control.advance(60)  # until it has been read
    async with provider_of(simulator) as provider:
        assert provider.changes is not None
        reader, listed, number = chosen(provider.readers), set[str](), 1
        while page := (await reader.list("a", Query(page=number, limit=100))).items:
            listed |= {item.id for item in page}
            number += 1
        told = await read(provider.changes, resource, None, simulator)
    assert {one for one, state in told.items() if state.version is not None} == listed
    gone = [one for one, state in told.items() if state.version is None]
    assert bool(gone) == (resource == "EXPENSE")


async def test_a_payment_by_card_that_is_declined_is_gone(simulator: Simulator) -> None:
    made = simulator.control.bank_transaction(
        amount="10.00", operation_type="card", status="pending"
    )["id"]
    other = simulator.control.bank_transaction(amount="10.00", status="declined")["id"]
    async with feed_of(simulator) as feed:
        before = (await read(feed, "EXPENSE", timedelta(minutes=1), simulator))[made]
        simulator.control.advance(60)
        simulator.control.conclude_transaction(made, status="declined")
        after = await read(feed, "EXPENSE", timedelta(minutes=1), simulator)
    assert before.version is not None
    assert (after[made].version, after[made].created_at) == (None, before.created_at)
    assert after[made].changed_at and before.changed_at
    assert after[made].changed_at > before.changed_at
    assert other not in after, "it never was an expense"


@pytest.mark.parametrize(
    "resource",
    ["INVOICE", "BILL", "CUSTOMER", "CONTACT", "TRANSACTION", "EXPENSE", "BOOKING_PROPOSAL"],
)
async def test_where_qonto_can_it_is_asked_for_what_changed_alone(
    simulator: Simulator, resource: str
) -> None:
    async with feed_of(simulator) as feed:
        everything = await read(feed, resource, None, simulator)
        simulator.control.create_invoice()
        simulator.control.receive_supplier_invoice()
        simulator.control.bank_transaction(amount="10.00", operation_type="card")
        changed = await read(feed, resource, timedelta(seconds=5), simulator)
    expected = {"CUSTOMER": 0, "CONTACT": 0, "BOOKING_PROPOSAL": 2}.get(resource, 1)
    assert len(set(changed) - set(everything)) == expected
    if resource == "BOOKING_PROPOSAL":
        return  # credit notes can't be asked for by their change
    earliest = simulator.world.now() - timedelta(seconds=10)
    assert all(state.changed_at and state.changed_at >= earliest for state in changed.values())


@pytest.mark.parametrize("kind", ["client_invoices", "supplier_invoices", "transactions"])
async def test_long_lists_are_read_to_their_end_by_pages_of_a_hundred(
    simulator: Simulator, kind: str
) -> None:
    resource = {
        "client_invoices": "INVOICE",
        "supplier_invoices": "BILL",
        "transactions": "TRANSACTION",
    }[kind]
    async with feed_of(simulator) as feed:
        before = await read(feed, resource, timedelta(days=4000), simulator)
        simulator.control.generate(kind, 350)
        pages = [
            page
            async for page in feed.read("a", resource, simulator.world.now() - timedelta(days=4000))
        ]
        found = {state.id for page in pages for state in page}
    assert max(len(page) for page in pages) <= 100
    whole = await _count(simulator, resource)
    assert len(found) == whole
    assert len(found) >= len(before) + 300


async def _count(simulator: Simulator, resource: str) -> int:
    async with feed_of(simulator) as feed:
        return len(await read(feed, resource, None, simulator))


async def test_suppliers_credit_notes_are_no_bills(simulator: Simulator) -> None:
    credit = simulator.control.receive_supplier_invoice(is_credit_note=True)["id"]
    simulator.control.advance(60)  # until it has been read
    async with feed_of(simulator) as feed:
        assert credit not in await read(feed, "BILL", None, simulator)


async def test_what_is_paid_is_a_state_of_its_own(simulator: Simulator) -> None:
    """Nothing, a part, all; and a change of something else leaves it as it is."""
    invoice = str(simulator.control.create_invoice()["id"])
    versions: list[str | None] = []

    async with feed_of(simulator) as feed:

        async def note() -> None:
            found = await read(feed, "PAYMENT", timedelta(hours=1), simulator)
            versions.append(found[invoice].version)

        await note()
        simulator.control.pay_invoice(invoice, amount="1.00")
        await note()
        simulator.control.touch_invoice(invoice, footer="other")
        await note()
        simulator.control.pay_invoice(invoice)
        await note()
    nothing, part, same, all_ = versions
    assert nothing is None
    assert part is not None
    assert part == same
    assert all_ not in (None, part)


async def test_without_the_scope_to_read_it_a_resource_is_refused(simulator: Simulator) -> None:
    scopes = frozenset({"client_invoices.read"})
    async with feed_of(simulator, scopes) as feed:
        for resource in ("INVOICE", "CREDIT_NOTE", "OFFER", "PAYMENT", "BOOKING_PROPOSAL"):
            await feed.check("a", resource)
        for resource in (
            *("BILL", "CUSTOMER", "CONTACT", "ITEM"),
            *("TRANSACTION", "EXPENSE", "BANK_ACCOUNT", "USER"),
        ):
            with pytest.raises(MissingScope):
                await feed.check("a", resource)
        paid = await read(feed, "PAYMENT", None, simulator)
        assert paid, "of invoices, where bills can't be read"
        proposed = await read(feed, "BOOKING_PROPOSAL", None, simulator)
        known = [await read(feed, one, None, simulator) for one in ("INVOICE", "CREDIT_NOTE")]
    assert set(proposed) == {*known[0], *known[1]}


def test_a_fingerprint_is_the_content_s_whatever_its_order_and_links() -> None:
    one = fingerprint(b'{"id": "a", "role": "admin", "file_url": "x", "n": 1.50}')
    assert one is not None
    assert one == fingerprint(b'{"n": 1.50, "role": "admin", "file_url": "y", "id": "a"}')
    assert one == fingerprint(b'{"event":"updated","n":1.50,"role":"admin","id":"a"}')
    assert one == fingerprint(b'{"id":"a","role":"admin","n":1.50,"ubo":true,"birthdate":"x"}')
    assert one != fingerprint(b'{"id": "a", "role": "owner", "n": 1.50}')
    assert fingerprint(b"[]") is None
    assert fingerprint(b"nonsense") is None


async def test_movements_are_told_whatever_their_status(simulator: Simulator) -> None:
    """Qonto lists completed ones alone unless it's asked for the others."""
    made = {
        simulator.control.bank_transaction(amount="10.00", status=status)["id"]
        for status in ("pending", "declined", "completed")
    }
    async with feed_of(simulator) as feed:
        assert made <= set(await read(feed, "TRANSACTION", timedelta(minutes=1), simulator))
        assert made <= set(await read(feed, "TRANSACTION", None, simulator))
