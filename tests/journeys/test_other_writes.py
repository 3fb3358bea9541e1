"""Contacts, members and bank accounts are written to, and no amount is ever a float."""

import asyncio
import uuid
from collections.abc import AsyncIterator
from decimal import Decimal
from typing import Any

import msgspec
import pytest
import pytest_asyncio

from connector.app.sandbox import Sandbox
from tests.journeys.desk import (
    Desk,
    Failure,
    at_desk,
    code,
    codes,
    company,
    invoice,
    other_account,
)

pytestmark = [pytest.mark.loopback, pytest.mark.asyncio(loop_scope="module")]

FAILURES: tuple[Failure, ...] = ("lost_response", "malformed", "drop", "status")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def desk(lasting: Sandbox) -> AsyncIterator[Desk]:
    async with at_desk(lasting) as it:
        yield it


@pytest.mark.parametrize("path", ["contacts", "v2/contacts"])
async def test_a_contact_is_a_customer_at_another_address(desk: Desk, path: str) -> None:
    name = f"Contact at {path}"
    made = (await desk.ask("POST", path, company(name, isCustomer=True))).json()["data"]
    (client,) = desk.clients(name)
    assert (made["id"], made["isCustomer"], made["companyName"]) == (client.id, True, name)
    one = f"{path}/{client.id}"
    for method, email in (("PATCH", "a@b.example"), ("PUT", "c@d.example")):
        changed = await desk.done(method, one, {"emailAddresses": [{"email": email}]})
        assert changed["emailAddresses"][0]["email"] == email == client.email
    assert (await desk.done("GET", f"customers/{client.id}"))["companyName"] == name
    assert await desk.done("DELETE", one) == {"id": client.id}
    assert desk.clients(name) == []
    refused = await desk.ask("POST", path, {"contactType": "UNDEFINED", "isCustomer": False})
    assert codes(refused)["isCustomer"] == "NOT_ALLOWED"


async def test_a_customer_and_a_contact_alike_are_never_taken_for_each_other(desk: Desk) -> None:
    """One key is for one of them; a lost contact isn't found in the customer made meanwhile."""
    own, other = str(uuid.uuid4()), str(uuid.uuid4())
    body = company("Alike")
    await desk.done("POST", "customers", body, key=own)
    replayed = await desk.ask("POST", "contacts", body, key=own)
    assert replayed.headers["Idempotent-Replayed"] == "true"
    assert "isCustomer" in replayed.json()["data"] and len(desk.clients("Alike")) == 1
    desk.goes_wrong("drop", method="POST")
    lost = await desk.ask("POST", "contacts", body, key=other)
    assert code(lost) == "OUTCOME_UNKNOWN"
    desk.later(61)
    made = (await desk.ask("POST", "contacts", body, key=other)).json()["data"]
    assert {one.id for one in desk.clients("Alike")} > {made["id"]}
    assert len(desk.clients("Alike")) == 2


@pytest.mark.parametrize("path", ["contacts/bulk", "batch/contacts"])
async def test_several_contacts_are_checked_together_and_made_one_by_one(
    desk: Desk, path: str
) -> None:
    names = [f"{path} {number}" for number in range(3)]
    entries: list[dict[str, Any]] = [company(name) for name in names]
    wrong = [entries[0], {**entries[1], "locale": "xx"}, {"contactType": "COMPANY"}]
    refused = await desk.ask("POST", path, {"entries": wrong})
    assert codes(refused) == {
        "entries.1.locale": "NOT_ALLOWED",
        "entries.2.companyName": "REQUIRED",
    }
    checked = await desk.ask("POST", path, {"entries": entries}, dryRun="true")
    assert checked.json()["data"]["expected"] == {"entries": 3}
    assert desk.clients(names[0]) == []
    body, own = {"entries": entries, "chartOfAccount": "SKR03"}, str(uuid.uuid4())
    desk.goes_wrong("status", "/v2/clients", "POST", status=422, skip=1)
    first = await desk.ask("POST", path, body, key=own)
    assert first.status_code == 201
    told = first.json()["data"]
    assert [one["status"] for one in told["results"]] == ["CREATED", "REFUSED", "CREATED"]
    assert told["results"][1]["code"] == "DOWNSTREAM_REFUSED"
    assert [one["companyName"] for one in told["entries"]] == [names[0], names[2]]
    again = await desk.ask("POST", path, body, key=own)
    assert [one["status"] for one in again.json()["data"]["results"]] == ["CREATED"] * 3
    last = await desk.ask("POST", path, body, key=own)
    assert last.headers["Idempotent-Replayed"] == "true"
    assert [len(desk.clients(name)) for name in names] == [1, 1, 1]


async def test_what_is_wrong_for_all_ends_a_batch(desk: Desk) -> None:
    """Nothing done: the refusal itself. Some done: the rest isn't tried."""
    entries = [company(f"Ending {number}") for number in range(3)]
    desk.goes_wrong("status", "/v2/clients", "POST", status=403)
    refused = await desk.ask("POST", "contacts/bulk", {"entries": entries})
    assert (refused.status_code, code(refused)) == (403, "DOWNSTREAM_FORBIDDEN")
    desk.goes_wrong("status", "/v2/clients", "POST", status=429, skip=1)
    some = await desk.ask("POST", "contacts/bulk", {"entries": entries})
    statuses = [one["status"] for one in some.json()["data"]["results"]]
    assert statuses == ["CREATED", "REFUSED", "NOT_TRIED"]
    for count in (0, 51):
        body = {"entries": (entries * 20)[:count]}
        assert set(codes(await desk.ask("POST", "contacts/bulk", body))) == {"entries"}


@pytest.mark.parametrize("failure", FAILURES)
async def test_a_member_is_invited_once(desk: Desk, failure: Failure) -> None:
    """Qonto mails each invitation; a lost answer doesn't make it mail two."""
    email, own = f"{failure}@example.com", str(uuid.uuid4())
    body = {"email": email.upper(), "firstName": "Ada", "lastName": "L", "role": "EMPLOYEE"}
    mails = len(desk.books.mails)
    desk.goes_wrong(failure, "/v2/memberships/*", "POST")
    answer = await desk.ask("POST", "users", body, key=own)
    if answer.status_code != 201:
        assert code(answer) == "OUTCOME_UNKNOWN" and len(desk.books.mails) == mails
        desk.later(61)
        answer = await desk.ask("POST", "users", body, key=own)
    told = answer.json()["data"]
    assert (told["email"], told["role"], told["status"]) == (email, "EMPLOYEE", "INVITED")
    assert len(desk.books.mails) == mails + 1
    (member,) = [one for one in desk.books.organisation.members if one.email == email]
    assert member.id == told["id"]
    again = await desk.ask("POST", "users", body)
    assert codes(again) == {"email": "ALREADY_A_MEMBER"}


async def test_an_invitation_is_checked(desk: Desk) -> None:
    wrong = {"email": "x", "firstName": "a" * 61, "lastName": "b", "role": "OWNER"}
    assert set(codes(await desk.ask("POST", "users", wrong))) == {"role"}
    wrong = {**wrong, "role": "ACCOUNTANT", "teamId": "7"}
    assert codes(await desk.ask("POST", "users", wrong)) == {
        "email": "NOT_AN_EMAIL",
        "firstName": "TOO_LONG",
        "teamId": "NOT_FOUND",
    }


@pytest.mark.parametrize("failure", FAILURES)
async def test_a_bank_account_is_opened_once_and_renamed(desk: Desk, failure: Failure) -> None:
    """Though another has its name: Qonto takes a key, which is stored before it leaves."""
    accounts = desk.books.organisation.bank_accounts
    body = {"name": f"Taxes {failure}", "iban": "FR76", "currency": "EUR"}
    first = await desk.ask("POST", "bankAccounts", body)
    assert first.status_code == 201
    assert any(line.startswith("iban was not used") for line in first.json()["meta"]["warnings"])
    before = len(accounts)
    desk.goes_wrong(failure, "/v2/bank_accounts", "POST")
    told = (await desk.ask("POST", "bankAccounts", body)).json()["data"]
    assert len(accounts) == before + 1 and told["id"] == accounts[-1].id
    assert (told["name"], told["iban"]) == (body["name"], accounts[-1].iban)
    desk.goes_wrong(failure, "/v2/bank_accounts/*", "PATCH")
    renamed = await desk.done("PATCH", f"bankAccounts/{told['id']}", {"name": " VAT "})
    assert (renamed["name"], accounts[-1].name) == ("VAT", "VAT")
    paid_there = invoice("account", await desk.customer("Paying"), bankAccountId=told["id"])
    await desk.done("POST", "invoices", paid_there)
    assert desk.invoices("account")[-1].iban == told["iban"]


async def test_accounts_are_checked(desk: Desk) -> None:
    assert set(codes(await desk.ask("POST", "bankAccounts", {"name": ""}))) == {"name"}
    wrong = {"name": " ", "currency": "USD"}
    assert set(codes(await desk.ask("POST", "bankAccounts", wrong))) == {"name", "currency"}
    one = desk.books.organisation.bank_accounts[-1]
    one.status = "closed"
    renamed = await desk.ask("PATCH", f"bankAccounts/{one.id}", {"name": "x"})
    assert codes(renamed) == {"status": "WRONG_STATUS"}


async def test_an_account_is_closed_once_its_owner_approves_it(desk: Desk) -> None:
    """Under one key it is one task, and the owner is asked once."""
    made = (await desk.done("POST", "bankAccounts", {"name": "To be closed"}))["id"]
    path, own = f"bankAccounts/{made}", desk.books.account(made)
    assert own is not None
    checked = await desk.ask("DELETE", path, dryRun="true")
    assert checked.status_code == 200
    told = checked.json()["data"]
    assert (told["expected"]["id"], told["expected"]["status"]) == (made, "ACTIVE")
    assert told["confirmationToken"] and desk.control.sca_sessions() == []
    begun, again = [await desk.ask("DELETE", path, key="close-1") for _ in range(2)]
    assert (begun.status_code, again.status_code) == (202, 202)
    task = begun.json()["data"]["taskId"]
    assert again.json()["data"]["taskId"] == task
    assert again.headers["Idempotent-Replayed"] == "true"
    wrong = await desk.ask("DELETE", path, key="close-1", approveBy="passkey")
    assert (wrong.status_code, code(wrong)) == (409, "IDEMPOTENCY_KEY_REUSED")

    async def until(status: str) -> dict[str, Any]:
        async with asyncio.timeout(20):
            while True:
                answer = await desk.client.get(f"/accounting/asyncTask/{task}")
                found: dict[str, Any] = answer.json()["data"]
                if found["status"] == status and (found["information"] or found["responseData"]):
                    return found
                await asyncio.sleep(0.05)

    waiting = await until("IN_PROGRESS")
    assert "bank's app" in waiting["information"][0]["message"] and own.status == "active"
    (session,) = desk.control.sca_sessions()
    desk.control.decide_sca(str(session["token"]), "allow")
    ended = await until("SUCCESS")
    assert ended["responseData"] == {"id": made, "status": "ARCHIVED"} and own.status == "closed"
    read = (await desk.client.get(f"/accounting/{path}")).json()["data"]
    assert read["status"] == "ARCHIVED"
    assert codes(await desk.ask("DELETE", path)) == {"status": "WRONG_STATUS"}


async def test_what_stands_against_closing_an_account_is_said_at_once(desk: Desk) -> None:
    main = desk.books.organisation.main_account
    refused = await desk.ask("DELETE", f"bankAccounts/{main.id}")
    assert codes(refused) == {"id": "MAIN_ACCOUNT", "balance": "BALANCE_NOT_ZERO"}
    assert codes(await desk.ask("DELETE", f"bankAccounts/{main.id}", approveBy="letter")) == {
        "approveBy": "NOT_ALLOWED"
    }
    unknown = await desk.ask("DELETE", "bankAccounts/nobody")
    assert (unknown.status_code, code(unknown)) == (404, "NOT_FOUND")
    async with await other_account(desk.up) as by_key:
        answer = await by_key.delete(f"/accounting/bankAccounts/{main.id}")
    assert (answer.status_code, code(answer)) == (404, "NOT_SUPPORTED")


@pytest.mark.parametrize("price", ["12345678901.123456", "0.100001", "9007199254.740993"])
async def test_no_amount_goes_through_a_float(desk: Desk, price: str) -> None:
    """A price of 17 digits arrives as it was written, and comes back so."""
    customer = await desk.customer("Exact")
    line = {"name": "Exact", "quantity": 1, "unitAmount": "PRICE", "taxRatePercentage": 20}
    order = f"exact {price}"[:40]
    raw = msgspec.json.encode(invoice(order, customer, lineItems=[line]))
    answer = await desk.ask("POST", "invoices", raw.replace(b'"PRICE"', price.encode()))
    assert answer.status_code == 201, answer.text
    assert f'"unitAmount":{price}'.encode() in answer.content.replace(b" ", b"")
    (known,) = desk.invoices(order)
    assert known.lines[0].unit_price == Decimal(price)


@pytest.mark.covers("QX-58")
async def test_numbers_by_hand_are_needed_to_finalize(desk: Desk) -> None:
    desk.control.set_organization(automatic_numbering=False)
    try:
        id = await desk.draft("by hand", await desk.customer("Manual"))
        refused = await desk.ask("POST", f"invoices/{id}/finalize")
        assert (refused.status_code, code(refused)) == (400, "DOWNSTREAM_REFUSED")
        assert "number" in refused.json()["errors"]["downstreamErrors"][0]["hint"]
        await desk.done("PATCH", f"invoices/{id}", {"invoiceNumber": "HAND-1"})
        done = await desk.done("POST", f"invoices/{id}/finalize")
        assert done["invoiceNumber"] == "HAND-1"
    finally:
        desk.control.set_organization(automatic_numbering=True)
    made = await desk.draft("automatic", await desk.customer("Automatic"))
    assert (await desk.done("POST", f"invoices/{made}/finalize"))["invoiceNumber"]


@pytest.mark.covers("QX-52")
async def test_an_organisation_without_an_iban_for_invoices_is_told_where_to_set_it(
    desk: Desk,
) -> None:
    body = {"errors": [{"code": "invalid_iban", "detail": "IBAN is empty"}]}
    customer = await desk.customer("No IBAN")
    desk.goes_wrong("status", "/v2/client_invoices", "POST", status=422, body=body)
    answer = await desk.ask("POST", "invoices", invoice("no iban", customer))
    assert (answer.status_code, code(answer)) == (400, "DOWNSTREAM_REFUSED")
    assert "invoice settings" in answer.json()["errors"]["downstreamErrors"][0]["hint"]
    assert desk.invoices("no iban") == []
