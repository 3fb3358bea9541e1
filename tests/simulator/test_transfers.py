"""SEPA transfers, single and recurring, and internal ones: what is taken, and what comes of it."""

from __future__ import annotations

from typing import Any

import pytest
from qonto_simulator import Simulator

from .paying import (
    IBAN,
    INTERNAL,
    OTHER_IBAN,
    STANDING,
    TRANSFERS,
    accounts,
    approved,
    keyed,
    main_account,
    pay,
    payee,
    prove,
    quirks,
    seen,
    transfer_body,
    upload,
    wait,
)
from .support import Api, Receiver, subscribe

DAY = 86_400


pytestmark = pytest.mark.usefixtures("balanced")


async def transaction(api: Api, transfer: dict[str, Any]) -> dict[str, Any]:
    path = f"/v2/transactions/{transfer['transaction_id']}"
    return (await api.take("GET", path))["transaction"]


class TestOneTransfer:
    async def test_it_is_taken_as_asked(self, api: Api) -> None:
        file = await upload(api)
        made = await pay(api, note="Facture 2026-1188", attachment_ids=[file])
        assert (made["status"], made["amount"], made["amount_cents"]) == ("pending", 60.0, 6000)
        assert (made["amount_currency"], made["scheduled_date"]) == ("EUR", "2026-11-20")
        assert (made["reference"], made["note"]) == ("2026-1188", "Facture 2026-1188")
        member = (await api.take("GET", "/v2/membership"))["membership"]
        assert made["initiator_id"] == member["id"]
        assert await seen(api, made["id"]) == made
        await wait(api, 60)
        moved = await transaction(api, await seen(api, made["id"]))
        assert (moved["attachment_ids"], moved["initiator_id"]) == ([file], member["id"])

    @pytest.mark.parametrize(
        ("changes", "code", "field"),
        [
            ({"amount": None}, "required", "amount"),
            ({"amount": 60.0}, "invalid", "amount"),
            ({"amount": "0.00"}, "invalid", "amount"),
            ({"amount": "-5"}, "invalid", "amount"),
            ({"amount": "1.005"}, "invalid", "amount"),
            ({"amount": "1e3"}, "invalid", "amount"),
            ({"amount": "1000000000"}, "invalid", "amount"),
            ({"reference": None}, "required", "reference"),
            ({"reference": "x" * 141}, "invalid", "reference"),
            ({"note": "x" * 1001}, "invalid", "note"),
            ({"bank_account_id": None}, "required", "bank_account_id"),
            ({"bank_account_id": "nope"}, "not_found", "bank_account_id"),
            ({"beneficiary_id": None}, "required", "beneficiary_id"),
            ({"beneficiary_id": "nope"}, "not_found", "beneficiary_id"),
            ({"beneficiary": {"name": "A", "iban": IBAN}}, "invalid", "beneficiary"),
            ({"scheduled_date": "2026-11-19"}, "invalid", "scheduled_date"),
            ({"scheduled_date": "soon"}, "invalid", "scheduled_date"),
            ({"attachment_ids": ["nope"]}, "not_found", "attachment_ids"),
            ({"attachment_ids": "nope"}, "invalid", "attachment_ids"),
        ],
    )
    async def test_what_is_wrong_is_named(
        self, api: Api, changes: dict[str, Any], code: str, field: str
    ) -> None:
        body = await transfer_body(api, **changes)
        problem = await api.problem("POST", TRANSFERS, 422, json=body, headers=keyed())
        assert (problem["code"], problem["source"]["pointer"]) == (code, f"/transfer/{field}")

    async def test_a_described_payee_must_be_described_well(self, api: Api) -> None:
        body = await transfer_body(api, beneficiary_id=None, beneficiary={"name": "A", "iban": "x"})
        problem = await api.problem("POST", TRANSFERS, 422, json=body, headers=keyed())
        assert problem["code"] == "invalid_iban"
        assert problem["source"]["pointer"] == "/transfer/beneficiary/iban"

    @pytest.mark.covers("QX-32")
    async def test_it_needs_the_proof_of_this_very_payee(self, api: Api) -> None:
        body = await transfer_body(api)
        for token, code in (
            (None, "required"),
            ("proof_of_nothing", "vop_proof_token_invalid"),
            (await prove(api, OTHER_IBAN), "vop_proof_token_invalid"),
            (await prove(api, IBAN, OTHER_IBAN), "vop_proof_token_invalid"),
        ):
            wrong = {**body, "vop_proof_token": token}
            problem = await api.problem("POST", TRANSFERS, 422, json=wrong, headers=keyed())
            assert (problem["code"], problem["source"]["pointer"]) == (code, "/vop_proof_token")
        await wait(api, 23 * 3600)
        problem = await api.problem("POST", TRANSFERS, 422, json=body, headers=keyed())
        assert problem["code"] == "vop_proof_token_invalid"

    async def test_the_body_is_wrapped(self, api: Api) -> None:
        body = await transfer_body(api)
        flat = {"vop_proof_token": body["vop_proof_token"], **body["transfer"]}
        problem = await api.problem("POST", TRANSFERS, 422, json=flat, headers=keyed())
        assert (problem["code"], problem["source"]["pointer"]) == ("required", "/transfer")

    async def test_a_described_payee_becomes_a_beneficiary_and_the_same_iban_renames(
        self, api: Api
    ) -> None:
        described = {"name": "Papeterie", "iban": IBAN, "email": "a@papeterie.example"}
        body = await transfer_body(api, beneficiary_id=None, beneficiary=described)
        known = body["transfer"]
        await payee(api, trusted=True)
        made = (await approved(api, TRANSFERS, {**body, "transfer": known}))["transfer"]
        path = f"/v2/sepa/beneficiaries/{made['beneficiary_id']}"
        one = (await api.take("GET", path))["beneficiary"]
        assert (one["name"], one["iban"], one["email"]) == (*described.values(),)

    @pytest.mark.covers("QX-20")
    async def test_a_key_makes_one_transfer_for_thirty_minutes(self, api: Api) -> None:
        body, headers = await transfer_body(api), keyed()
        first = await api.take("POST", TRANSFERS, json=body, headers=headers)
        await wait(api, 29 * 60)
        assert await api.take("POST", TRANSFERS, json=body, headers=headers) == first
        await wait(api, 60)
        again = await api.take("POST", TRANSFERS, json=body, headers=headers)
        assert again["transfer"]["id"] != first["transfer"]["id"]

    @pytest.mark.covers("QX-21")
    async def test_a_key_answers_the_first_success_to_another_body(self, api: Api) -> None:
        body, headers = await transfer_body(api), keyed()
        refused = {**body, "transfer": {**body["transfer"], "amount": "0"}}
        await api.problem("POST", TRANSFERS, 422, json=refused, headers=headers)
        first = await api.take("POST", TRANSFERS, json=body, headers=headers)
        assert await api.take("POST", TRANSFERS, json=refused, headers=headers) == first
        problem = await api.problem("POST", TRANSFERS, 400, json=body)
        assert problem["code"] == "required"


class TestItsLife:
    async def test_money_is_held_back_then_gone(self, api: Api) -> None:
        before = await main_account(api)
        made = await pay(api)
        assert await main_account(api) == before
        await wait(api, 5)
        moving = await seen(api, made["id"])
        assert (moving["status"], moving["completed_at"]) == ("processing", None)
        assert moving["processed_at"] == "2026-11-20T09:00:05Z"
        assert (await transaction(api, moving))["status"] == "pending"
        during = await main_account(api)
        assert during["balance_cents"] == before["balance_cents"]
        held = before["authorized_balance_cents"] - during["authorized_balance_cents"]
        assert held == 6000
        await wait(api, 5)
        done = await seen(api, made["id"])
        assert (done["status"], done["completed_at"]) == ("settled", "2026-11-20T09:00:10Z")
        moved = await transaction(api, done)
        assert (moved["status"], moved["side"], moved["amount"]) == ("completed", "debit", 60.0)
        assert moved["transfer"]["counterparty_account_number"] == IBAN
        after = await main_account(api)
        assert before["balance_cents"] - after["balance_cents"] == 6000
        assert after["authorized_balance_cents"] == during["authorized_balance_cents"]

    async def test_whoever_subscribed_is_told_of_the_transaction(
        self, api: Api, receiver: Receiver
    ) -> None:
        await subscribe(api, "v1/transactions")
        await pay(api)
        await wait(api, 60)
        await api.take("POST", "/_simulator/settle")
        told = [(one["data"]["event"], one["data"]["status"]) for one in receiver.events]
        assert told == [("created", "pending"), ("updated", "completed")]

    async def test_it_pays_the_bill_that_its_reference_names(self, api: Api) -> None:
        bill = (await api.take("POST", "/_simulator/supplier_invoices", 201, json={}))[
            "supplier_invoice"
        ]
        await wait(api, 10)
        path = f"/v2/supplier_invoices/{bill['id']}"
        bill = await api.take("GET", path)
        bill = bill.get("supplier_invoice", bill)
        made = await pay(
            api, amount=bill["total_amount"]["value"], reference=bill["invoice_number"]
        )
        await wait(api, 10)
        paid = await api.take("GET", path)
        paid = paid.get("supplier_invoice", paid)
        assert paid["status"] == "paid"
        assert (await seen(api, made["id"]))["status"] == "settled"

    async def test_a_later_day_is_waited_for(self, api: Api) -> None:
        made = await pay(api, scheduled_date="2026-11-25")
        await wait(api, 4 * DAY)
        assert (await seen(api, made["id"]))["status"] == "pending"
        await wait(api, DAY)
        done = await seen(api, made["id"])
        assert (done["status"], done["processed_at"]) == ("settled", "2026-11-25T06:00:00Z")

    @pytest.mark.parametrize(
        ("trusted", "amounts", "left"),
        [
            (False, ["5000.00", "5000.01"], [False, True]),
            (False, ["5000.00"] * 5, [False] * 4 + [True]),
            (True, ["10000.00", "10000.01"], [False, True]),
            (True, ["10000.00"] * 6, [False] * 5 + [True]),
        ],
    )
    async def test_above_the_limits_it_arrives_on_the_next_working_day(
        self, api: Api, trusted: bool, amounts: list[str], left: list[bool]
    ) -> None:
        await api.take("POST", "/_simulator/transactions", 201, json={"amount": "90000.00"})
        ids: list[str] = []
        for amount in amounts:
            body = await transfer_body(api, trusted=trusted, amount=amount)
            made = await (self._send(api, body) if trusted else approved(api, TRANSFERS, body))
            ids.append(made["transfer"]["id"])
            await wait(api, 60)
        found = [await seen(api, id) for id in ids]
        assert [one["status"] == "processing" for one in found] == left
        await wait(api, 3 * DAY)
        found = [await seen(api, id) for id in ids]
        assert {one["status"] for one in found} == {"settled"}
        # The 20th of November is a Friday.
        assert found[-1]["completed_at"] == "2026-11-23T08:00:00Z"

    @staticmethod
    async def _send(api: Api, body: dict[str, Any]) -> Any:
        return await api.take("POST", TRANSFERS, json=body, headers=keyed())

    async def test_after_a_day_the_limit_is_whole_again(self, api: Api) -> None:
        await api.take("POST", "/_simulator/transactions", 201, json={"amount": "90000.00"})
        for _ in range(5):
            await pay(api, amount="10000.00")
        await wait(api, DAY + 10)
        made = await pay(api, amount="10000.00")
        await wait(api, 10)
        assert (await seen(api, made["id"]))["status"] == "settled"

    async def test_above_30000_an_attachment_is_needed(self, api: Api) -> None:
        await pay(api, amount="30000.00")
        body = await transfer_body(api, amount="30000.01")
        problem = await api.problem("POST", TRANSFERS, 422, json=body, headers=keyed())
        assert problem == {
            "code": "required",
            "detail": "an attachment is required above 30000 EUR",
            "source": {"pointer": "/transfer/attachment_ids"},
        }
        file = await upload(api)
        assert (await pay(api, amount="30000.01", attachment_ids=[file]))["status"] == "pending"

    async def test_without_the_money_it_is_declined(self, api: Api) -> None:
        poor = (await accounts(api))[2]
        amount = f"{poor['authorized_balance_cents'] / 100 + 0.01:.2f}"
        made = await pay(api, bank_account_id=poor["id"], amount=amount)
        await wait(api, 60)
        refused = await seen(api, made["id"])
        assert (refused["status"], refused["transaction_id"]) == ("declined", None)
        assert refused["declined_reason"] == "debit_account_insufficient_funds"
        assert refused["processed_at"] == refused["updated_at"] == "2026-11-20T09:00:05Z"
        assert refused["completed_at"] is None

    async def test_money_that_is_held_back_can_not_be_spent_again(self, api: Api) -> None:
        poor = (await accounts(api))[2]
        most = poor["authorized_balance_cents"] / 100
        await quirks(api, instant_delay=600)
        amounts = (f"{most - 1:.2f}", "1.01", "1.00")
        first, second, third = [
            await pay(api, bank_account_id=poor["id"], amount=amount) for amount in amounts
        ]
        await wait(api, 5)
        found = [(await seen(api, one["id"]))["status"] for one in (first, second, third)]
        assert found == ["processing", "declined", "processing"]
        assert (await accounts(api))[2]["authorized_balance_cents"] == 0

    async def test_a_declined_beneficiary_gets_nothing(self, api: Api) -> None:
        made = await pay(api)
        path = f"/_simulator/beneficiaries/{made['beneficiary_id']}/decide"
        await api.take("POST", path, json={"status": "declined"})
        await wait(api, 60)
        assert (await seen(api, made["id"]))["declined_reason"] == "beneficiary_status"

    @pytest.mark.parametrize(
        ("reason", "moved"),
        [
            ("organisation_compliance_reasons", None),
            ("qonto_processing_failed", None),
            ("beneficiary_iban_invalid", "declined"),
            ("beneficiary_network_rules_error", "declined"),
        ],
    )
    async def test_transfers_to_an_account_can_be_declined(
        self, api: Api, reason: str, moved: str | None
    ) -> None:
        before = await main_account(api)
        script = {"iban": IBAN, "reason": reason}
        answer = await api.take("POST", "/_simulator/transfers/decline", json=script)
        assert answer == {"declined": {IBAN: reason}}
        made = await pay(api)
        await wait(api, 60)
        refused = await seen(api, made["id"])
        assert (refused["status"], refused["declined_reason"]) == ("declined", reason)
        if moved is None:
            assert refused["transaction_id"] is None
        else:
            assert (await transaction(api, refused))["status"] == moved
        for name in ("balance_cents", "authorized_balance_cents"):
            assert (await main_account(api))[name] == before[name]
        script = {"iban": IBAN, "reason": None}
        await api.take("POST", "/_simulator/transfers/decline", json=script)
        made = await pay(api)
        await wait(api, 60)
        assert (await seen(api, made["id"]))["status"] == "settled"

    async def test_all_transfers_can_be_declined_until_a_reset(
        self, api: Api, sim: Simulator
    ) -> None:
        answer = await api.take("POST", "/_simulator/transfers/decline")
        assert answer == {"declined": {"*": "qonto_processing_failed"}}
        made = await pay(api)
        await wait(api, 60)
        assert (await seen(api, made["id"]))["declined_reason"] == "qonto_processing_failed"
        sim.reset()
        assert sim.world.declined_transfers == {}

    @pytest.mark.parametrize("seconds", [0, 5])
    async def test_one_transfer_can_be_declined_now(self, api: Api, seconds: float) -> None:
        before = await main_account(api)
        made = await pay(api)
        await wait(api, seconds)
        path = f"/_simulator/transfers/{made['id']}/decline"
        reason = {"reason": "beneficiary_bic_invalid"}
        answer = await api.take("POST", path, json=reason)
        assert answer["transfer"]["declined_reason"] == reason["reason"]
        await api.take("POST", path, 400, json=reason)
        await wait(api, 60)
        assert (await seen(api, made["id"]))["status"] == "declined"
        after = await main_account(api)
        assert after["authorized_balance_cents"] == before["authorized_balance_cents"]
        await api.take("POST", "/_simulator/transfers/nope/decline", 404)

    async def test_its_transaction_does_not_end_without_it(self, api: Api) -> None:
        made = await pay(api)
        await wait(api, 5)
        id = (await seen(api, made["id"]))["transaction_id"]
        await api.take("POST", f"/_simulator/transactions/{id}/conclude", 400)
        await wait(api, 5)
        assert (await seen(api, made["id"]))["status"] == "settled"


class TestCancelAndProof:
    async def test_what_is_not_processed_can_be_canceled(self, api: Api) -> None:
        made = await pay(api)
        assert await api.take("POST", f"{TRANSFERS}/{made['id']}/cancel", 204) is None
        await wait(api, DAY)
        gone = await seen(api, made["id"])
        assert (gone["status"], gone["processed_at"]) == ("canceled", None)
        await api.problem("POST", f"{TRANSFERS}/{made['id']}/cancel", 422)

    @pytest.mark.parametrize("seconds", [5, 60])
    async def test_what_is_processed_can_not(self, api: Api, seconds: float) -> None:
        made = await pay(api)
        await wait(api, seconds)
        problem = await api.problem("POST", f"{TRANSFERS}/{made['id']}/cancel", 422)
        assert problem["code"] == "invalid"
        await api.problem("POST", f"{TRANSFERS}/nope/cancel", 404)

    async def test_what_has_arrived_has_a_proof(self, api: Api) -> None:
        made = await pay(api)
        path = f"{TRANSFERS}/{made['id']}/download_proof"
        for _ in range(2):
            await api.problem("POST", path, 422)
            await wait(api, 5)
        proof = await api.post(path)
        assert (proof.status_code, proof.headers["content-type"]) == (200, "application/pdf")
        assert proof.content.startswith(b"%PDF")
        await api.problem("POST", f"{TRANSFERS}/nope/download_proof", 404)


class TestRecurring:
    async def order(self, api: Api, **changes: Any) -> dict[str, Any]:
        body = await transfer_body(
            api,
            frequency="monthly",
            first_execution_date="2026-11-30",
            last_execution_date="2027-02-28",
            **changes,
        )
        return {
            "vop_proof_token": body["vop_proof_token"],
            "recurring_transfer": body["transfer"],
        }

    async def test_the_person_is_always_asked(self, api: Api) -> None:
        body = await self.order(api, trusted=True)
        challenge = await api.take("POST", STANDING, 428, json=body, headers=keyed())
        assert challenge["code"] == "sca_required"

    async def test_it_makes_its_transfers_until_the_last_day(self, api: Api) -> None:
        await api.take("POST", "/_simulator/transactions", 201, json={"amount": "1000.00"})
        body = await self.order(api, note="Lease")
        made = (await approved(api, STANDING, body))["recurring_transfer"]
        assert (made["status"], made["next_execution_date"]) == ("active", "2026-11-30")
        assert (made["amount"], made["frequency"]) == (60.0, "monthly")
        path = f"{STANDING}/{made['id']}"
        await wait(api, 12 * DAY)
        one = (await api.take("GET", path))["recurring_transfer"]
        assert (one["next_execution_date"], one["status"]) == ("2026-12-30", "active")
        await wait(api, 120 * DAY)
        one = (await api.take("GET", path))["recurring_transfer"]
        assert (one["next_execution_date"], one["status"]) == (None, "finished")
        params = {"recurring_transfer_ids[]": made["id"], "sort_by": "scheduled_date:asc"}
        sent = (await api.take("GET", TRANSFERS, params=params))["transfers"]
        days = ["2026-11-30", "2026-12-30", "2027-01-30", "2027-02-28"]
        assert [one["scheduled_date"] for one in sent] == days
        assert {(one["status"], one["note"]) for one in sent} == {("settled", "Lease")}
        await api.problem("POST", f"{path}/cancel", 422)

    @pytest.mark.parametrize(
        ("frequency", "second"),
        [
            ("weekly", "2026-12-07"),
            ("monthly", "2026-12-30"),
            ("quarterly", "2027-02-28"),
            ("half_yearly", "2027-05-30"),
            ("yearly", "2027-11-30"),
        ],
    )
    async def test_every_frequency_has_its_next_day(
        self, api: Api, frequency: str, second: str
    ) -> None:
        body = await self.order(api)
        body["recurring_transfer"]["frequency"] = frequency
        del body["recurring_transfer"]["last_execution_date"]
        made = (await approved(api, STANDING, body))["recurring_transfer"]
        await wait(api, 11 * DAY)
        one = (await api.take("GET", f"{STANDING}/{made['id']}"))["recurring_transfer"]
        assert one["next_execution_date"] == second

    async def test_canceled_it_makes_no_more(self, api: Api) -> None:
        made = (await approved(api, STANDING, await self.order(api)))["recurring_transfer"]
        path = f"{STANDING}/{made['id']}"
        await wait(api, 11 * DAY)
        assert await api.take("POST", f"{path}/cancel", 204) is None
        await wait(api, 60 * DAY)
        one = (await api.take("GET", path))["recurring_transfer"]
        assert (one["status"], one["next_execution_date"]) == ("canceled", None)
        params = {"recurring_transfer_ids[]": made["id"]}
        assert len((await api.take("GET", TRANSFERS, params=params))["transfers"]) == 1
        await api.problem("POST", f"{path}/cancel", 422)
        await api.problem("POST", f"{STANDING}/nope/cancel", 404)

    @pytest.mark.parametrize(
        ("changes", "code", "field"),
        [
            ({"frequency": "hourly"}, "not_in_list", "frequency"),
            ({"frequency": None}, "required", "frequency"),
            ({"first_execution_date": None}, "required", "first_execution_date"),
            ({"first_execution_date": "2026-11-19"}, "invalid", "first_execution_date"),
            ({"last_execution_date": "2026-11-29"}, "invalid", "last_execution_date"),
            ({"amount": "30000.01"}, "required", "attachment_ids"),
            ({"amount": 5}, "invalid", "amount"),
        ],
    )
    async def test_what_is_wrong_is_named(
        self, api: Api, changes: dict[str, Any], code: str, field: str
    ) -> None:
        body = await self.order(api)
        body["recurring_transfer"] |= changes
        problem = await api.problem("POST", STANDING, 422, json=body, headers=keyed())
        pointer = f"/recurring_transfer/{field}"
        assert (problem["code"], problem["source"]["pointer"]) == (code, pointer)

    async def test_a_clock_that_leaps_comes_to_an_end(self, api: Api, sim: Simulator) -> None:
        await wait(api, 300 * 365 * DAY)
        orders = (await api.take("GET", STANDING))["recurring_transfers"]
        assert {one["status"] for one in orders} == {"finished"}


class TestInternal:
    async def body(self, api: Api, **changes: Any) -> dict[str, Any]:
        ours = await accounts(api)
        fields = {
            "debit_iban": ours[0]["iban"],
            "credit_iban": ours[1]["iban"],
            "reference": "TVA novembre",
            "amount": "250.00",
            "currency": "EUR",
            **changes,
        }
        return {"internal_transfer": fields}

    async def test_money_leaves_here_and_arrives_there(self, api: Api, key_api: Api) -> None:
        before = await accounts(api)
        made = (await key_api.take("POST", INTERNAL, json=await self.body(api), headers=keyed()))[
            "internal_transfer"
        ]
        assert (made["status"], made["amount"]) == ("processing", "250.00")
        assert (made["amount_cents"], made["currency"]) == (25_000, "EUR")
        during = await accounts(api)
        assert [one["balance_cents"] for one in during] == [one["balance_cents"] for one in before]
        await wait(api, 10)
        after = await accounts(api)
        changed = [
            (a["balance_cents"] - b["balance_cents"]) for a, b in zip(after, before, strict=True)
        ]
        assert changed == [-25_000, 25_000, 0]
        for account, side in ((after[0], "debit"), (after[1], "credit")):
            params = {"bank_account_id": account["id"], "sort_by": "settled_at:desc"}
            moved = (await api.take("GET", "/v2/transactions", params=params))["transactions"][0]
            assert (moved["side"], moved["amount"]) == (side, 250.0)
            assert moved["reference"] == "TVA novembre"

    async def test_a_key_moves_money_once(self, api: Api) -> None:
        body, headers = await self.body(api), keyed()
        first = await api.take("POST", INTERNAL, json=body, headers=headers)
        assert await api.take("POST", INTERNAL, json=body, headers=headers) == first
        other = await api.take("POST", INTERNAL, json=body, headers=keyed())
        assert other["internal_transfer"]["slug"] != first["internal_transfer"]["slug"]
        await api.problem("POST", INTERNAL, 400, json=body)

    async def test_a_reference_to_an_invoice_pays_nothing(self, api: Api) -> None:
        params = {"filter[status]": "unpaid"}
        invoices = await api.take("GET", "/v2/client_invoices", params=params)
        body = await self.body(api, reference=invoices["client_invoices"][0]["number"])
        await api.take("POST", INTERNAL, json=body, headers=keyed())
        await wait(api, 10)
        assert await api.take("GET", "/v2/client_invoices", params=params) == invoices

    @pytest.mark.parametrize(
        ("changes", "code", "field"),
        [
            ({"debit_iban": None}, "required", "debit_iban"),
            ({"debit_iban": IBAN}, "not_found", "debit_iban"),
            ({"credit_iban": OTHER_IBAN}, "not_found", "credit_iban"),
            ({"reference": None}, "required", "reference"),
            ({"amount": 250.0}, "invalid", "amount"),
            ({"amount": "999999.00"}, "invalid", "amount"),
            ({"currency": "USD"}, "invalid", "currency"),
            ({"currency": None}, "required", "currency"),
        ],
    )
    async def test_what_is_wrong_is_named(
        self, api: Api, changes: dict[str, Any], code: str, field: str
    ) -> None:
        body = await self.body(api, **changes)
        problem = await api.problem("POST", INTERNAL, 422, json=body, headers=keyed())
        pointer = f"/internal_transfer/{field}"
        assert (problem["code"], problem["source"]["pointer"]) == (code, pointer)

    async def test_it_goes_to_another_account_of_the_same_organisation(
        self, api: Api, sim: Simulator
    ) -> None:
        first, second = list(sim.world.books.values())[:2]
        own = first.organisation.main_account.iban
        foreign = second.organisation.main_account.iban
        for iban in (own, foreign):
            body = await self.body(api, debit_iban=own, credit_iban=iban)
            problem = await api.problem("POST", INTERNAL, 422, json=body, headers=keyed())
            assert problem["source"]["pointer"] == "/internal_transfer/credit_iban"

    async def test_its_transactions_end_together(self, api: Api) -> None:
        await api.take("POST", INTERNAL, json=await self.body(api), headers=keyed())
        account = (await accounts(api))[1]
        params = {"bank_account_id": account["id"], "status[]": "pending"}
        [one] = (await api.take("GET", "/v2/transactions", params=params))["transactions"]
        await api.take("POST", f"/_simulator/transactions/{one['id']}/conclude", 400)
