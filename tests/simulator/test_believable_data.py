"""The seeded data: each company belongs to its country, and its figures agree with each other."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from qonto_simulator import Simulator
from stdnum import bic, iban
from stdnum.eu import vat
from stdnum.gb import vat as british_vat

from .support import Api, Receiver

SLUGS = {
    "FR": "atelier-mercure-4821",
    "IT": "officina-trastevere-1093",
    "DE": "werkstatt-nord-7730",
    "ES": "taller-poblenou-5512",
}
ALL_STATUSES = "completed,pending,declined"
ABROAD = {"Northwind Traders Ltd", "Cascadia Software Inc.", "Thames Print Co", "Pacific Cloud LLC"}
OFFICE = range(7, 20)


@pytest.fixture(params=SLUGS)
def country(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture
def local(sim: Simulator, open_api: Callable[..., Api], country: str) -> Api:
    """A token of the organisation in that country."""
    return api_of(sim, open_api, country)


def api_of(sim: Simulator, open_api: Callable[..., Api], country: str) -> Api:
    token = sim.issue_access_token(organization_id=SLUGS[country])
    return open_api(sim, Authorization=f"Bearer {token}")


async def rows(api: Api, path: str, **params: Any) -> list[dict[str, Any]]:
    answer = await api.take("GET", path, params=params)
    [key] = answer.keys() - {"meta"}
    return answer[key]


async def accounts(api: Api) -> list[dict[str, Any]]:
    return await rows(api, "/v2/bank_accounts")


async def movements(api: Api, account: dict[str, Any] | None = None) -> list[dict[str, Any]]:
    """All transactions of an account, of the main one by default, oldest first."""
    where = account or (await accounts(api))[0]
    params = {"bank_account_id": where["id"], "status[]": ALL_STATUSES}
    return await rows(api, "/v2/transactions", **params, sort_by="emitted_at:asc")


def exact(number: float) -> Decimal:
    return Decimal(str(number))


def signed(one: dict[str, Any]) -> Decimal:
    return exact(one["amount"]) * (1 if one["side"] == "credit" else -1)


async def test_tax_and_account_numbers_are_valid(local: Api, country: str) -> None:
    clients = await rows(local, "/v2/clients")
    bills = await rows(local, "/v2/supplier_invoices")
    invoices = await rows(local, "/v2/client_invoices")
    companies = [one for one in clients if one["vat_number"]]
    assert len(companies) == 3
    for one in companies:
        number = one["vat_number"]
        valid = british_vat if number.startswith("GB") else vat
        assert valid.is_valid(number), number
    mine = invoices[0]["organization"]["vat_number"]
    assert mine.startswith(country)
    assert vat.is_valid(mine)
    senders = {one["vat_number"] for one in bills if one["vat_number"]}
    assert len(senders) >= 8
    assert all(number.startswith(country) and vat.is_valid(number) for number in senders)
    payees = await rows(local, "/v2/sepa/beneficiaries")
    known = [*await accounts(local), *payees]
    assert all(iban.is_valid(one["iban"]) and one["iban"][:2] == country for one in known)
    assert all(bic.is_valid(one["bic"]) and one["bic"][4:6] == country for one in known)
    for one in await movements(local):
        other = one.get(one["operation_type"]) or {}
        number = other.get("counterparty_account_number")
        assert number is None or iban.is_valid(number)


async def test_one_bill_has_a_typing_error_in_its_iban(local: Api) -> None:
    bills = await rows(local, "/v2/supplier_invoices")
    wrong = [one for one in bills if one["iban"] and not iban.is_valid(one["iban"])]
    assert [one["invoice_number"] for one in wrong] == ["INV-3382"]


async def test_nobody_deals_with_the_shops_of_another_country(
    sim: Simulator, open_api: Callable[..., Api]
) -> None:
    names: dict[str, set[str]] = {}
    for country in SLUGS:
        api = api_of(sim, open_api, country)
        names[country] = (
            {
                *(one["label"] for one in await movements(api)),
                *(one["supplier_name"] or "" for one in await rows(api, "/v2/supplier_invoices")),
                *(one["name"] for one in await rows(api, "/v2/clients")),
                *(one["name"] for one in await rows(api, "/v2/sepa/beneficiaries")),
                *(one["name"] for one in await rows(api, "/v2/labels")),
                *(one["name"] for one in await rows(api, "/v2/teams")),
            }
            - ABROAD
            - {"", "Qonto", "Mollie B.V."}
        )
    for one in SLUGS:
        for other in SLUGS:
            assert one == other or not names[one] & names[other]
    assert "Bäckerei Sturm" in names["DE"]
    assert "SNCF" not in names["DE"]


async def test_documents_are_numbered_as_each_company_likes(
    sim: Simulator, open_api: Callable[..., Api]
) -> None:
    first: dict[str, tuple[str, ...]] = {}
    for country in SLUGS:
        api = api_of(sim, open_api, country)
        lists = [
            await rows(api, path, sort_by="created_at:asc")
            for path in ("/v2/client_invoices", "/v2/quotes", "/v2/credit_notes")
        ]
        first[country] = tuple(found[0]["number"] for found in lists)
    assert first == {
        "FR": ("F-2026-001", "D-2026-001", "A-2026-001"),
        "IT": ("1/2026", "P1/2026", "NC1/2026"),
        "DE": ("RE-2026-0001", "AN-2026-0001", "GS-2026-0001"),
        "ES": ("26/0001", "P26/0001", "R26/0001"),
    }


async def test_numbers_go_on_in_the_style_of_the_company(
    sim: Simulator, open_api: Callable[..., Api]
) -> None:
    api = api_of(sim, open_api, "DE")
    body = {"organization_id": SLUGS["DE"], "vat_rate": "0.19"}
    made = await api.take("POST", "/_simulator/invoices", 201, json=body)
    assert made["client_invoice"]["number"] == "RE-2026-0011"
    drafts = await rows(api, "/v2/client_invoices", **{"filter[status]": "draft"})
    assert {one["number"] for one in drafts} == {"RE-2026-0011-PROFORMA", "RE-2026-0012-PROFORMA"}


async def test_a_balance_is_the_sum_of_its_transactions(local: Api) -> None:
    for account in await accounts(local):
        made = await movements(local, account)
        done = sorted(
            (one for one in made if one["status"] == "completed"), key=lambda one: one["settled_at"]
        )
        balance = Decimal(0)
        for one in done:
            balance += signed(one)
            assert exact(one["settled_balance"]) == balance
            assert balance >= 0
        assert exact(account["balance"]) == balance
        held = sum((signed(one) for one in made if one["status"] == "pending"), Decimal(0))
        assert exact(account["authorized_balance"]) == balance + held


async def test_what_invoices_were_paid_came_in(local: Api) -> None:
    came = [one for one in await movements(local) if one["side"] == "credit"]
    paid = 0
    for invoice in await rows(local, "/v2/client_invoices"):
        mine = [one for one in came if invoice["number"] in (one["reference"] or "").split()]
        assert all(one["local_currency"] == invoice["currency"] for one in mine)
        amount = sum((exact(one["local_amount"]) for one in mine), Decimal(0))
        assert Decimal(invoice["amount_paid"]["value"]) == amount
        paid += bool(mine)
        if mine and invoice["status"] == "paid":
            assert datetime.fromisoformat(invoice["paid_at"]) == datetime.fromisoformat(
                mine[-1]["settled_at"]
            ).replace(microsecond=0)
    assert paid == 3


async def test_what_bills_were_paid_went_out(local: Api) -> None:
    by_id = {one["id"]: one for one in await movements(local)}
    bills = [
        one for one in await rows(local, "/v2/supplier_invoices") if one["matched_transactions"]
    ]
    assert {one["status"] for one in bills} == {"paid", "archived"}
    assert len(bills) == 4
    for bill in bills:
        [match] = bill["matched_transactions"]
        made = by_id[match["transaction_id"]]
        assert (made["side"], made["label"]) == ("debit", bill["supplier_name"])
        assert exact(made["local_amount"]) == Decimal(bill["total_amount"]["value"])
        assert made["local_currency"] == bill["total_amount"]["currency"]
        assert made["settled_at"][:10] == bill["payment_date"]


async def test_money_in_another_currency_is_exchanged(local: Api) -> None:
    foreign = [one for one in await movements(local) if one["local_currency"] != "EUR"]
    assert sorted(one["local_currency"] for one in foreign) == ["GBP", "USD", "USD"]
    usual = {"USD": (Decimal("1.05"), Decimal("1.25")), "GBP": (Decimal("0.8"), Decimal("0.95"))}
    for one in foreign:
        assert one["currency"] == "EUR"
        low, high = usual[one["local_currency"]]
        assert low < exact(one["local_amount"]) / exact(one["amount"]) < high
    [invoice] = [
        one for one in await rows(local, "/v2/client_invoices") if one["currency"] == "USD"
    ]
    assert (invoice["status"], invoice["amount_paid"]["value"]) == ("paid", "598.80")


async def test_a_client_that_pays_in_dollars_pays_what_it_owes(api: Api, sim: Simulator) -> None:
    [dollars] = [one for one in await rows(api, "/v2/clients") if one["currency"] == "USD"]
    invoice = next(one for one in sim.world.first.client_invoices if one.currency == "USD")
    assert invoice.client.id == dollars["id"]
    await api.take("POST", f"/v2/client_invoices/{invoice.id}/unmark_as_paid")
    await api.take("POST", f"/_simulator/invoices/{invoice.id}/pay")
    again = await api.take("GET", f"/v2/client_invoices/{invoice.id}")
    assert again["client_invoice"]["amount_paid"] == {"value": "598.80", "currency": "USD"}
    [newest] = (await movements(api))[-1:]
    assert (newest["local_amount"], newest["local_currency"]) == (598.8, "USD")
    assert newest["amount"] != newest["local_amount"]


async def test_people_work_on_working_days_in_office_hours(local: Api) -> None:
    written = [
        *await rows(local, "/v2/client_invoices"),
        *await rows(local, "/v2/quotes"),
        *await rows(local, "/v2/credit_notes"),
        *await rows(local, "/v2/requests"),
        *await rows(local, "/v2/sepa/transfers"),
        *await rows(local, "/v2/clients"),
        *await rows(local, "/v2/products"),
    ]
    for one in written:
        assert_at_work(one["created_at"])
    for one in await movements(local):
        if one["initiator_id"]:
            assert_at_work(one["emitted_at"])
        emitted = instant(one["emitted_at"])
        assert emitted.weekday() < 5
        if one["settled_at"]:
            assert emitted <= instant(one["settled_at"]) < emitted + timedelta(days=5)


@pytest.mark.parametrize("day", ["2026-12-28", "2027-01-04", "2027-03-29", "2028-02-29"])
async def test_every_day_of_the_year_has_a_past_that_adds_up(
    day: str, receiver: Receiver, open_api: Callable[..., Api]
) -> None:
    """After holidays, at the turn of the year and of the clocks."""
    now = datetime.fromisoformat(f"{day}T00:20:00+00:00")
    async with Simulator(clock=now, deliver=receiver.transport) as simulator:
        api = open_api(simulator, Authorization=f"Bearer {simulator.issue_access_token()}")
        for account in await accounts(api):
            made = await movements(api, account)
            done = [signed(one) for one in made if one["status"] == "completed"]
            assert exact(account["balance"]) == sum(done)
            assert all(instant(one["updated_at"]) <= now for one in made)
            assert not {one["emitted_at"][5:10] for one in made} & {"12-25", "12-26", "01-01"}
        invoices = await rows(api, "/v2/client_invoices")
        assert len({one["number"] for one in invoices}) == 12
        assert sum(one["status"] == "paid" for one in invoices) == 3
        assert all(instant(one["updated_at"]) <= now for one in invoices)


async def test_a_weekend_of_the_present_moves_nothing_onto_it(
    receiver: Receiver, open_api: Callable[..., Api]
) -> None:
    for day in (28, 29, 30):
        now = datetime(2026, 11, day, 22, 15, tzinfo=UTC)
        async with Simulator(clock=now, deliver=receiver.transport) as simulator:
            api = open_api(simulator, Authorization=f"Bearer {simulator.issue_access_token()}")
            for one in await rows(api, "/v2/client_invoices"):
                assert_at_work(one["created_at"])
            numbers = [one["number"] for one in await rows(api, "/v2/client_invoices")]
            assert numbers == sorted(numbers, reverse=True)


def instant(text: str) -> datetime:
    return datetime.fromisoformat(text)


def assert_at_work(text: str) -> None:
    """By the wall clock of central Europe, on no weekend."""
    at = instant(text).astimezone(ZoneInfo("Europe/Paris"))
    assert at.weekday() < 5, text
    assert at.hour in OFFICE, text


@pytest.mark.parametrize(
    ("country", "operation"),
    [
        ("FR", "cheque"),
        ("IT", "pagopa_payment"),
        ("DE", "direct_debit_collection"),
        ("DE", "direct_debit_hold"),
        ("ES", "financing_installment"),
    ],
)
async def test_the_kinds_of_movements_of_one_country_are_there(
    local: Api, country: str, operation: str
) -> None:
    account = (await accounts(local))[0]
    params = {"bank_account_id": account["id"], "operation_type[]": operation}
    assert await rows(local, "/v2/transactions", **params)


class TestGenerated:
    async def test_documents_speak_the_language_of_the_company(
        self, sim: Simulator, open_api: Callable[..., Api]
    ) -> None:
        api = api_of(sim, open_api, "DE")
        before = {one["id"] for one in await rows(api, "/v2/client_invoices")}
        for kind in ("client_invoices", "supplier_invoices"):
            body = {"kind": kind, "count": 30, "organization_id": SLUGS["DE"]}
            await api.take("POST", "/_simulator/generate", 201, json=body)
        made = [one for one in await rows(api, "/v2/client_invoices") if one["id"] not in before]
        assert all(one["number"].startswith("RE-") for one in made)
        rates = {line["vat_rate"] for one in made for line in one["items"]}
        assert rates <= {"0.19", "0.07", "0"}
        titles = {line["title"] for one in made for line in one["items"]}
        assert "Beratung" in titles
        assert "Consulting" not in titles
        bills = await rows(api, "/v2/supplier_invoices", per_page=100)
        assert "Papeterie du Centre" not in {one["supplier_name"] for one in bills}
        assert {
            one["taxes"][0]["tax_rate"] for one in bills if one["file_name"][:5] == "bill-"
        } == {"0.19"}

    async def test_generated_movements_keep_the_sum(self, api: Api) -> None:
        body = {"kind": "transactions", "count": 60}
        await api.take("POST", "/_simulator/generate", 201, json=body)
        account = (await accounts(api))[0]
        made = [one for one in await movements(api) if one["status"] == "completed"]
        assert len(made) > 60
        balance = Decimal(0)
        for one in sorted(made, key=lambda one: one["settled_at"]):
            balance += signed(one)
            assert exact(one["settled_balance"]) == balance >= 0
        assert exact(account["balance"]) == balance
