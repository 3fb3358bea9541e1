"""Requests: asking moves nothing, a decision is final, and an approval moves everything once."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import httpx2
import pytest
from qonto_simulator import Simulator

from .paying import (
    IBAN,
    OTHER_IBAN,
    STANDING,
    TOKEN,
    TRANSFERS,
    accounts,
    approved,
    ask,
    decide,
    keyed,
    main_account,
    quirks,
    upload,
    wait,
)
from .support import NOW, Api

REQUESTS = "/v2/requests"
MULTI = f"{REQUESTS}/multi_transfers"
SINGLE = f"{REQUESTS}/transfers"
FLASH = f"{REQUESTS}/flash_cards"
VIRTUAL = f"{REQUESTS}/virtual_cards"
DAY = 86_400
KINDS = {
    "multi_transfers": "request_multi_transfer",
    "transfers": "request_transfer",
    "flash_cards": "request_flash_card",
    "virtual_cards": "request_virtual_card",
}
each_kind = pytest.mark.parametrize("kind", KINDS)


pytestmark = pytest.mark.usefixtures("balanced")


def line(**changes: Any) -> dict[str, Any]:
    asked = {
        "amount": "60.00",
        "currency": "EUR",
        "credit_iban": IBAN,
        "credit_account_name": "Papeterie du Centre",
        "credit_account_currency": "EUR",
        "reference": "2026-1188",
        **changes,
    }
    return {name: value for name, value in asked.items() if value is not None}


def body_of(kind: str, **changes: Any) -> dict[str, Any]:
    """A valid body; a change to ``None`` leaves a field out."""
    ends = (NOW + timedelta(days=14)).isoformat()
    own: dict[str, dict[str, Any]] = {
        "multi_transfers": {"transfers": [line(), line(amount="40.00", credit_iban=OTHER_IBAN)]},
        "transfers": line(),
        "flash_cards": {"payment_lifespan_limit": "250.00", "pre_expires_at": ends},
        "virtual_cards": {"payment_monthly_limit": "80.00"},
    }
    asked = {"note": "Fournisseurs novembre", **own[kind], **changes}
    return {KINDS[kind]: {name: value for name, value in asked.items() if value is not None}}


async def propose(api: Api, kind: str = "multi_transfers", **changes: Any) -> dict[str, Any]:
    body = body_of(kind, **changes)
    answer = await api.take("POST", f"{REQUESTS}/{kind}", json=body, headers=keyed())
    return answer[KINDS[kind]]


def path_of(kind: str, id: str, verb: str) -> str:
    return f"{REQUESTS}/{kind}/{id}/{verb}"


async def debit(api: Api) -> dict[str, str]:
    return {"debit_iban": (await main_account(api))["iban"]}


async def approve(api: Api, kind: str, id: str) -> dict[str, Any]:
    """The request after it was approved with the person's consent."""
    answer = await approved(api, path_of(kind, id, "approve"), await debit(api))
    return answer[KINDS[kind]]


async def listed(api: Api, id: str) -> dict[str, Any]:
    rows = (await api.take("GET", REQUESTS))["requests"]
    return next(one for one in rows if one["id"] == id)


async def transfers(api: Api) -> list[dict[str, Any]]:
    return (await api.take("GET", TRANSFERS))["transfers"]


async def money(api: Api) -> list[tuple[float, float]]:
    return [(one["balance"], one["authorized_balance"]) for one in await accounts(api)]


async def member(api: Api) -> str:
    return (await api.take("GET", "/v2/membership"))["membership"]["id"]


@pytest.fixture
def employee(sim: Simulator, open_api: Callable[..., Api]) -> Api:
    person = sim.world.first.organisation.members[-1]
    assert person.role == "employee"
    token = sim.control.issue_access_token(membership_id=person.id)
    return open_api(sim, Authorization=f"Bearer {token}")


WRONG_WHOLES: list[tuple[dict[str, Any], str, str]] = [
    ({"note": None}, "required", "note"),
    ({"note": "x" * 1001}, "invalid", "note"),
    ({"transfers": None}, "required", "transfers"),
    ({"transfers": []}, "required", "transfers"),
    ({"transfers": "all"}, "invalid", "transfers"),
    ({"transfers": [1]}, "invalid", "transfers/0"),
    ({"transfers": [line()] * 401}, "invalid", "transfers"),
    ({"scheduled_date": "2026-11-19"}, "invalid", "scheduled_date"),
    ({"scheduled_date": "soon"}, "invalid", "scheduled_date"),
    ({"debit_iban": IBAN}, "not_found", "debit_iban"),
    ({"debit_iban": 1}, "invalid", "debit_iban"),
]
WRONG_LINES: list[tuple[dict[str, Any], str, str]] = [
    ({"amount": None}, "required", "amount"),
    ({"amount": 60.0}, "invalid", "amount"),
    ({"amount": "0.00"}, "invalid", "amount"),
    ({"amount": "-5"}, "invalid", "amount"),
    ({"amount": "1.005"}, "invalid", "amount"),
    ({"amount": "30000.01"}, "required", "attachment_ids"),
    ({"currency": None}, "required", "currency"),
    ({"currency": "USD"}, "invalid", "currency"),
    ({"currency": "euro"}, "invalid", "currency"),
    ({"credit_account_currency": None}, "required", "credit_account_currency"),
    ({"credit_account_currency": "CHF"}, "invalid", "credit_account_currency"),
    ({"credit_iban": None}, "required", "credit_iban"),
    ({"credit_iban": f"{IBAN[:-1]}0"}, "invalid_iban", "credit_iban"),
    ({"credit_iban": "US64SVBKUS6S3300958879"}, "invalid_iban", "credit_iban"),
    ({"credit_account_name": None}, "required", "credit_account_name"),
    ({"credit_account_name": "  "}, "required", "credit_account_name"),
    ({"reference": None}, "required", "reference"),
    ({"reference": "x" * 141}, "invalid", "reference"),
    ({"attachment_ids": ["nope"]}, "not_found", "attachment_ids"),
    ({"attachment_ids": "nope"}, "invalid", "attachment_ids"),
]
WRONG_OTHERS: list[tuple[str, dict[str, Any], str, str | None]] = [
    ("transfers", {"recurrence": "daily"}, "not_in_list", "recurrence"),
    ("transfers", {"last_recurrence_date": "2027-01-01"}, "invalid", None),
    (
        "transfers",
        {
            "recurrence": "weekly",
            "scheduled_date": "2026-12-01",
            "last_recurrence_date": "2026-11-30",
        },
        "invalid",
        "last_recurrence_date",
    ),
    ("flash_cards", {"payment_lifespan_limit": None}, "required", "payment_lifespan_limit"),
    ("flash_cards", {"payment_lifespan_limit": "9.50"}, "invalid", None),
    ("flash_cards", {"pre_expires_at": None}, "required", "pre_expires_at"),
    ("flash_cards", {"pre_expires_at": "2026-11-20T09:00:00Z"}, "invalid", None),
    ("flash_cards", {"pre_expires_at": "2027-11-20T09:00:01Z"}, "invalid", None),
    ("flash_cards", {"pre_expires_at": "soon"}, "invalid", "pre_expires_at"),
    ("virtual_cards", {"payment_monthly_limit": 80}, "invalid", "payment_monthly_limit"),
    ("virtual_cards", {"card_level": "metal"}, "not_in_list", "card_level"),
]


class TestAsking:
    async def test_a_multi_transfer_is_proposed_and_nothing_moves(self, api: Api) -> None:
        before, balances = await transfers(api), await money(api)
        file = await upload(api)
        first = line(attachment_ids=[file])
        made = await propose(
            api,
            transfers=[first, line(amount="39.99", reference="2026-1189")],
            scheduled_date="2026-11-24",
            **await debit(api),
        )
        assert (made["request_type"], made["status"]) == ("multi_transfer", "pending")
        assert (made["initiator_id"], made["approver_id"]) == (await member(api), None)
        assert (made["note"], made["declined_note"]) == ("Fournisseurs novembre", None)
        assert (made["total_transfers_amount"], made["total_transfers_count"]) == ("99.99", 2)
        assert (made["scheduled_date"], made["processed_at"]) == ("2026-11-24", None)
        shown = [{name: one[name] for name in one if name != "id"} for one in made["transfers"]]
        kept = ("credit_account_name", "amount", "currency", "reference")
        assert shown[0] == {name: first[name] for name in kept}
        assert len({one["id"] for one in made["transfers"]}) == 2
        row = {name: value for name, value in made.items() if name != "transfers"}
        assert await listed(api, made["id"]) == row
        await wait(api, 600)
        assert (await transfers(api), await money(api)) == (before, balances)

    async def test_a_transfer_is_proposed(self, api: Api) -> None:
        file = await upload(api)
        made = await propose(
            api,
            "transfers",
            attachment_ids=[file],
            scheduled_date="2026-12-01",
            recurrence="monthly",
            last_recurrence_date="2027-03-01",
        )
        assert (made["creditor_name"], made["amount"]) == ("Papeterie du Centre", "60.00")
        assert (made["recurrence"], made["attachment_ids"]) == ("monthly", [file])
        assert made["last_recurrence_date"] == "2027-03-01"
        assert await listed(api, made["id"]) == made

    async def test_cards_are_asked_for(self, api: Api) -> None:
        cards = (await api.take("GET", "/v2/cards"))["cards"]
        flash = await propose(api, "flash_cards")
        assert (flash["payment_lifespan_limit"], flash["currency"]) == ("250.00", "EUR")
        assert flash["pre_expires_at"] == "2026-12-04T09:00:00.000Z"
        virtual = await propose(api, "virtual_cards", note=None, card_design="virtual.other")
        assert (virtual["payment_monthly_limit"], virtual["card_level"]) == ("80.00", "virtual")
        assert (virtual["card_design"], virtual["note"]) == ("virtual.other", "")
        for one in (flash, virtual):
            assert one["status"] == "pending"
            assert await listed(api, one["id"]) == one
        assert (await api.take("GET", "/v2/cards"))["cards"] == cards

    async def test_what_is_wrong_with_the_whole_is_named(self, api: Api) -> None:
        for changes, code, field in WRONG_WHOLES:
            body = body_of("multi_transfers", **changes)
            problem = await api.problem("POST", MULTI, 422, json=body, headers=keyed())
            pointer = f"/request_multi_transfer/{field}"
            assert (problem["code"], problem["source"]["pointer"]) == (code, pointer)

    async def test_what_is_wrong_with_a_transfer_is_named(self, api: Api) -> None:
        for changes, code, field in WRONG_LINES:
            many = body_of("multi_transfers", transfers=[line(), line(**changes)])
            problem = await api.problem("POST", MULTI, 422, json=many, headers=keyed())
            pointer = f"/request_multi_transfer/transfers/1/{field}"
            assert (problem["code"], problem["source"]["pointer"]) == (code, pointer)
            one = body_of("transfers", **changes)
            problem = await api.problem("POST", SINGLE, 422, json=one, headers=keyed())
            pointer = f"/request_transfer/{field}"
            assert (problem["code"], problem["source"]["pointer"]) == (code, pointer)

    async def test_what_is_wrong_with_the_other_types_is_named(self, api: Api) -> None:
        for kind, changes, code, field in WRONG_OTHERS:
            path, body = f"{REQUESTS}/{kind}", body_of(kind, **changes)
            problem = await api.problem("POST", path, 422, json=body, headers=keyed())
            pointer = f"/{KINDS[kind]}/{field or next(reversed(changes))}"
            assert (problem["code"], problem["source"]["pointer"]) == (code, pointer)

    async def test_as_many_as_400_transfers_are_taken(self, api: Api) -> None:
        made = await propose(api, transfers=[line(amount="0.01")] * 400)
        assert (made["total_transfers_amount"], made["total_transfers_count"]) == ("4.00", 400)

    @each_kind
    async def test_the_body_is_wrapped(self, api: Api, kind: str) -> None:
        flat = body_of(kind)[KINDS[kind]]
        problem = await api.problem("POST", f"{REQUESTS}/{kind}", 422, json=flat, headers=keyed())
        assert (problem["code"], problem["source"]["pointer"]) == ("required", f"/{KINDS[kind]}")

    @pytest.mark.covers("QX-20")
    @pytest.mark.parametrize("kind", ["multi_transfers", "transfers"])
    async def test_a_key_asks_once_for_thirty_minutes(self, api: Api, kind: str) -> None:
        path, headers = f"{REQUESTS}/{kind}", keyed()
        assert (await api.problem("POST", path, 400, json=body_of(kind)))["code"] == "required"
        first = await api.take("POST", path, json=body_of(kind), headers=headers)
        other = body_of(kind, note="Another")
        assert await api.take("POST", path, json=other, headers=headers) == first
        await wait(api, 30 * 60)
        again = await api.take("POST", path, json=other, headers=headers)
        assert again[KINDS[kind]]["id"] != first[KINDS[kind]]["id"]

    async def test_the_key_is_no_matter_to_cards(self, api: Api) -> None:
        first = await api.take("POST", FLASH, json=body_of("flash_cards"))
        again = await api.take("POST", FLASH, json=body_of("flash_cards"))
        assert again["request_flash_card"]["id"] != first["request_flash_card"]["id"]

    async def test_everybody_may_ask(self, employee: Api) -> None:
        made = await propose(employee, "virtual_cards")
        assert made["initiator_id"] == await member(employee)


class TestPlans:
    @pytest.mark.parametrize(
        ("plan", "open_to"),
        [
            ("solo_basic", set[str]()),
            ("solo_smart", {"multi_transfers", "transfers"}),
            ("essential", {"multi_transfers", "transfers"}),
            ("enterprise", set(KINDS)),
        ],
    )
    async def test_the_plan_says_what_is_open(self, api: Api, plan: str, open_to: set[str]) -> None:
        ids = {kind: (await propose(api, kind))["id"] for kind in KINDS}
        await api.take("PATCH", "/_simulator/organizations", json={"plan": plan})
        for kind, id in ids.items():
            for path, body in (
                (f"{REQUESTS}/{kind}", body_of(kind)),
                (path_of(kind, id, "decline"), {"declined_note": "No"}),
            ):
                if kind in open_to:
                    await api.take("POST", path, json=body, headers=keyed())
                else:
                    problem = await api.problem("POST", path, 403, json=body, headers=keyed())
                    assert problem == {"code": "unknown", "detail": "Unknown error"}
        if plan == "enterprise":
            await api.take("GET", REQUESTS)
        else:
            assert (await api.problem("GET", REQUESTS, 403))["code"] == "unknown"


class TestApproving:
    @pytest.mark.covers("QX-30")
    async def test_an_approved_multi_transfer_moves_each_line_once(self, api: Api) -> None:
        made = await propose(api)
        balance = (await main_account(api))["balance"]
        before = await transfers(api)
        known = await approve(api, "multi_transfers", made["id"])
        assert (known["status"], known["approver_id"]) == ("approved", await member(api))
        assert known["processed_at"] == "2026-11-20T09:00:00.000Z"
        assert known["transfers"] == made["transfers"]
        assert (await listed(api, made["id"]))["status"] == "approved"
        await wait(api, 60)
        new = (await transfers(api))[: -len(before)]
        assert {one["amount"] for one in new} == {60.0, 40.0}
        for one in new:
            assert (one["status"], one["reference"]) == ("settled", "2026-1188")
            assert one["initiator_id"] == await member(api)
            path = f"/v2/transactions/{one['transaction_id']}"
            moved = (await api.take("GET", path))["transaction"]
            assert (moved["amount"], moved["status"]) == (one["amount"], "completed")
        assert (await main_account(api))["balance"] == pytest.approx(balance - 100)
        payees = [
            (await api.take("GET", f"/v2/sepa/beneficiaries/{one['beneficiary_id']}"))
            for one in new
        ]
        assert {one["beneficiary"]["iban"] for one in payees} == {IBAN, OTHER_IBAN}

    async def test_a_scheduled_one_waits_for_its_day(self, api: Api) -> None:
        made = await propose(api, "transfers", scheduled_date="2026-11-24")
        known = await approve(api, "transfers", made["id"])
        assert known["scheduled_date"] == "2026-11-24"
        await wait(api, DAY)
        first, *_ = await transfers(api)
        assert (first["status"], first["scheduled_date"]) == ("pending", "2026-11-24")
        assert first["transaction_id"] is None
        await wait(api, 4 * DAY)
        assert (await api.take("GET", f"{TRANSFERS}/{first['id']}"))["transfer"][
            "status"
        ] == "settled"

    async def test_a_day_that_has_passed_is_today(self, api: Api) -> None:
        made = await propose(api, scheduled_date="2026-11-20")
        await wait(api, 3 * DAY)
        await approve(api, "multi_transfers", made["id"])
        assert (await transfers(api))[0]["scheduled_date"] == "2026-11-23"

    async def test_without_the_money_a_line_is_declined(self, api: Api) -> None:
        file = await upload(api)
        large = line(amount="900000.00", attachment_ids=[file])
        made = await propose(api, transfers=[large, line()])
        known = await approve(api, "multi_transfers", made["id"])
        await wait(api, 60)
        outcomes = {one["amount"]: one for one in (await transfers(api))[:2]}
        assert outcomes[60.0]["status"] == "settled"
        assert outcomes[900000.0]["declined_reason"] == "debit_account_insufficient_funds"
        assert known["status"] == (await listed(api, made["id"]))["status"] == "approved"

    async def test_one_that_recurs_becomes_a_standing_order(self, api: Api) -> None:
        made = await propose(api, "transfers", recurrence="weekly", scheduled_date="2026-11-23")
        await approve(api, "transfers", made["id"])
        first, *_ = (await api.take("GET", STANDING))["recurring_transfers"]
        assert (first["frequency"], first["first_execution_date"]) == ("weekly", "2026-11-23")
        await wait(api, 11 * DAY)
        own = await api.take("GET", TRANSFERS, params={"recurring_transfer_ids[]": first["id"]})
        assert [one["amount"] for one in own["transfers"]] == [60.0, 60.0]

    async def test_the_account_named_at_the_approval_pays(self, api: Api) -> None:
        main, other, *_ = await accounts(api)
        made = await propose(api, "transfers", debit_iban=main["iban"])
        path = path_of("transfers", made["id"], "approve")
        await approved(api, path, {"debit_iban": other["iban"]})
        assert (await transfers(api))[0]["bank_account_id"] == other["id"]

    async def test_an_approved_card_is_there(self, api: Api, employee: Api) -> None:
        flash = await propose(employee, "flash_cards")
        virtual = await propose(employee, "virtual_cards")
        for kind, one in (("flash_cards", flash), ("virtual_cards", virtual)):
            assert (await approve(api, kind, one["id"]))["status"] == "approved"
        cards = (await api.take("GET", "/v2/cards", params={"sort_by": "created_at:desc"}))["cards"]
        second, first, *_ = cards
        assert (first["card_level"], first["payment_lifespan_limit"]) == ("flash", 250)
        assert (second["card_level"], second["payment_monthly_limit"]) == ("virtual", 80)
        assert {first["status"], second["status"]} == {"live"}
        assert {first["holder_id"], second["holder_id"]} == {await member(employee)}
        await wait(api, 14 * DAY)
        again = await api.take("GET", "/v2/cards", params={"ids[]": first["id"]})
        assert again["cards"][0]["status"] == "expired"

    @pytest.mark.covers("QX-20", "QX-30")
    async def test_nothing_moves_twice(self, api: Api) -> None:
        made = await propose(api)
        before = len(await transfers(api))
        path, body = path_of("multi_transfers", made["id"], "approve"), await debit(api)
        token, headers = await ask(api, path, body)
        await decide(api, token)
        fault = {"path": "/v2/requests/*", "kind": "lost_response", "method": "POST"}
        await api.take("POST", "/_simulator/faults", 201, json=fault)
        with pytest.raises(httpx2.RemoteProtocolError):
            await api.post(path, json=body, headers=headers)
        answer = await api.take("POST", path, json=body, headers=headers)
        assert answer["request_multi_transfer"]["status"] == "approved"
        await wait(api, 31 * 60)
        for again in (headers, keyed()):
            problem = await api.problem("POST", path, 422, json=body, headers=again)
            assert problem["detail"] == "the request is approved already"
        assert len(await transfers(api)) == before + 2

    async def test_who_denies_leaves_it_pending(self, api: Api) -> None:
        made = await propose(api)
        path, body = path_of("multi_transfers", made["id"], "approve"), await debit(api)
        token, headers = await ask(api, path, body)
        await decide(api, token, "deny")
        refused = await api.take("POST", path, 412, json=body, headers=headers)
        assert refused["message"] == "Invalid SCA session token"
        assert (await listed(api, made["id"]))["status"] == "pending"

    @each_kind
    async def test_consent_is_asked_for_in_two_shapes(self, api: Api, kind: str) -> None:
        made = await propose(api, kind)
        path, body = path_of(kind, made["id"], "approve"), await debit(api)
        flat = await api.take("POST", path, 428, json=body, headers=keyed())
        kept = {"code", "message", "action_type", "sca_session_token", "trace_id"}
        assert (flat.keys(), flat["code"]) == (kept, "sca_required")
        expected = {
            "multi_transfers": "transfer.bulk.create",
            "transfers": "transfer.single.create",
        }.get(kind, "card.order")
        assert flat["action_type"] == expected
        await quirks(api, sca_in_errors=True)
        problem = await api.problem("POST", path, 428, json=body, headers=keyed())
        assert problem["code"] == "sca_required"

    async def test_consent_is_for_one_request(self, api: Api) -> None:
        first, second = await propose(api), await propose(api)
        body = await debit(api)
        token, _ = await ask(api, path_of("multi_transfers", first["id"], "approve"), body)
        await decide(api, token)
        other = path_of("multi_transfers", second["id"], "approve")
        await api.take("POST", other, 422, json=body, headers=keyed(**{TOKEN: token}))
        assert (await listed(api, second["id"]))["status"] == "pending"

    @each_kind
    async def test_the_account_is_checked(self, api: Api, kind: str, sim: Simulator) -> None:
        made = await propose(api, kind)
        path = path_of(kind, made["id"], "approve")
        for body, code in (
            ({}, "required"),
            ({"debit_iban": 1}, "invalid"),
            ({"debit_iban": IBAN}, "not_found"),
        ):
            problem = await api.problem("POST", path, 422, json=body, headers=keyed())
            assert (problem["code"], problem["source"]["pointer"]) == (code, "/debit_iban")
        account = sim.world.first.organisation.bank_accounts[1]
        account.currency = "USD"
        body = {"debit_iban": account.iban}
        problem = await api.problem("POST", path, 422, json=body, headers=keyed())
        assert problem["code"] == "invalid"
        account.status = "closed"
        problem = await api.problem("POST", path, 422, json=body, headers=keyed())
        assert problem["code"] == "not_found"
        account.status, account.currency = "active", "EUR"


class TestDeclining:
    @each_kind
    async def test_a_declined_request_says_why_and_moves_nothing(self, api: Api, kind: str) -> None:
        made, before = await propose(api, kind), await transfers(api)
        path, body = path_of(kind, made["id"], "decline"), {"declined_note": "Paid already"}
        headers = keyed()
        known = (await api.take("POST", path, json=body, headers=headers))[KINDS[kind]]
        assert (known["status"], known["declined_note"]) == ("declined", "Paid already")
        assert (known["approver_id"], known["processed_at"]) == (
            await member(api),
            "2026-11-20T09:00:00.000Z",
        )
        assert known.keys() == made.keys()
        again = await api.take("POST", path, json=body, headers=headers)
        assert again == {KINDS[kind]: known}
        await wait(api, DAY)
        assert await transfers(api) == before

    async def test_it_needs_a_reason(self, api: Api) -> None:
        path = path_of("multi_transfers", (await propose(api))["id"], "decline")
        for body, code in (
            ({}, "required"),
            ({"declined_note": ""}, "required"),
            ({"declined_note": 1}, "invalid"),
            ({"declined_note": "x" * 1001}, "invalid"),
        ):
            problem = await api.problem("POST", path, 422, json=body, headers=keyed())
            assert (problem["code"], problem["source"]["pointer"]) == (code, "/declined_note")


class TestRefusals:
    @pytest.mark.parametrize("verb", ["approve", "decline"])
    @each_kind
    async def test_only_a_request_of_the_type_in_the_path_is_found(
        self, api: Api, kind: str, verb: str, sim: Simulator, open_api: Callable[..., Api]
    ) -> None:
        body = {**await debit(api), "declined_note": "No"}
        others = [(await propose(api, other))["id"] for other in KINDS if other != kind]
        for id in ("nope", *others):
            problem = await api.problem(
                "POST", path_of(kind, id, verb), 404, json=body, headers=keyed()
            )
            assert problem["code"] == "not_found"
        theirs = sim.issue_access_token(organization_id="werkstatt-nord-7730")
        foreign = open_api(sim, Authorization=f"Bearer {theirs}")
        path = path_of(kind, (await propose(api, kind))["id"], verb)
        await foreign.problem("POST", path, 404, json=body, headers=keyed())

    @pytest.mark.parametrize("verb", ["approve", "decline"])
    async def test_only_owners_and_admins_decide(
        self, api: Api, employee: Api, sim: Simulator, verb: str
    ) -> None:
        path = path_of("multi_transfers", (await propose(employee))["id"], verb)
        body = {**await debit(api), "declined_note": "No"}
        problem = await employee.problem("POST", path, 403, json=body, headers=keyed())
        assert problem["code"] == "forbidden"
        sim.control.change_member(role="admin")
        await employee.take(
            "POST", path, 428 if verb == "approve" else 200, json=body, headers=keyed()
        )

    @pytest.mark.parametrize("verb", ["approve", "decline"])
    async def test_the_key_is_mandatory(self, api: Api, verb: str) -> None:
        path = path_of("multi_transfers", (await propose(api))["id"], verb)
        assert (await api.problem("POST", path, 400, json={}))["code"] == "required"

    @pytest.mark.parametrize("verb", ["approve", "decline"])
    @pytest.mark.parametrize("end", ["approve", "decline", "cancel"])
    async def test_a_decision_is_final(self, api: Api, end: str, verb: str) -> None:
        made = await propose(api)
        await api.take("POST", f"/_simulator/requests/{made['id']}/{end}")
        known = await listed(api, made["id"])
        path = path_of("multi_transfers", made["id"], verb)
        body = {**await debit(api), "declined_note": "No"}
        problem = await api.problem("POST", path, 422, json=body, headers=keyed())
        assert problem["code"] == "invalid"
        for again in ("approve", "decline", "cancel"):
            await api.take("POST", f"/_simulator/requests/{made['id']}/{again}", 422)
        assert await listed(api, made["id"]) == known


class TestInTheApp:
    async def test_the_owner_approves(self, api: Api) -> None:
        other = (await accounts(api))[1]
        proposed = await propose(api, "transfers", debit_iban=other["iban"])
        path = f"/_simulator/requests/{proposed['id']}/approve"
        known = (await api.take("POST", path))["request"]
        assert (known["status"], known["approver_id"]) == ("approved", await member(api))
        assert (await transfers(api))[0]["bank_account_id"] == other["id"]
        made = await propose(api, "transfers")
        path = f"/_simulator/requests/{made['id']}/approve"
        await api.take("POST", path, 400, json={"debit_iban": IBAN})
        await api.take("POST", path)
        assert (await transfers(api))[0]["bank_account_id"] == (await main_account(api))["id"]

    async def test_the_owner_declines(self, api: Api) -> None:
        made = await propose(api)
        path = f"/_simulator/requests/{made['id']}/decline"
        known = (await api.take("POST", path, json={"declined_note": "Too dear"}))["request"]
        assert (known["status"], known["declined_note"]) == ("declined", "Too dear")

    async def test_who_asked_takes_it_back(self, api: Api) -> None:
        made = await propose(api)
        known = (await api.take("POST", f"/_simulator/requests/{made['id']}/cancel"))["request"]
        assert (known["status"], known["approver_id"]) == ("canceled", None)
        assert known["processed_at"] is not None
        await api.take("POST", "/_simulator/requests/nope/cancel", 404)

    async def test_what_was_seeded_can_be_approved(self, api: Api) -> None:
        rows = (await api.take("GET", REQUESTS, params={"status[]": "pending"}))["requests"]
        [waiting] = rows
        known = await approve(api, "multi_transfers", waiting["id"])
        assert known["status"] == "approved"
        total = sum(one["amount"] for one in (await transfers(api))[:2])
        assert f"{total:.2f}" == known["total_transfers_amount"]
