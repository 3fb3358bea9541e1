"""One company's own software at its back office, over real HTTP, against the simulator."""

import json
import re
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import httpx2
import pytest
import pytest_asyncio
from qonto_simulator import Simulator
from qonto_simulator.control.control import Control
from qonto_simulator.world import Books
from starlette.types import ASGIApp
from structlog.testing import capture_logs

from connector.app.factory import create_app
from connector.app.one_company import OwnAccount
from connector.app.own_account import EVERY, OwnCompany
from connector.app.sandbox import Sandbox, sandbox
from connector.app.serving import bind, serving
from connector.app.settings import BackOfficeGroup
from connector.faces.backoffice import OPERATIONS
from oauth.key_links import Credentials

pytestmark = [pytest.mark.loopback, pytest.mark.asyncio(loop_scope="module")]

UNKNOWN = "01890000-0000-7000-8000-000000000000"
LINE = {"name": "Consulting", "quantity": 2, "unitAmount": 600, "taxRatePercentage": 20}


@dataclass(frozen=True)
class Till:
    """The company's software, and what Qonto has of the company."""

    http: httpx2.AsyncClient
    simulator: Simulator

    @property
    def books(self) -> Books:
        return self.simulator.world.first

    @property
    def control(self) -> Control:
        return self.simulator.control

    @property
    def client_id(self) -> str:
        """A customer that can be invoiced."""
        return next(
            one.id
            for one in self.books.clients
            if one.kind == "company" and one.tax_identification_number and one.currency
        )

    async def ok(self, method: str, path: str, body: object = None, **query: Any) -> Any:
        """Make a call that must succeed; return its answer, with exact numbers."""
        answer = await self.http.request(method, f"/api/qonto/{path}", json=body, params=query)
        assert answer.status_code == (201 if method == "POST" and not query else 200), answer.text
        told = json.loads(answer.content, parse_float=Decimal)
        assert told.pop("success") is True
        return told

    async def refused(self, method: str, path: str, body: object = None, **query: Any) -> Any:
        """Make a call that must fail; return its status and its code."""
        answer = await self.http.request(method, f"/api/qonto/{path}", json=body, params=query)
        told = answer.json()
        assert told["success"] is False
        assert answer.headers["content-type"] == "application/json"
        return answer.status_code, told["error"]["code"]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def up() -> AsyncIterator[Sandbox]:
    opened = BackOfficeGroup(open_on_loopback=True, create_credit_notes=True)
    async with sandbox(back_office=opened) as running:
        yield running


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def till(up: Sandbox) -> AsyncIterator[Till]:
    async with httpx2.AsyncClient(base_url=up.api, timeout=30, trust_env=False) as http:
        up.simulators["qonto"].control.set_quirks(pdf_delay=0, file_delay=0)
        yield Till(http, up.simulators["qonto"])


@pytest.mark.covers("VER-01")
@pytest.mark.covers("VER-09")
async def test_the_status_is_asked_of_qonto_and_lists_what_there_is(till: Till) -> None:
    before = len(till.control.journal())
    told = await till.ok("GET", "status")
    assert len(till.control.journal()) == before + 1
    assert (told["active"], told["authMode"]) == (True, "api_key")
    assert told["organizationId"] == till.simulator.login
    assert told["features"] == {
        "invoices": ["list", "read", "create", "update", "delete", "pdf"],
        "creditNotes": ["list", "read", "create", "pdf"],
        "quotes": ["list", "read", "create", "update", "delete", "pdf"],
        "transactions": ["list", "read"],
        "balance": ["read"],
    }
    assert told["apiKey"]["ageDays"] == 0
    assert till.simulator.secret not in json.dumps(told, default=str)


@pytest.mark.covers("VER-01")
async def test_what_the_status_lists_is_what_is_served(till: Till) -> None:
    """Each feature is an operation, and each operation but the status is a feature."""
    verbs = {"POST": "create", "PATCH": "update", "DELETE": "delete"}
    served = {("balance", "read")}
    for one in OPERATIONS:
        path = one.path.removeprefix("/api/qonto/").split("/")
        many = {"credit-notes": "creditNotes"}.get(path[0], path[0])
        if many in ("status", "balance"):
            continue
        last = path[-1]
        reading = "pdf" if last == "pdf" else "list" if len(path) == 1 else "read"
        served.add((many, verbs.get(one.method, reading)))
    features = (await till.ok("GET", "status"))["features"]
    assert {(many, action) for many, actions in features.items() for action in actions} == served


@pytest.mark.covers("VER-02")
async def test_an_invoice_is_drafted_read_changed_and_deleted(till: Till) -> None:
    body = {"contactId": till.client_id, "invoiceDate": "2026-11-20", "dueDate": "2026-12-20"}
    made = (await till.ok("POST", "invoices", {**body, "lineItems": [LINE]}))["invoice"]
    path = f"invoices/{made['id']}"
    stored = till.books.client_invoices.get(made["id"])
    assert stored is not None and stored.status == "draft"
    assert (made["status"], made["totalAmount"]) == ("DRAFT", 1440)
    assert (await till.ok("GET", path))["invoice"] == made
    changed = await till.ok("PATCH", path, {"lineItems": [{**LINE, "quantity": 1}]})
    assert changed["invoice"]["totalAmount"] == 720
    assert await till.ok("DELETE", path) == {"id": made["id"]}
    assert till.books.client_invoices.get(made["id"]) is None
    assert await till.refused("GET", path) == (404, "not_found")


@pytest.mark.covers("VER-02")
async def test_only_a_draft_is_changed_or_deleted(till: Till) -> None:
    final = f"invoices/{till.control.create_invoice()['id']}"
    status, _ = await till.refused("PATCH", final, {"header": "Hello"})
    assert status in (400, 409)
    status, _ = await till.refused("DELETE", final)
    assert status in (400, 409)
    assert (await till.ok("GET", final))["invoice"]["status"] == "OPEN"


@pytest.mark.covers("VER-02")
async def test_a_wrong_invoice_is_told_field_by_field_and_not_made(till: Till) -> None:
    before = len(till.books.client_invoices)
    answer = await till.http.post("/api/qonto/invoices", json={"lineItems": [{"name": "x"}]})
    told = answer.json()["error"]
    assert (answer.status_code, told["code"]) == (400, "validation_failed")
    assert {one["field"] for one in told["fields"]} >= {"contactId", "invoiceDate"}
    assert len(till.books.client_invoices) == before


async def test_a_write_is_checked_first_and_done_once(till: Till) -> None:
    body = {"contactId": till.client_id, "invoiceDate": "2026-11-20", "dueDate": "2026-12-20"}
    body["lineItems"] = [LINE]
    before = len(till.books.client_invoices)
    told = await till.ok("POST", "invoices", body, dryRun="true")
    assert told["dryRun"]["isValid"] is True
    assert len(till.books.client_invoices) == before
    key = {"Idempotency-Key": "order-117"}
    answers = [
        await till.http.post("/api/qonto/invoices", json=body, headers=key) for _ in range(2)
    ]
    assert [one.status_code for one in answers] == [201, 201]
    assert answers[0].json()["invoice"]["id"] == answers[1].json()["invoice"]["id"]
    assert answers[1].headers["Idempotent-Replayed"] == "true"
    assert len(till.books.client_invoices) == before + 1


async def test_invoices_come_in_pages_and_by_filters(till: Till) -> None:
    everything = len(till.books.client_invoices)
    seen: list[str] = []
    for number in range(1, -(-everything // 50) + 1):
        page = await till.ok("GET", "invoices", limit=50, page=number)
        seen += [one["id"] for one in page["invoices"]]
    assert sorted(seen) == sorted(one.id for one in till.books.client_invoices)
    assert page["pagination"]["total"] == everything
    drafts = await till.ok("GET", "invoices", status="DRAFT")
    assert {one["status"] for one in drafts["invoices"]} == {"DRAFT"}
    assert await till.refused("GET", "invoices", status="NONSENSE") == (400, "validation_failed")


@pytest.mark.covers("VER-03")
async def test_an_invoice_comes_as_pdf(till: Till) -> None:
    made = till.control.create_invoice()["id"]
    for accept in ("*/*", "text/html", "application/json"):
        answer = await till.http.get(f"/api/qonto/invoices/{made}/pdf", headers={"Accept": accept})
        assert answer.status_code == 200
        assert answer.headers["content-type"] == "application/pdf"
        assert answer.headers["content-disposition"].startswith("attachment; filename=")
        assert answer.content.startswith(b"%PDF-")


@pytest.mark.covers("VER-03")
async def test_without_a_pdf_it_is_told_that_there_is_none_yet(till: Till) -> None:
    draft = (await till.ok("GET", "invoices", status="DRAFT"))["invoices"][0]["id"]
    assert await till.refused("GET", f"invoices/{draft}/pdf") == (404, "document_not_ready")
    assert await till.refused("GET", f"invoices/{UNKNOWN}/pdf") == (404, "not_found")
    till.control.set_quirks(pdf_delay=10, file_delay=10)
    try:
        made = till.control.create_invoice()["id"]
        answer = await till.http.get(f"/api/qonto/invoices/{made}/pdf")
        assert (answer.status_code, answer.json()["error"]["code"]) == (404, "document_not_ready")
        assert int(answer.headers["Retry-After"]) > 0
    finally:
        till.control.set_quirks(pdf_delay=0, file_delay=0)


@pytest.mark.covers("VER-03")
@pytest.mark.parametrize(
    "fault", [{"kind": "html", "status": 200}, {"kind": "drop"}, {"kind": "status", "status": 500}]
)
async def test_what_stands_in_for_a_pdf_is_never_passed_on(
    till: Till, fault: dict[str, Any]
) -> None:
    made = till.control.create_invoice()["id"]
    till.control.fault("/files/*", **fault)
    try:
        status, code = await till.refused("GET", f"invoices/{made}/pdf")
        assert status in (502, 503)
        assert code in ("downstream_error", "downstream_unavailable")
    finally:
        till.control.clear_faults()


async def test_a_file_that_is_no_pdf_is_not_called_one(till: Till) -> None:
    world, made = till.simulator.world, str(till.control.create_invoice()["id"])
    invoice = till.books.client_invoices.get(made)
    assert invoice is not None
    picture = world.store_file(till.books, "f.png", "image/png", lambda: b"\x89PNG", world.now())
    invoice.attachment_id = picture.id
    assert await till.refused("GET", f"invoices/{made}/pdf") == (404, "document_unreadable")


@pytest.mark.covers("VER-04")
async def test_credit_notes_are_listed_read_and_made(till: Till) -> None:
    invoice = till.control.create_invoice(vat_rate="0.2")["id"]
    line = {
        "itemName": "Goods came back",
        "quantity": 1,
        "unitAmount": "100.00",
        "taxRatePercentage": 0,
        "taxExemptionReason": "S293B",
    }
    body = {"invoiceId": invoice, "reason": "Goods came back", "creditNoteDate": "2026-11-20"}
    body["creditNoteLines"] = [line]
    checked = await till.ok("POST", "credit-notes", body, dryRun="true")
    assert checked["dryRun"]["expected"]["totalGrossAmount"] == 100
    assert checked["dryRun"]["confirmationToken"]
    made = (await till.ok("POST", "credit-notes", body))["creditNote"]
    assert made["totalGrossAmount"] == -100
    assert (await till.ok("GET", f"credit-notes/{made['id']}"))["creditNote"] == made
    listed = await till.ok("GET", "credit-notes", limit=100)
    assert made["id"] in {one["id"] for one in listed["creditNotes"]}
    assert listed["pagination"]["total"] == len(till.books.credit_notes)
    assert (await till.refused("DELETE", f"credit-notes/{made['id']}")) == (
        405,
        "method_not_allowed",
    )


@pytest.mark.covers("VER-04")
async def test_credit_notes_are_made_only_where_that_is_turned_on(up: Sandbox, till: Till) -> None:
    usual = up.container.settings.model_copy(
        update={"back_office": BackOfficeGroup(open_on_loopback=True)}
    )
    company = OwnCompany(up.container, OwnAccount(till.simulator.login, till.simulator.secret))
    app = create_app(replace(up.container, settings=usual), worker=False, company=company)
    async with served_by(app) as http:
        careful = Till(http, till.simulator)
        before = len(careful.books.credit_notes)
        refused = await careful.refused("POST", "credit-notes", {})
        assert refused == (404, "not_enabled")
        assert len(careful.books.credit_notes) == before
        assert (await careful.ok("GET", "credit-notes"))["creditNotes"]
        features = (await careful.ok("GET", "status"))["features"]
        assert "create" not in features["creditNotes"]


def quote(till: Till, *lines: dict[str, Any], **changes: Any) -> dict[str, Any]:
    return {
        "contactId": till.client_id,
        "offerDate": "2026-11-20",
        "expiryDate": "2026-12-20",
        "termsAndConditions": "Good for 30 days.",
        "lineItems": lines or [LINE],
        **changes,
    }


@pytest.mark.covers("VER-05")
async def test_a_quote_is_made_read_changed_and_deleted(till: Till) -> None:
    made = (await till.ok("POST", "quotes", quote(till)))["quote"]
    path = f"quotes/{made['id']}"
    assert made["totalGrossAmount"] == 1440
    assert till.books.quotes.get(made["id"]) is not None
    assert (await till.ok("GET", path))["quote"] == made
    changed = await till.ok("PATCH", path, {"lineItems": [{**LINE, "quantity": 1}]})
    assert changed["quote"]["totalGrossAmount"] == 720
    listed = await till.ok("GET", "quotes", limit=100)
    assert made["id"] in {one["id"] for one in listed["quotes"]}
    assert await till.ok("DELETE", path) == {"id": made["id"]}
    assert await till.refused("GET", path) == (404, "not_found")


@pytest.mark.covers("VER-06")
async def test_a_quote_for_services_has_lines_of_its_own(till: Till) -> None:
    lines = [
        {"name": "Two days on site", "quantity": "2", "unitAmount": "850.50", "unitName": "day"},
        {"name": "Travel", "quantity": 1, "unitAmount": "112.30"},
    ]
    rated = [{**one, "taxRatePercentage": 20} for one in lines]
    made = (await till.ok("POST", "quotes/service", quote(till, *rated)))["quote"]
    assert [(one["name"], one["itemId"]) for one in made["lineItems"]] == [
        ("Two days on site", None),
        ("Travel", None),
    ]
    assert made["totalNetAmount"] == Decimal("1813.30")
    assert (await till.ok("GET", f"quotes/{made['id']}"))["quote"] == made


@pytest.mark.covers("VER-06")
@pytest.mark.parametrize(
    ("line", "field"),
    [
        ({**LINE, "itemId": UNKNOWN}, "lineItems.0.itemId"),
        ({key: value for key, value in LINE.items() if key != "name"}, "lineItems.0.name"),
        ({**LINE, "name": ""}, "lineItems.0.name"),
    ],
)
async def test_a_line_of_services_is_described_and_is_about_no_product(
    till: Till, line: dict[str, Any], field: str
) -> None:
    before = len(till.books.quotes)
    answer = await till.http.post("/api/qonto/quotes/service", json=quote(till, line))
    assert answer.status_code == 400
    assert field in {one["field"] for one in answer.json()["error"]["fields"]}
    assert len(till.books.quotes) == before


@pytest.mark.covers("VER-07")
@pytest.mark.covers("VER-16")
async def test_the_balance_has_its_shape_and_is_exact(till: Till) -> None:
    owned = till.books.organisation.bank_accounts
    balances = [one.balance for one in owned]
    try:
        for one, amount in zip(owned, ("0.10", "0.20", *["0.00"] * len(owned)), strict=False):
            one.balance = Decimal(amount)
        answer = await till.http.get("/api/qonto/balance")
        told = json.loads(answer.content, parse_float=str)
        assert list(told) == ["success", "accounts", "totalBalance", "currency"]
        assert (told["totalBalance"], told["currency"]) == ("0.30", "EUR")
        assert [one["balance"] for one in told["accounts"][:2]] == ["0.10", "0.20"]
        assert len(told["accounts"]) == len(owned)
    finally:
        for one, amount in zip(owned, balances, strict=True):
            one.balance = amount


@pytest.mark.covers("VER-16")
async def test_currencies_are_never_summed_up_together(till: Till) -> None:
    one = till.books.organisation.bank_accounts[-1]
    before = one.currency
    try:
        one.currency = "USD"
        told = await till.ok("GET", "balance")
    finally:
        one.currency = before
    assert told["totalBalance"] is None and told["currency"] is None
    of_dollars = {"currency": "USD", "totalBalance": one.balance}
    assert of_dollars in told["totals"]
    assert [total["currency"] for total in told["totals"]] == ["EUR", "USD"]


@pytest.mark.covers("VER-08")
async def test_transactions_come_in_pages_and_by_filters(till: Till) -> None:
    account = next(iter(till.books.transactions))
    first = await till.ok("GET", "transactions", limit=5, bankAccountId=account)
    second = await till.ok("GET", "transactions", limit=5, page=2, bankAccountId=account)
    assert first["pagination"] == {
        "total": len(till.books.transactions[account]),
        "perPage": 5,
        "currentPage": 1,
        "totalPages": -(-len(till.books.transactions[account]) // 5),
    }
    ids = [one["id"] for one in (*first["transactions"], *second["transactions"])]
    assert len(set(ids)) == 10
    assert {one["accountId"] for one in first["transactions"]} == {account}
    spent = await till.ok("GET", "transactions", debitCreditIndicator="DEBIT", limit=20)
    assert {one["type"] for one in spent["transactions"]} <= {"SPEND", "SPEND-TRANSFER"}
    earned = await till.ok("GET", "transactions", debitCreditIndicator="CREDIT", limit=20)
    assert spent["transactions"] and earned["transactions"]
    assert not {one["type"] for one in earned["transactions"]} & {"SPEND", "SPEND-TRANSFER"}
    day = second["transactions"][0]["bookingDate"][:10]
    until = await till.ok("GET", "transactions", bookingDateFrom=day, bookingDateTo=day)
    assert {one["bookingDate"][:10] for one in until["transactions"]} == {day}
    one = first["transactions"][0]
    assert (await till.ok("GET", f"transactions/{one['id']}"))["transaction"] == one
    for wrong in ({"limit": "7"}, {"page": "0"}, {"bookingDateFrom": "x"}, {"status": "x"}):
        assert await till.refused("GET", "transactions", **wrong) == (400, "validation_failed")


async def test_what_qonto_answers_amiss_is_told_in_the_same_shape(till: Till) -> None:
    till.control.fault("/v2/transactions", "html", status=200, times=10)
    try:
        assert await till.refused("GET", "transactions") == (502, "downstream_error")
    finally:
        till.control.clear_faults()


# -- wrong credentials ----------------------------------------------------------------------------

REFUSED = (401, "qonto_credentials_refused")


async def everywhere(till: Till) -> dict[tuple[str, str], tuple[int, str]]:
    """Return what each operation is refused with, which none may not be."""
    wanted = {
        "/api/qonto/invoices": {"contactId": "x", "invoiceDate": "2026-11-20", "lineItems": [LINE]},
        "/api/qonto/quotes": quote(till),
        "/api/qonto/quotes/service": quote(till),
        "/api/qonto/credit-notes": {
            "invoiceId": UNKNOWN,
            "reason": "Goods came back",
            "creditNoteDate": "2026-11-20",
            "creditNoteLines": [LINE],
        },
    }
    found: dict[tuple[str, str], tuple[int, str]] = {}
    for one in OPERATIONS:
        path = re.sub(r"\{\w+\}", UNKNOWN, one.path).removeprefix("/api/qonto/")
        body = wanted.get(one.path, {"header": "Hello"}) if one.method != "GET" else None
        found[one.method, one.path] = await till.refused(one.method, path, body)
    return found


@pytest.mark.covers("VER-17")
@pytest.mark.covers("VER-09")
async def test_a_key_that_is_wrong_from_the_start_is_told_alike_by_all(
    till: Till, up: Sandbox
) -> None:
    """The service starts, so that whoever asks is told; a good key that was stored isn't used."""
    with capture_logs() as logs:
        company = OwnCompany(up.container, OwnAccount(till.simulator.login, "wrong-canary"))
        await company.start()
    assert [(one["event"], one["code"]) for one in logs if one["log_level"] == "error"] == [
        ("one_company.not_linked", "ACCOUNT_REAUTH_REQUIRED")
    ]
    assert "canary" not in str(logs)
    asked = len(till.control.journal())
    async with served_by(create_app(up.container, worker=False, company=company)) as http:
        lost = Till(http, till.simulator)
        assert set((await everywhere(lost)).values()) == {REFUSED}
        told = (await http.get("/api/qonto/status")).json()
    assert (told["active"], told["authMode"]) == (False, "api_key")
    assert "QONTO_API_KEY" in told["error"]["message"]
    assert "canary" not in str(told)
    assert len(till.control.journal()) == asked, "a wrong key is tried over and over"


@pytest.mark.covers("VER-17")
@pytest.mark.covers("VER-09")
async def test_a_key_that_stops_working_is_told_alike_by_all_until_it_works(
    till: Till, up: Sandbox
) -> None:
    organisation = till.books.organisation
    now = [0.0]
    own = OwnAccount(till.simulator.login, till.simulator.secret)
    company = OwnCompany(up.container, own, now=lambda: now[0])
    await company.start()
    async with served_by(create_app(up.container, worker=False, company=company)) as http:
        office = Till(http, till.simulator)
        assert (await office.ok("GET", "status"))["active"] is True
        till.books.organisation = replace(organisation, secret_key="another")
        try:
            assert set((await everywhere(office)).values()) == {REFUSED}
        finally:
            till.books.organisation = organisation
        assert await office.refused("GET", "balance") == REFUSED
        now[0] += EVERY
        assert (await office.ok("GET", "status"))["active"] is True
        assert (await office.ok("GET", "balance"))["accounts"]


async def test_qonto_that_cant_be_reached_at_the_start_is_asked_again(
    till: Till, up: Sandbox
) -> None:
    now = [0.0]
    fresh = OwnCompany(up.container, OwnAccount(till.simulator.login, "other"), lambda: now[0])
    organisation = till.books.organisation
    till.control.fault("/v2/organization", "drop", times=10)
    await fresh.start()
    till.control.clear_faults()
    till.books.organisation = replace(organisation, secret_key="other")
    try:
        async with served_by(create_app(up.container, worker=False, company=fresh)) as http:
            office = Till(http, till.simulator)
            status, code = await office.refused("GET", "balance")
            assert status == 503 and code.endswith("unavailable")
            now[0] += EVERY
            assert (await office.ok("GET", "balance"))["accounts"]
    finally:
        till.books.organisation = organisation


# -- the age of the key ---------------------------------------------------------------------------


@pytest.mark.covers("VER-19")
async def test_the_status_tells_how_old_the_key_is_and_when_to_renew_it(
    till: Till, up: Sandbox
) -> None:
    """Linking the same key again doesn't make it younger; another one is new."""
    own = OwnAccount(till.simulator.login, till.simulator.secret)
    company = OwnCompany(up.container, own)
    account = await company.link()
    async with served_by(create_app(up.container, worker=False, company=company)) as http:
        office = Till(http, till.simulator)
        for days, is_due in ((179, False), (181, True)):
            await made_older(up, account.connection_id, days)
            told = await office.ok("GET", "status")
            assert (told["apiKey"]["ageDays"], told["apiKey"]["isDue"]) == (days, is_due)
            assert ("warnings" in told) is is_due
    credentials = Credentials(own.organization_id, own.api_key)
    linking = up.container.oauth.key_links
    await linking.link(await company.tenant(), "qonto", credentials, with_key=False)
    age = await company.key_age()
    assert age is not None and age.days == 181


async def made_older(up: Sandbox, connection_id: str | None, days: int) -> None:
    """Let a key have been set so many days ago."""
    async with up.container.storage.work.writing() as tx:
        stored = await tx.tokens.get(connection_id or "")
        assert stored is not None
        since = up.container.storage.clock() - timedelta(days=days)
        await tx.tokens.put(replace(stored, updated_at=since))


@asynccontextmanager
async def served_by(app: ASGIApp) -> AsyncGenerator[httpx2.AsyncClient]:
    """Serve an app of a test's own on loopback."""
    async with (
        serving(app, bind("127.0.0.1", 0)) as address,
        httpx2.AsyncClient(base_url=address, timeout=30, trust_env=False) as http,
    ):
        yield http
