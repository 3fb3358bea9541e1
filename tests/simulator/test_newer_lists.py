"""The lists that are read only: what they show, who may read them, pages, filters and orders."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from qonto_simulator import Simulator

from .support import Api


@dataclass(frozen=True)
class Listed:
    """A list: where it is, under which name, with which scope, and how one of it is wrapped."""

    path: str
    key: str
    scope: str
    takes_key: bool = False
    single: str | None = None
    """``""`` for a bare object, ``None`` where there is no call for one."""


LISTS = (
    Listed("/v2/requests", "requests", "organization.read", takes_key=True),
    Listed("/v2/sepa/transfers", "transfers", "organization.read", single="transfer"),
    Listed(
        "/v2/sepa/bulk_transfers", "bulk_transfers", "organization.read", single="bulk_transfer"
    ),
    Listed(
        "/v2/sepa/recurring_transfers",
        "recurring_transfers",
        "organization.read",
        single="recurring_transfer",
    ),
    Listed("/v2/cards", "cards", "card.read"),
    Listed("/v2/teams", "teams", "team.read"),
    Listed(
        "/v2/recurring_invoices",
        "recurring_invoices",
        "client_invoices.read",
        takes_key=True,
        single="recurring_invoice",
    ),
    Listed("/v2/reminders", "reminders", "client_invoices.read", takes_key=True, single="reminder"),
    Listed("/v2/payment_links", "payment_links", "payment_link.read", single=""),
    Listed(
        "/v2/sepa/direct_debit_mandates",
        "direct_debit_mandates",
        "sepa_direct_debit.read",
        single="direct_debit_mandate",
    ),
    Listed(
        "/v2/sepa/direct_debit_subscriptions",
        "direct_debit_subscriptions",
        "sepa_direct_debit.read",
        single="direct_debit_subscription",
    ),
    Listed(
        "/v2/sepa/direct_debit_collections",
        "direct_debit_collections",
        "sepa_direct_debit.read",
        single="direct_debit_collection",
    ),
    Listed("/v2/terminals", "terminals", "terminal.read"),
)
each_list = pytest.mark.parametrize("which", LISTS, ids=lambda which: which.key)
_NOT_BY_STATUS = {
    *("bulk_transfers", "recurring_transfers", "teams", "recurring_invoices", "reminders"),
    "terminals",
}
_META = {"current_page", "prev_page", "total_pages", "total_count", "per_page"}


async def rows(api: Api, path: str, **params: Any) -> list[dict[str, Any]]:
    answer = await api.take("GET", path, params=params)
    [key] = answer.keys() - {"meta"}
    return answer[key]


@each_list
async def test_a_list_has_its_name_and_its_meta(api: Api, which: Listed) -> None:
    answer = await api.take("GET", which.path)
    assert answer.keys() == {which.key, "meta"}
    assert answer[which.key]
    assert answer["meta"].keys() - {"next_page"} == _META
    assert answer["meta"]["total_count"] == len(answer[which.key])


@each_list
async def test_pages_hold_everything_once(api: Api, which: Listed) -> None:
    everything = [one["id"] for one in await rows(api, which.path)]
    found: list[str] = []
    page: int | None = 1
    while page:
        answer = await api.take("GET", which.path, params={"per_page": 1, "page": page})
        found += [one["id"] for one in answer[which.key]]
        page = answer["meta"].get("next_page")
    assert found == everything
    assert len(set(found)) == len(found)
    for wrong in ({"page": 0}, {"per_page": 501}, {"per_page": "many"}):
        await api.problem("GET", which.path, 422, params=wrong)


@each_list
async def test_an_api_key_opens_what_its_family_opens(key_api: Api, which: Listed) -> None:
    if which.takes_key:
        assert await rows(key_api, which.path)
    else:
        problem = await key_api.problem("GET", which.path, 403)
        assert problem["code"] == "forbidden"


@each_list
async def test_a_token_without_the_scope_reads_nothing(
    sim: Simulator, open_api: Callable[..., Api], which: Listed
) -> None:
    token = sim.issue_access_token(["product.read"])
    problem = await open_api(sim, Authorization=f"Bearer {token}").problem("GET", which.path, 403)
    assert problem["detail"] == f"missing required oauth scope: {which.scope}"
    enough = sim.issue_access_token([which.scope])
    assert await rows(open_api(sim, Authorization=f"Bearer {enough}"), which.path)


@each_list
async def test_one_of_a_list_is_what_the_list_shows(api: Api, which: Listed) -> None:
    first = (await rows(api, which.path))[0]
    if which.single is None:
        await api.problem("GET", f"{which.path}/{first['id']}", 404)
        return
    answer = await api.take("GET", f"{which.path}/{first['id']}")
    assert (answer[which.single] if which.single else answer) == first
    await api.problem("GET", f"{which.path}/nope", 404)


@pytest.mark.parametrize(
    "which", [one for one in LISTS if one.key not in _NOT_BY_STATUS], ids=lambda which: which.key
)
async def test_every_status_is_a_filter(api: Api, which: Listed) -> None:
    everything = await rows(api, which.path)
    statuses = {one["status"] for one in everything}
    assert statuses
    name = "statuses[]" if which.key == "cards" else "status[]"
    for status in statuses:
        kept = [one["id"] for one in everything if one["status"] == status]
        assert [one["id"] for one in await rows(api, which.path, **{name: status})] == kept


@each_list
async def test_another_organisation_has_others(
    sim: Simulator, open_api: Callable[..., Api], api: Api, which: Listed
) -> None:
    other = sim.issue_access_token(organization_id="werkstatt-nord-7730")
    theirs = await rows(open_api(sim, Authorization=f"Bearer {other}"), which.path)
    ours = await rows(api, which.path)
    assert not {one["id"] for one in theirs} & {one["id"] for one in ours}


class TestRequests:
    PATH = "/v2/requests"

    async def test_each_type_has_fields_of_its_own(self, api: Api) -> None:
        by_type = {one["request_type"]: one for one in await rows(api, self.PATH)}
        shared = {
            *("id", "request_type", "status", "initiator_id", "approver_id", "note"),
            *("declined_note", "processed_at", "created_at"),
        }
        own = {kind: one.keys() - shared for kind, one in by_type.items()}
        assert own == {
            "flash_card": {"payment_lifespan_limit", "pre_expires_at", "currency"},
            "virtual_card": {"payment_monthly_limit", "currency", "card_level", "card_design"},
            "transfer": {
                *("creditor_name", "amount", "currency", "scheduled_date", "recurrence"),
                *("last_recurrence_date", "attachment_ids"),
            },
            "multi_transfer": {
                *("total_transfers_amount", "total_transfers_amount_currency"),
                *("total_transfers_count", "scheduled_date"),
            },
        }
        assert by_type["multi_transfer"]["total_transfers_amount"] == "3502.08"

    async def test_filters_keep_what_fits(self, api: Api) -> None:
        declined = await rows(api, self.PATH, **{"status[]": ["declined", "canceled"]})
        assert {one["status"] for one in declined} == {"declined", "canceled"}
        cards = await rows(api, self.PATH, **{"request_type[]": "flash_card"})
        assert [one["request_type"] for one in cards] == ["flash_card"]
        everything = await rows(api, self.PATH)
        middle = everything[2]["created_at"]
        assert await rows(api, self.PATH, created_at_from=middle) == everything[:3]
        decided = [one for one in everything if one["processed_at"]]
        newest = max(one["processed_at"] for one in decided)
        since = await rows(api, self.PATH, processed_at_from=newest)
        assert [one["processed_at"] for one in since] == [newest]
        for wrong in ({"status[]": "open"}, {"request_type[]": "cash"}, {"sort_by": "note:asc"}):
            problem = await api.problem("GET", self.PATH, 422, params=wrong)
            assert problem["code"] == "not_in_list"

    async def test_by_status_the_undecided_come_first(self, api: Api) -> None:
        found = await rows(api, self.PATH, sort_by="status:asc")
        order = ["pending", "approved", "declined", "canceled"]
        assert [one["status"] for one in found] == sorted(
            (one["status"] for one in found), key=order.index
        )
        times = [one["created_at"] for one in await rows(api, self.PATH)]
        assert times == sorted(times, reverse=True)
        decided = [
            one["processed_at"] for one in await rows(api, self.PATH, sort_by="processed_at:asc")
        ]
        assert decided == sorted(decided, key=lambda at: at or "")

    async def test_who_decided_is_told_of_decisions_alone(self, api: Api) -> None:
        for one in await rows(api, self.PATH):
            decided = one["status"] in ("approved", "declined")
            assert (one["approver_id"] is not None) == decided
            assert (one["processed_at"] is None) == (one["status"] == "pending")
            assert (one["declined_note"] is not None) == (one["status"] == "declined")


class TestTransfers:
    PATH = "/v2/sepa/transfers"

    async def test_amounts_are_numbers_with_cents(self, api: Api) -> None:
        for one in await rows(api, self.PATH):
            assert round(one["amount"] * 100) == one["amount_cents"]
            assert one["amount_currency"] == "EUR"

    async def test_a_settled_one_is_a_transaction_to_its_beneficiary(self, api: Api) -> None:
        for one in await rows(api, self.PATH, **{"status[]": "settled"}):
            path = f"/v2/transactions/{one['transaction_id']}"
            made = (await api.take("GET", path))["transaction"]
            path = f"/v2/sepa/beneficiaries/{one['beneficiary_id']}"
            payee = (await api.take("GET", path))["beneficiary"]
            assert (made["amount_cents"], made["side"]) == (one["amount_cents"], "debit")
            assert (made["label"], made["reference"]) == (payee["name"], one["reference"])
            assert made["transfer"]["counterparty_account_number"] == payee["iban"]
            assert one["completed_at"][:16] == made["settled_at"][:16]
        for one in await rows(api, self.PATH, **{"status[]": "pending,declined,canceled"}):
            assert one["transaction_id"] is None
            assert (one["declined_reason"] is None) == (one["status"] != "declined")

    async def test_filters_keep_what_fits(self, api: Api) -> None:
        everything = await rows(api, self.PATH)
        assert {one["status"] for one in everything} == {
            *("settled", "declined", "canceled", "pending")
        }
        some = [everything[1]["id"], everything[4]["id"]]
        assert [one["id"] for one in await rows(api, self.PATH, **{"ids[]": some})] == some
        payee = everything[0]["beneficiary_id"]
        paid = await rows(api, self.PATH, **{"beneficiary_ids[]": payee})
        assert paid == [one for one in everything if one["beneficiary_id"] == payee]
        [order] = await rows(api, "/v2/sepa/recurring_transfers")
        rent = await rows(api, self.PATH, **{"recurring_transfer_ids[]": order["id"]})
        assert [one["reference"] for one in rent] == [order["reference"]] * 3
        changed = everything[2]["updated_at"]
        assert await rows(api, self.PATH, updated_at_from=changed) == everything[:3]
        assert await rows(api, self.PATH, updated_at_to=changed) == everything[2:]
        day = everything[2]["scheduled_date"]
        window = {"scheduled_date_from": day, "scheduled_date_to": day}
        same = [one for one in everything if one["scheduled_date"] == day]
        assert await rows(api, self.PATH, **window) == same

    async def test_orders_and_limits(self, api: Api) -> None:
        by_day = await rows(api, self.PATH, sort_by="scheduled_date:asc")
        days = [one["scheduled_date"] for one in by_day]
        assert days == sorted(days)
        changed = [one["updated_at"] for one in await rows(api, self.PATH)]
        assert changed == sorted(changed, reverse=True)
        for wrong in (
            {"status[]": "sent"},
            {"sort_by": "amount:asc"},
            {"scheduled_date_from": "soon"},
            {"ids[]": [str(number) for number in range(101)]},
        ):
            await api.problem("GET", self.PATH, 422, params=wrong)

    async def test_a_bulk_counts_its_lines(self, api: Api) -> None:
        [bulk] = await rows(api, "/v2/sepa/bulk_transfers")
        assert bulk["total_count"] == len(bulk["results"]) == 2
        done, waits, failed = (bulk[f"{name}_count"] for name in ("completed", "pending", "failed"))
        assert (done, waits, failed) == (2, 0, 0)
        made = {one["id"] for one in await rows(api, self.PATH, **{"status[]": "settled"})}
        assert {line["transfer_id"] for line in bulk["results"]} <= made


class TestCards:
    PATH = "/v2/cards"

    async def test_the_last_page_has_no_next_page(self, api: Api) -> None:
        first = await api.take("GET", self.PATH, params={"per_page": 2})
        assert first["meta"]["next_page"] == 2
        last = await api.take("GET", self.PATH, params={"per_page": 2, "page": 2})
        assert "next_page" not in last["meta"]

    async def test_filters_keep_what_fits(self, api: Api) -> None:
        everything = await rows(api, self.PATH, sort_by="created_at:asc")
        plastic, virtual, flash = everything
        assert [one["card_level"] for one in everything] == ["metal", "virtual", "flash"]
        for params, expected in (
            ({"statuses[]": "expired"}, [flash]),
            ({"card_levels[]": ["metal", "flash"]}, [plastic, flash]),
            ({"holder_ids[]": virtual["holder_id"]}, [virtual, flash]),
            ({"ids[]": plastic["id"]}, [plastic]),
            ({"bank_account_ids[]": plastic["bank_account_id"]}, everything),
            ({"bank_account_ids[]": "another"}, []),
            ({"query": "leo march"}, [virtual, flash]),
            ({"query": "4417"}, [plastic]),
        ):
            query: dict[str, Any] = {**params, "sort_by": "created_at:asc"}
            assert await rows(api, self.PATH, **query) == expected, params
        for wrong in ({"statuses[]": "gone"}, {"card_levels[]": "gold"}, {"sort_by": "pin:asc"}):
            await api.problem("GET", self.PATH, 422, params=wrong)

    @pytest.mark.parametrize("name", ["status", "nickname", "last_activity_at", "created_at"])
    async def test_orders(self, api: Api, name: str) -> None:
        up = [one[name] or "" for one in await rows(api, self.PATH, sort_by=f"{name}:asc")]
        assert up == sorted(up)
        down = [one[name] or "" for one in await rows(api, self.PATH, sort_by=f"{name}:desc")]
        assert down == sorted(down, reverse=True)

    async def test_what_a_card_spent_is_what_its_transactions_say(self, api: Api) -> None:
        account = (await api.take("GET", "/v2/bank_accounts"))["bank_accounts"][0]
        params = {
            "bank_account_id": account["id"],
            "operation_type[]": "card",
            "status[]": "completed,pending,declined",
        }
        made = await rows(api, "/v2/transactions", **params)
        cards = await rows(api, self.PATH)
        digits = {one["last_digits"]: one for one in cards}
        assert {one["card_last_digits"] for one in made} <= digits.keys()
        for one in made:
            assert one["initiator_id"] == digits[one["card_last_digits"]]["holder_id"]
        for card in cards:
            paid = [
                one
                for one in made
                if one["card_last_digits"] == card["last_digits"] and one["status"] != "declined"
            ]
            assert card["payment_lifespan_spent"] == pytest.approx(sum(o["amount"] for o in paid))
            november = sum(one["amount"] for one in paid if one["emitted_at"][:7] == "2026-11")
            assert card["payment_monthly_spent"] == pytest.approx(november)
            assert card["had_operation"] == bool(paid)

    async def test_people_are_in_teams_that_exist(self, api: Api) -> None:
        teams = {one["id"]: one["name"] for one in await rows(api, "/v2/teams")}
        people = (await api.take("GET", "/v2/memberships"))["memberships"]
        assert {one["team_id"] for one in people} == teams.keys()


class TestRecurring:
    async def test_a_recurring_invoice_has_issued_one_like_itself(self, api: Api) -> None:
        for one in await rows(api, "/v2/recurring_invoices"):
            path = f"/v2/client_invoices/{one['invoice_id']}"
            issued = (await api.take("GET", path))["client_invoice"]
            assert issued["total_amount"] == one["total_amount"]
            assert issued["items"] == one["items"]
            assert issued["client"]["id"] == one["client"]["id"]
            assert issued["issue_date"] == one["start_date"]
            assert (one["next_invoice_date"] is None) == (one["status"] == "suspended")

    async def test_manual_numbers_leave_nothing_to_recur(
        self, sim: Simulator, open_api: Callable[..., Api]
    ) -> None:
        token = sim.issue_access_token(organization_id="taller-poblenou-5512")
        there = open_api(sim, Authorization=f"Bearer {token}")
        assert await rows(there, "/v2/recurring_invoices") == []

    async def test_reminders_are_found_by_client(self, api: Api) -> None:
        everything = await rows(api, "/v2/reminders")
        clients = [one["client_id"] for one in everything]
        assert len(set(clients)) == len(clients) == 2
        joined = await rows(api, "/v2/reminders", client_ids=",".join(clients))
        assert joined == everything
        assert await rows(api, "/v2/reminders", client_ids=clients[1]) == [everything[1]]
        for one in everything:
            found = await api.take("GET", f"/v2/clients/{one['client_id']}")
            assert one["send_to"] == [found["client"]["email"]]
            assert 1 <= len(one["rules"]) <= 5
            assert all("id" not in rule for rule in one["rules"])

    async def test_a_page_holds_five_hundred(self, api: Api) -> None:
        for path in ("/v2/reminders", "/v2/recurring_invoices"):
            answer = await api.take("GET", path, params={"per_page": 500})
            assert answer["meta"]["per_page"] == 500


class TestGettingPaid:
    async def test_links_are_for_a_basket_or_an_invoice(self, api: Api) -> None:
        links = await rows(api, "/v2/payment_links")
        assert {one["status"] for one in links} == {"open", "paid", "expired"}
        for one in links:
            assert (one["items"] is None) == (one["resource_type"] == "Invoice")
        [for_invoice] = [one for one in links if one["invoice_id"]]
        path = f"/v2/client_invoices/{for_invoice['invoice_id']}"
        invoice = (await api.take("GET", path))["client_invoice"]
        assert invoice["number"] == for_invoice["invoice_number"]
        assert invoice["total_amount"] == for_invoice["amount"]
        assert await rows(api, "/v2/payment_links", status="open") == [for_invoice]
        await api.problem("GET", "/v2/payment_links", 422, params={"status": "broken"})

    async def test_a_paid_link_shows_its_payment(self, api: Api) -> None:
        [paid] = await rows(api, "/v2/payment_links", status="paid")
        [payment] = await rows(api, f"/v2/payment_links/{paid['id']}/payments")
        assert payment["amount"] == paid["amount"]
        account = (await api.take("GET", "/v2/payment_links/connections"))["bank_account_id"]
        came = await rows(api, "/v2/transactions", bank_account_id=account, side="credit")
        assert paid["amount"]["value"] in {f"{one['amount']:.2f}" for one in came}
        methods = (await api.take("GET", "/v2/payment_links/payment_methods"))["payment_methods"]
        assert payment["payment_method"] in {one["name"] for one in methods if one["enabled"]}
        await api.problem("GET", "/v2/payment_links/nope/payments", 404)

    @pytest.mark.parametrize(
        ("path", "status"),
        [
            ("mandates", "pending_signature"),
            ("subscriptions", "pending_mandate"),
            ("collections", "scheduled"),
        ],
    )
    async def test_direct_debits_are_filtered_by_status(
        self, api: Api, path: str, status: str
    ) -> None:
        found = await rows(api, f"/v2/sepa/direct_debit_{path}", status=status)
        assert [one["status"] for one in found] == [status]
        await api.problem("GET", f"/v2/sepa/direct_debit_{path}", 422, params={"status": "odd"})

    async def test_a_collection_that_is_complete_has_come_in(self, api: Api) -> None:
        plans = {one["id"]: one for one in await rows(api, "/v2/sepa/direct_debit_subscriptions")}
        done = await rows(api, "/v2/sepa/direct_debit_collections", status="completed")
        assert len(done) == 2
        for one in done:
            plan = plans[one["direct_debit_subscription_id"]]
            assert (one["amount"], one["client_id"]) == (plan["amount"], plan["client_id"])
            path = f"/v2/transactions/{one['transaction_id']}"
            made = (await api.take("GET", path))["transaction"]
            assert made["operation_type"] == "direct_debit_collection"
            assert f"{made['amount']:.2f}" == one["amount"]["value"]
        signed, asked = sorted(
            await rows(api, "/v2/sepa/direct_debit_mandates"), key=lambda one: one["status"]
        )
        assert (signed["sign_url"], asked["signed_at"]) == (None, None)


class TestInternational:
    async def test_money_may_leave_in_currencies_with_a_rate(self, api: Api) -> None:
        assert (await api.take("GET", "/v2/international/eligibility"))["eligible"] == "eligible"
        path = "/v2/international/currencies"
        found = (await api.take("GET", path, params={"source": "EUR"}))["currencies"]
        assert [one["currency_code"] for one in found] == ["USD", "GBP", "CHF"]
        assert (await api.problem("GET", path, 422))["code"] == "required"
        await api.problem("GET", path, 422, params={"source": "USD"})

    async def test_a_key_may_not_ask(self, key_api: Api) -> None:
        await key_api.problem("GET", "/v2/international/eligibility", 403)
        await key_api.problem("GET", "/v2/international/currencies", 403)
        for name in ("connections", "payment_methods"):
            await key_api.problem("GET", f"/v2/payment_links/{name}", 403)
