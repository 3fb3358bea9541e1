"""Accounts that are opened, renamed and closed, and who sees what of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from qonto_simulator import Simulator
from qonto_simulator.identifiers import iban_is_valid

from .support import Api, Receiver, create_invoice, subscribe
from .test_invitations import acting

PATH = "/v2/bank_accounts"
KEY = "X-Qonto-Idempotency-Key"
NAMED = {"bank_account": {"name": "Taxes"}}


async def opened(api: Api, key: str = "one") -> dict[str, Any]:
    answer = await api.take("POST", PATH, json=NAMED, headers={KEY: key})
    return answer["bank_account"]


async def close(api: Api, account: dict[str, Any], status: int = 200) -> Any:
    """Closes an account, with the person's approval."""
    path = f"{PATH}/{account['id']}/close"
    asked = await api.take("POST", path, 428)
    assert asked["action_type"] == "bank_account.close"
    token = asked["sca_session_token"]
    await api.take("POST", f"/_simulator/sca_sessions/{token}/decide")
    return await api.take("POST", path, status, headers={"X-Qonto-Sca-Session-Token": token})


async def move(api: Api, account: dict[str, Any], amount: str, **fields: Any) -> dict[str, Any]:
    body = {"bank_account_id": account["id"], "amount": amount, **fields}
    return (await api.take("POST", "/_simulator/transactions", 201, json=body))["transaction"]


class TestOpening:
    @pytest.mark.parametrize("position", range(4))
    async def test_a_new_account_is_empty_beside_the_main_one(
        self, sim: Simulator, open_api: Callable[..., Api], position: int
    ) -> None:
        slug = str(sim.control.organizations()[position]["slug"])
        token = sim.issue_access_token(organization_id=slug)
        api = open_api(sim, Authorization=f"Bearer {token}")
        before = (await api.take("GET", PATH))["bank_accounts"]
        made, second = await opened(api), await opened(api, "two")
        assert (made["name"], made["main"], made["status"]) == ("Taxes", False, "active")
        assert (made["balance"], made["authorized_balance_cents"]) == (0, 0)
        assert made["bic"] == before[0]["bic"]
        assert (await api.take("GET", PATH))["bank_accounts"] == [*before, made, second]
        ibans = [one["iban"] for one in (*before, made, second)]
        assert len(set(ibans)) == len(ibans)
        assert all(map(iban_is_valid, ibans))
        params = {"bank_account_id": made["id"]}
        assert (await api.take("GET", "/v2/transactions", params=params))["transactions"] == []

    async def test_it_can_be_invoiced_to_and_paid_into(self, api: Api) -> None:
        made = await opened(api)
        methods = {"iban": made["iban"]}
        invoice = await create_invoice(api, status="unpaid", payment_methods=methods)
        await api.take("POST", f"/_simulator/invoices/{invoice['id']}/pay")
        account = (await api.take("GET", f"{PATH}/{made['id']}"))["bank_account"]
        assert account["balance_cents"] == 144_000

    @pytest.mark.covers("QX-20", "QX-21")
    async def test_the_same_key_opens_one_account_for_half_an_hour(self, api: Api) -> None:
        problem = await api.problem("POST", PATH, 400, json=NAMED)
        assert KEY in problem["detail"]
        made = await opened(api)
        other = {"bank_account": {"name": "Other"}}
        again = await api.take("POST", PATH, json=other, headers={KEY: "one"})
        assert again["bank_account"] == made
        await api.take("POST", "/_simulator/clock", json={"advance": 1_801})
        assert (await opened(api))["id"] != made["id"]

    @pytest.mark.parametrize(
        ("body", "pointer"),
        [
            ({"name": "Taxes"}, "/bank_account"),
            ({"bank_account": "Taxes"}, "/bank_account"),
            ({"bank_account": {}}, "/bank_account"),
            ({"bank_account": {"name": None}}, "/bank_account/name"),
            ({"bank_account": {"name": 5}}, "/bank_account/name"),
            ({"bank_account": {"name": "x" * 101}}, "/bank_account/name"),
        ],
    )
    async def test_a_name_is_needed_in_its_wrapper(
        self, api: Api, body: dict[str, Any], pointer: str
    ) -> None:
        made = await opened(api)
        problem = await api.problem("POST", PATH, 422, json=body, headers={KEY: "two"})
        assert problem["source"]["pointer"].startswith(pointer)
        problem = await api.problem("PATCH", f"{PATH}/{made['id']}", 422, json=body)
        assert problem["source"]["pointer"].startswith(pointer)


class TestChanging:
    async def test_it_gets_another_name(self, api: Api) -> None:
        made = await opened(api)
        path = f"{PATH}/{made['id']}"
        body = {"bank_account": {"name": "VAT"}}
        assert (await api.take("PATCH", path, json=body))["bank_account"]["name"] == "VAT"
        assert (await api.take("GET", path))["bank_account"]["name"] == "VAT"
        await api.problem("PATCH", f"{PATH}/nope", 404, json=body)

    async def test_an_external_account_is_not_qonto_s_to_change(
        self, api: Api, sim: Simulator
    ) -> None:
        made = await opened(api)
        account = sim.world.first.account(made["id"])
        assert account is not None
        account.is_external_account = True
        await api.problem("PATCH", f"{PATH}/{made['id']}", 422, json=NAMED)
        await api.problem("POST", f"{PATH}/{made['id']}/close", 422)


class TestClosing:
    async def test_a_closed_account_is_over_but_stays_readable(self, api: Api) -> None:
        made = await opened(api)
        methods = {"iban": made["iban"]}
        invoice = await create_invoice(api, status="unpaid", payment_methods=methods)
        closed = (await close(api, made))["bank_account"]
        assert closed["status"] == "closed"
        assert (await api.take("GET", f"{PATH}/{made['id']}"))["bank_account"] == closed
        await api.problem("PATCH", f"{PATH}/{made['id']}", 422, json=NAMED)
        await api.problem("POST", f"{PATH}/{made['id']}/close", 422)
        # The client pays late: the money goes where there still is an account.
        await api.take("POST", f"/_simulator/invoices/{invoice['id']}/pay")
        assert (await api.take("GET", f"{PATH}/{made['id']}"))["bank_account"]["balance"] == 0

    async def test_without_approval_nothing_is_closed(self, api: Api) -> None:
        made = await opened(api)
        path = f"{PATH}/{made['id']}/close"
        token = (await api.take("POST", path, 428))["sca_session_token"]
        denied = {"result": "deny"}
        await api.take("POST", f"/_simulator/sca_sessions/{token}/decide", json=denied)
        await api.take("POST", path, 412, headers={"X-Qonto-Sca-Session-Token": token})
        account = (await api.take("GET", f"{PATH}/{made['id']}"))["bank_account"]
        assert account["status"] == "active"

    async def test_the_main_account_stays(self, api: Api) -> None:
        main = (await api.take("GET", PATH))["bank_accounts"][0]
        problem = await api.problem("POST", f"{PATH}/{main['id']}/close", 422)
        assert problem["detail"] == "the main account can't be closed"
        await api.problem("POST", f"{PATH}/nope/close", 404)

    async def test_an_account_with_money_stays_until_it_is_empty(self, api: Api) -> None:
        made = await opened(api)
        await move(api, made, "10.00")
        problem = await api.problem("POST", f"{PATH}/{made['id']}/close", 422)
        assert "balance" in problem["detail"]
        await move(api, made, "10.00", side="debit")
        assert (await close(api, made))["bank_account"]["status"] == "closed"

    @pytest.mark.parametrize("side", ["credit", "debit"])
    async def test_money_on_its_way_keeps_an_account_open(self, api: Api, side: str) -> None:
        made = await opened(api)
        moving = await move(api, made, "10.00", side=side, status="pending")
        await api.problem("POST", f"{PATH}/{made['id']}/close", 422)
        decline = f"/_simulator/transactions/{moving['id']}/conclude"
        await api.take("POST", decline, json={"status": "declined"})
        assert (await close(api, made))["bank_account"]["status"] == "closed"

    async def test_a_transfer_on_its_way_keeps_an_account_open(
        self, api: Api, sim: Simulator
    ) -> None:
        made = await opened(api)
        transfer = next(iter(sim.world.first.sepa_transfers))
        before = transfer.bank_account_id, transfer.status
        transfer.bank_account_id, transfer.status = made["id"], "processing"
        problem = await api.problem("POST", f"{PATH}/{made['id']}/close", 422)
        assert "pending" in problem["detail"]
        transfer.bank_account_id, transfer.status = before
        assert (await close(api, made))["bank_account"]["status"] == "closed"


async def test_subscribers_are_told_of_every_change(api: Api, receiver: Receiver) -> None:
    await subscribe(api, "v1/accounts")
    made = await opened(api)
    body = {"bank_account": {"name": "VAT"}}
    await api.take("PATCH", f"{PATH}/{made['id']}", json=body)
    await close(api, made)
    await api.take("POST", "/_simulator/settle")
    told = [one["data"] for one in receiver.events]
    assert [(one["event"], one["name"], one["status"]) for one in told] == [
        ("created", "Taxes", "active"),
        ("updated", "VAT", "active"),
        ("updated", "VAT", "closed"),
    ]
    assert {one["id"] for one in told} == {made["id"]}
    assert set(told[0]) == {"event", *made} - {
        *("organization_id", "is_external_account", "account_number"),
    }


FOR_EVERYBODY = frozenset({"id", "name", "status", "main", "organization_id"})
BALANCES = frozenset(
    {"currency", "balance", "balance_cents", "authorized_balance", "authorized_balance_cents"}
)


class TestRoles:
    async def test_an_admin_sees_all_of_an_account(self, api: Api, anybody: Api) -> None:
        full = (await api.take("GET", PATH))["bank_accounts"]
        body = {"email": "nora@example.com", "role": "admin"}
        id = (await anybody.take("POST", "/_simulator/members", 201, json=body))["member"][
            "membership_id"
        ]
        body = {"membership_id": id}
        token = (await anybody.take("POST", "/_simulator/tokens", 201, json=body))["access_token"]
        headers = {"Authorization": f"Bearer {token}"}
        assert (await anybody.take("GET", PATH, headers=headers))["bank_accounts"] == full

    @pytest.mark.parametrize("role", ["accountant", "employee"])
    async def test_others_see_less_and_change_nothing(
        self, sim: Simulator, open_api: Callable[..., Api], role: str
    ) -> None:
        api = acting(sim, open_api, role)
        shown = (await api.take("GET", PATH))["bank_accounts"]
        expected = FOR_EVERYBODY | BALANCES if role == "accountant" else FOR_EVERYBODY
        assert all(set(one) == expected for one in shown)
        path = f"{PATH}/{shown[1]['id']}"
        assert set((await api.take("GET", path))["bank_account"]) == expected
        await api.problem("POST", PATH, 403, json=NAMED, headers={KEY: "one"})
        await api.problem("PATCH", path, 403, json=NAMED)
        await api.problem("POST", f"{path}/close", 403)
