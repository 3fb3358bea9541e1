"""Every resource through the shipped app, beside what the simulated Qonto has."""

import base64
from collections.abc import AsyncIterator
from decimal import Decimal
from typing import Any

import httpx2
import msgspec
import pytest
import pytest_asyncio
from qonto_simulator.control.control import Control
from qonto_simulator.world import Books

from connector.app.sandbox import Sandbox

pytestmark = [pytest.mark.loopback, pytest.mark.asyncio(loop_scope="module")]

_exact = msgspec.json.Decoder(dict[str, Any], float_hook=Decimal)


class Account:
    """A linked account, its books at Qonto, and what can happen there."""

    def __init__(self, client: httpx2.AsyncClient, books: Books, control: Control) -> None:
        self.client = client
        self.books = books
        self.control = control

    async def read(self, path: str) -> dict[str, Any]:
        answer = await self.client.get(f"/accounting/{path}")
        assert answer.status_code == 200, answer.text
        return _exact.decode(answer.content)

    async def every(self, path: str) -> list[dict[str, Any]]:
        """Walk all pages of a list, which must tell how many there are."""
        found: list[dict[str, Any]] = []
        number = 1
        join = "&" if "?" in path else "?"
        while True:
            page = await self.read(f"{path}{join}limit=5&page={number}")
            if not page["data"]:
                assert page["meta"]["pagination"]["total"] == len(found)
                return found
            found.extend(page["data"])
            number += 1

    async def both(self, path: str) -> list[dict[str, Any]]:
        """Read a list, and each of its records alone: the same twice."""
        listed = await self.every(path)
        assert listed
        for one in listed[:5]:
            assert (await self.read(f"{path}/{one['id']}"))["data"] == one
        return listed


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def account(lasting: Sandbox) -> AsyncIterator[Account]:
    """One for all tests: they read, or compare with what the books hold by then."""
    simulator = lasting.simulators["qonto"]
    organization = simulator.control.organizations()[0]["id"]
    async with lasting.client(await lasting.link("qonto")) as client:
        yield Account(client, simulator.world.books[organization], simulator.control)


@pytest.mark.covers("MAE-103")
async def test_bank_accounts_with_exact_balances(account: Account) -> None:
    """Id, IBAN, BIC, currency, and the balance to the cent."""
    listed = {one["id"]: one for one in await account.both("bankAccounts")}
    accounts = account.books.organisation.bank_accounts
    assert set(listed) == {one.id for one in accounts}
    for one in accounts:
        told = listed[one.id]
        assert (told["iban"], told["bic"], told["currency"]) == (one.iban, one.bic, "EUR")
        raw = (await account.read(f"bankAccounts/{one.id}?rawData=true"))["rawData"]
        assert Decimal(told["balance"]) * 100 == raw["balance_cents"]


@pytest.mark.covers("MAE-104", half="reading")
async def test_bills(account: Account) -> None:
    """All but credit notes, and never with lines."""
    listed = await account.both("bills")
    bought = account.books.supplier_invoices
    assert {one["id"] for one in listed} < {one.id for one in bought}
    assert all(one["lineItems"] == [] for one in listed)


@pytest.mark.covers("MAE-108", half="reading")
async def test_customers_and_contacts(account: Account) -> None:
    """The same people under three addresses; contacts alike at both of theirs."""
    customers = await account.both("customers")
    assert {one["id"] for one in customers} == {one.id for one in account.books.clients}
    contacts = await account.both("contacts")
    assert await account.both("v2/contacts") == contacts
    assert [one["id"] for one in contacts] == [one["id"] for one in customers]
    assert all(one["isCustomer"] for one in contacts)


@pytest.mark.covers("MAE-109", half="reading")
async def test_credit_notes(account: Account) -> None:
    """With the invoice that each corrects."""
    listed = await account.both("creditNotes")
    notes = {one.id: one for one in account.books.credit_notes}
    assert {one["id"]: one["reference"] for one in listed} == {
        id: note.invoice_id for id, note in notes.items()
    }


@pytest.mark.covers("MAE-111")
async def test_expenses_are_what_was_paid_by_card(account: Account) -> None:
    """Negative for a purchase, positive for a refund; what was declined cost nothing."""
    for status in ("completed", "declined"):
        moved = account.control.bank_transaction(
            amount="9.50", side="debit", operation_type="card", status="pending"
        )
        account.control.conclude_transaction(moved["id"], status)
    assert (await account.client.get(f"/accounting/expenses/{moved['id']}")).status_code == 404
    by_card = {
        one.id: one
        for collection in account.books.transactions.values()
        for one in collection
        if one.operation_type == "card" and one.status != "declined"
    }
    listed = await account.both("expenses")
    assert {one["id"] for one in listed} == set(by_card)
    for one in listed:
        assert (Decimal(one["totalGrossAmount"]) < 0) == (by_card[one["id"]].side == "debit")
        assert one["files"] == list(by_card[one["id"]].attachment_ids)


@pytest.mark.covers("MAE-112", half="reading")
async def test_files(account: Account) -> None:
    """What is known of a file, and its bytes."""
    bill = next(one for one in await account.every("bills") if one["fileId"])
    file = (await account.read(f"files/{bill['fileId']}"))["data"]
    document = (await account.read(f"files/{bill['fileId']}/document"))["data"]
    content = base64.b64decode(document["content"])
    assert (document["fileName"], len(content)) == (file["fileName"], file["size"])


@pytest.mark.covers("MAE-116", half="reading")
async def test_invoices(account: Account) -> None:
    """Drafts and imported ones too."""
    listed = await account.both("invoices")
    assert {one["id"] for one in listed} == {one.id for one in account.books.client_invoices}
    assert "DRAFT" in {one["status"] for one in listed}


@pytest.mark.covers("MAE-117")
async def test_invoice_lines(account: Account) -> None:
    """Those of the invoice; a draft that has none at Qonto has an empty list."""
    listed = await account.every("invoices")
    counts = {one["id"]: len(one["lineItems"]) for one in listed}
    assert 0 in counts.values()
    for invoice in listed:
        lines = await account.every(f"invoices/{invoice['id']}/lineItems")
        assert lines == invoice["lineItems"]
        for line in lines:
            alone = await account.read(f"invoices/{invoice['id']}/lineItems/{line['lineItemId']}")
            assert alone["data"] == line


@pytest.mark.covers("MAE-118", half="reading")
async def test_items(account: Account) -> None:
    """A single one is a list of one, as the contract has it."""
    listed = await account.every("items")
    assert {one["id"] for one in listed} == {one.id for one in account.books.products}
    assert (await account.read(f"items/{listed[0]['id']}"))["data"] == [listed[0]]


@pytest.mark.covers("MAE-121", half="reading")
async def test_offers(account: Account) -> None:
    """Quotes, whatever has become of them."""
    listed = await account.both("offers")
    assert {one["id"] for one in listed} == {one.id for one in account.books.quotes}


@pytest.mark.covers("MAE-122", half="reading")
async def test_offer_lines(account: Account) -> None:
    """In the order of the offer."""
    for offer in await account.every("offers"):
        assert await account.every(f"offers/{offer['id']}/lineItems") == offer["lineItems"]


@pytest.mark.covers("MAE-124", half="reading")
async def test_payments_are_what_was_paid_on_documents(account: Account) -> None:
    """One for each paid document, and found by it; transfers are beside them."""
    listed = await account.both("payments")
    paid = {one["id"] for one in await account.every("invoices?status=PAID")}
    paid |= {one["id"] for one in await account.every("bills?status=PAID")}
    assert paid <= {one["id"] for one in listed}
    one = next(one for one in listed if one["documentType"] is not None)
    assert await account.every(f"payments?invoiceId={one['id']}") == [one]


@pytest.mark.covers("GUIDE-86")
async def test_qontos_own_filters_of_transactions_are_passed_on(
    account: Account, lasting: Sandbox
) -> None:
    simulator, control = lasting.simulators["qonto"], account.control
    for operation in ("card", "income"):
        control.bank_transaction(
            amount="3.00",
            operation_type=operation,
            side="debit" if operation == "card" else "credit",
        )
    cards = await account.every("transactions?operationType=card&debitCreditIndicator=DEBIT")
    assert cards and {one["type"] for one in cards} == {"SPEND"}
    control.clear_journal()
    path = "/accounting/transactions?operationType=income&debitCreditIndicator=CREDIT&limit=5"
    days = "&bookingDateFrom=2026-01-01&bookingDateTo=2027-12-31"
    assert (await account.client.get(path + days)).status_code == 200
    asked = [
        one.query
        for one in simulator.recorder.entries(method="GET")
        if one.path == "/v2/transactions"
    ]
    assert asked
    for query in asked:
        assert query["operation_type[]"] == ["income"]
        assert query["side"] == ["credit"]
        assert query["settled_at_from"] == ["2026-01-01T00:00:00.000Z"]
        assert query["settled_at_to"] == ["2027-12-31T23:59:59.999Z"]
    refused = await account.client.get("/accounting/transactions?operationType=DROP%20TABLE")
    assert refused.status_code == 400


@pytest.mark.covers("MAE-133")
async def test_transactions_with_filters(account: Account) -> None:
    """By status, side and day; creating and deleting are not supported."""
    listed = await account.both("transactions")
    for status in ("BOOKED", "AUTHORISED", "DELETED", "CREATED"):
        assert await account.every(f"transactions?status={status}") == [
            one for one in listed if one["status"] == status
        ]
    out = await account.every("transactions?debitCreditIndicator=DEBIT")
    assert {one["id"] for one in out} == {
        one["id"] for one in listed if one["type"].startswith("SPEND")
    }
    day = next(one["bookingDate"] for one in listed if one["bookingDate"])[:10]
    of_day = await account.every(f"transactions?bookingDateFrom={day}&bookingDateTo={day}")
    assert {one["id"] for one in of_day} == {
        one["id"] for one in listed if (one["bookingDate"] or "")[:10] == day
    }
    for refused in (
        await account.client.post("/accounting/transactions", json={}),
        await account.client.delete(f"/accounting/transactions/{listed[0]['id']}"),
    ):
        assert refused.status_code in (404, 405)


@pytest.mark.covers("MAE-136")
async def test_users(account: Account) -> None:
    """The members of the organisation."""
    listed = await account.both("users")
    assert {one["id"] for one in listed} == {one.id for one in account.books.organisation.members}


@pytest.mark.covers("QX-63")
async def test_the_limits_of_the_contract(account: Account) -> None:
    """Pages from 1, five sizes, 405 for an unknown target system, documents as base64."""
    client = account.client
    for limit in (5, 10, 20, 50, 100):
        assert (await client.get(f"/accounting/invoices?limit={limit}")).status_code == 200
    for wrong in ("limit=7", "limit=0", "limit=1000", "page=0", "page=-1"):
        assert (await client.get(f"/accounting/invoices?{wrong}")).status_code == 400
    assert (await client.get("/auth/nowhere")).status_code == 405
    since = (await account.every("invoices"))[0]["updatedDate"]
    assert all(
        one["updatedDate"] >= since
        for one in await account.every(f"invoices?lastModifiedAt={since}")
    )
    invoice = next(one for one in await account.every("invoices") if one["fileId"])
    document = (await account.read(f"invoices/{invoice['id']}/document"))["data"]
    assert document["base64Encoded"] is True
    assert base64.b64decode(document["content"]).startswith(b"%PDF")
    raw = await account.read(f"invoices/{invoice['id']}?rawData=true")
    assert raw["rawData"]["id"] == invoice["id"]
