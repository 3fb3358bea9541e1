"""Payments from the vendor's request to the money's arrival, over real loopback HTTP."""

import uuid
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio

from connector.app.sandbox import Sandbox
from tests.journeys.payer import SCOPES, Payer, payer, payment
from tests.webhooks.relay import until

pytestmark = [pytest.mark.loopback, pytest.mark.asyncio(loop_scope="module")]


@pytest.fixture(scope="module")
def lasting_scopes() -> str:
    return SCOPES


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def paying(lasting: Sandbox) -> AsyncIterator[Payer]:
    async with payer(lasting) as it:
        yield it


async def ended(paying: Payer, task_id: str) -> dict[str, Any]:
    """Wait for the worker to bring a payment to its end as a task."""
    seen: list[dict[str, Any]] = []

    async def is_over() -> bool:
        seen.append(await paying.task(task_id))
        return seen[-1]["status"] in ("SUCCESS", "FAILED")

    await until(is_over)
    return seen[-1]


@pytest.mark.covers("MAE-124", "GUIDE-10", "GUIDE-20")
async def test_a_trusted_beneficiary_is_paid_by_nobody_s_hand(paying: Payer) -> None:
    payee = paying.beneficiary(trusted=True)
    done = await paying.pay(payee, description="pay trusted")
    assert done.status == 201, done
    assert done.data["status"] == "PENDING"
    [line] = done.data["paymentLines"]
    assert (f"{line['amount']:f}", line["description"]) == ("120.50", "pay trusted")
    assert line["contactId"] == payee.id
    assert (await paying.ok("GET", f"payments/{done.data['id']}"))["id"] == done.data["id"]
    listed = await paying.ok("GET", "payments", limit=50)
    assert [one["id"] for one in listed].count(done.data["id"]) == 1


async def test_the_owner_approves_and_the_worker_does_the_rest(paying: Payer) -> None:
    payee = paying.beneficiary(name="Approved One")
    done = await paying.pay(payee, description="pay approved")
    assert done.status == 202, done
    assert done.data["status"] == "AWAITING_APPROVAL"
    assert done.data["action"]["type"] == "APPROVE"
    task_id = done.data["taskId"]
    assert (await paying.task(task_id))["status"] == "IN_PROGRESS"
    paying.control.decide_sca(str(paying.sessions()[-1]["token"]))
    told = await ended(paying, task_id)
    assert told["status"] == "SUCCESS"
    transfer_id = told["responseData"]["transferId"]
    assert [one.reference for one in paying.transfers()].count("pay approved") == 1
    assert (await paying.ok("GET", f"payments/{transfer_id}"))["id"] == transfer_id


async def test_a_denied_payment_ends_as_a_failed_task(paying: Payer) -> None:
    done = await paying.pay(paying.beneficiary(name="Denied One"), description="pay denied")
    paying.control.decide_sca(str(paying.sessions()[-1]["token"]), "deny")
    told = await ended(paying, done.data["taskId"])
    assert told["status"] == "FAILED"
    assert [note["code"] for note in told["information"]] == ["DENIED"]
    assert "pay denied" not in [one.reference for one in paying.transfers()]


async def test_the_same_key_pays_once_and_another_body_is_a_conflict(paying: Payer) -> None:
    payee, key = paying.beneficiary(trusted=True), str(uuid.uuid4())
    first = await paying.pay(payee, key=key, description="pay once")
    again = await paying.pay(payee, key=key, description="pay once")
    assert again.status == 201 and again.data["id"] == first.data["id"]
    assert again.headers["Idempotent-Replayed"] == "true"
    other = await paying.pay(payee, key=key, description="pay another")
    assert (other.status, other.errors["code"]) == (409, "IDEMPOTENCY_KEY_REUSED")
    assert [one.reference for one in paying.transfers()].count("pay once") == 1


async def test_a_payment_without_a_key_is_refused(paying: Payer) -> None:
    payee = paying.beneficiary(trusted=True)
    told = await paying.call("POST", "payments", payment(payee, description="pay keyless"))
    assert (told.status, told.codes) == (400, {"Idempotency-Key": "REQUIRED"})
    assert "pay keyless" not in [one.reference for one in paying.transfers()]


async def test_what_is_wrong_is_told_by_its_place_in_the_request(paying: Payer) -> None:
    told = await paying.pay(None, amount="0.001", description="", accountId="nothing", iban="FR1")
    assert told.codes == {
        "paymentLines.0.amount": "INVALID",
        "paymentLines.0.description": "REQUIRED",
        "paymentLines.0.accountId": "NOT_ONES_OWN",
        "paymentLines.0.iban": "NOT_AN_IBAN",
    }
    no_line = await paying.call("POST", "payments", {"paymentLines": []}, key="k")
    assert no_line.status == 400


async def test_a_dry_run_tells_what_would_be_paid_and_asks_nobody(paying: Payer) -> None:
    payee = paying.beneficiary(name="Dry One")
    before = len(paying.control.journal(method="POST", path="/v2/sepa"))
    body = payment(payee, description="pay dry", amount="10.00")
    told = await paying.call("POST", "payments", body, dryRun="true")
    assert told.status == 200, told
    expected = told.data["expected"]
    assert (expected["transferSpeed"], expected["needsApproval"]) == ("INSTANT", True)
    assert payee.iban not in str(expected)
    assert len(paying.control.journal(method="POST", path="/v2/sepa")) == before


@pytest.mark.covers("GUIDE-16")
async def test_a_close_match_is_confirmed_by_its_code(paying: Payer) -> None:
    payee = paying.beneficiary(trusted=True, name="Close One")
    paying.control.set_payee(payee.iban, holder="CLOSE ONE")
    done = await paying.pay(payee, description="pay close")
    assert done.status == 202 and done.data["matchedName"] == "CLOSE ONE"
    path = f"payments/{done.data['taskId']}/confirm"
    refused = await paying.call("POST", path)
    assert (refused.status, refused.codes) == (400, {"confirm": "PAYEE_CLOSE_MATCH"})
    confirmed = await paying.ok("POST", path, confirm="PAYEE_CLOSE_MATCH")
    assert confirmed["status"] == "PENDING"
    assert "pay close" in [one.reference for one in paying.transfers()]


async def test_a_payee_is_verified_without_being_paid(paying: Payer) -> None:
    payee = paying.beneficiary(name="Verified One")
    asked = {"name": "Verified Two", "iban": payee.iban}
    told = await paying.ok("POST", "payments/verify", asked)
    assert told["matchResult"] in ("NO_MATCH", "CLOSE_MATCH")


async def test_a_transfer_is_cancelled_by_its_own_id(paying: Payer) -> None:
    payee = paying.beneficiary(trusted=True)
    made = await paying.pay(payee, description="pay later", paymentDate="2099-01-04")
    assert made.status == 201, made
    path = f"payments/{made.data['id']}"
    assert (await paying.ok("DELETE", path))["id"] == made.data["id"]
    assert (await paying.ok("GET", path))["status"] == "CANCELED"
    assert (await paying.call("DELETE", path)).status == 200, "canceled is canceled"
    unknown = await paying.call("DELETE", f"payments/{uuid.uuid4()}")
    assert unknown.status == 404


async def test_a_payment_on_its_way_is_called_off_by_its_task(paying: Payer) -> None:
    done = await paying.pay(paying.beneficiary(name="Called Off"), description="pay off")
    path = f"payments/{done.data['taskId']}"
    assert (await paying.ok("DELETE", path))["id"] == done.data["taskId"]
    told = await paying.task(done.data["taskId"])
    assert (told["status"], told["responseData"]["status"]) == ("FAILED", "WITHDRAWN")


@pytest.mark.covers("GUIDE-14")
async def test_beneficiaries_are_found_by_number_and_by_name(paying: Payer) -> None:
    payee = paying.beneficiary(name="Boulangerie Très Rare")
    waiting = paying.control.add_beneficiary(name="Très Rare en attente", status="pending")
    [one] = await paying.ok("GET", "beneficiaries", iban=payee.iban)
    assert (one["id"], one["status"], one["iban"]) == (payee.id, "VALIDATED", payee.iban)
    named = await paying.ok("GET", "beneficiaries", name="tres rare")
    assert {one["id"] for one in named} == {payee.id, waiting["id"]}
    valid = await paying.ok("GET", "beneficiaries", name="tres rare", status="VALIDATED")
    assert [one["id"] for one in valid] == [payee.id]
    assert (await paying.ok("GET", f"beneficiaries/{payee.id}"))["name"] == payee.name
    trusted = await paying.ok("GET", "beneficiaries", trusted="true", limit=100)
    assert all(one["trusted"] for one in trusted)


async def test_a_beneficiary_is_made_changed_and_trusted_no_more(paying: Payer) -> None:
    iban = "DE89370400440532013000"
    asked = {"name": "Berliner Druck", "iban": iban, "activityTag": "office_supply"}
    wrong = await paying.call("POST", "beneficiaries", {**asked, "iban": f"{iban[:-1]}1"})
    assert wrong.codes == {"iban": "NOT_AN_IBAN"}
    made = await paying.ok("POST", "beneficiaries", asked)
    assert (made["status"], made["trusted"]) == ("PENDING", False)
    twice = await paying.call("POST", "beneficiaries", {**asked, "name": "Another Name"})
    assert twice.codes == {"iban": "ALREADY_THERE"}
    assert paying.books.beneficiaries.get(made["id"]).name == "Berliner Druck"  # type: ignore[union-attr]
    path = f"beneficiaries/{made['id']}"
    changed = await paying.ok("PATCH", path, {"email": "a@druck.example"})
    assert changed["email"] == "a@druck.example" and changed["name"] == "Berliner Druck"
    odd = await paying.call("PATCH", path, {"activityTag": "nonsense"})
    assert odd.codes == {"activityTag": "NOT_ALLOWED"}
    payee = paying.beneficiary(trusted=True, name="Trusted Before")
    told = await paying.ok("POST", f"beneficiaries/{payee.id}/untrust")
    assert told["trusted"] is False and not payee.trusted


async def test_a_bill_that_a_transfer_paid_points_to_it(paying: Payer) -> None:
    bill = next(
        one
        for one in paying.books.supplier_invoices
        if one.status in ("to_review", "to_pay")
        and one.reading is not None
        and one.reading.invoice_number
        and one.reading.currency == "EUR"
    )
    assert bill.reading is not None
    payee = paying.beneficiary(trusted=True)
    number = str(bill.reading.invoice_number)
    made = await paying.pay(payee, description=number, amount=f"{bill.reading.total}")
    assert made.status == 201, made
    paying.control.advance(seconds=5)
    paying.control.advance(seconds=5)
    assert bill.status == "paid"
    own = await paying.ok("GET", f"payments/{bill.id}")
    assert own["transferIds"] == [made.data["id"]] and own["status"] is None
    transfer = await paying.ok("GET", f"payments/{made.data['id']}")
    assert transfer["transferIds"] == [] and transfer["status"] == "SETTLED"
    [alone] = await paying.ok("GET", "payments", invoiceId=bill.id)
    assert alone["id"] == bill.id


@pytest.mark.covers("GUIDE-13")
async def test_trust_is_the_owner_s_to_give(paying: Payer) -> None:
    payee = paying.beneficiary(name="Not Trusted Yet")
    told = await paying.call("POST", f"beneficiaries/{payee.id}/trust")
    assert (told.status, told.errors["code"]) == (403, "MISSING_SCOPE")
    assert "beneficiary.trust" in told.errors["message"] and "app" in told.errors["message"]


async def test_payments_are_off_for_a_vendor_that_may_not(paying: Payer) -> None:
    payee = paying.beneficiary(trusted=True)
    await paying.allow(enabled=False)
    try:
        asked = {"name": "X", "iban": payee.iban}
        for method, path, body in (
            ("POST", "payments", payment(payee, description="pay off")),
            ("POST", "payments/verify", asked),
            ("POST", "beneficiaries", asked),
            ("PATCH", f"beneficiaries/{payee.id}", {"email": "a@b.example"}),
            ("POST", f"beneficiaries/{payee.id}/untrust", None),
            ("DELETE", f"payments/{uuid.uuid4()}", None),
        ):
            told = await paying.call(method, path, body, key=str(uuid.uuid4()))
            assert (told.status, told.errors["code"]) == (403, "PAYMENTS_DISABLED"), path
        assert await paying.ok("GET", "beneficiaries", iban=payee.iban)
    finally:
        await paying.allow()


async def test_a_key_without_the_permission_moves_nothing(paying: Payer) -> None:
    """It may read what was paid and whom; `payments` alone lets it pay."""
    payee = paying.beneficiary(trusted=True)
    body = {"name": "limited", "permissions": ["read", "write", "admin"]}
    made = (await paying.client.post("/tenants/api-keys", json=body)).json()["data"]
    before = paying.client.headers["X-API-KEY"]
    paying.client.headers["X-API-KEY"] = made["apiKey"]
    try:
        for method, path in (
            ("POST", "payments"),
            ("POST", "payments/verify"),
            ("POST", "payments/pay_1/confirm"),
            ("DELETE", f"payments/{uuid.uuid4()}"),
            ("POST", "beneficiaries"),
            ("POST", f"beneficiaries/{payee.id}/trust"),
            ("POST", f"beneficiaries/{payee.id}/untrust"),
        ):
            told = await paying.call(method, path, {}, key="k")
            assert (told.status, told.errors["code"]) == (403, "PERMISSION_DENIED"), path
        assert await paying.ok("GET", "beneficiaries", limit=5)
        settings = (await paying.client.get("/tenants/get-payment-settings")).json()["data"]
        assert settings["enabled"] is True and settings["fourEyes"] is False
    finally:
        paying.client.headers["X-API-KEY"] = before


async def test_a_second_key_confirms_where_the_vendor_wants_two(paying: Payer) -> None:
    payee = paying.beneficiary(trusted=True)
    await paying.allow(four_eyes=True, per_day_cents=10_000_000)
    body = {"name": "second", "permissions": ["payments"]}
    made = (await paying.client.post("/tenants/api-keys", json=body)).json()["data"]
    before = paying.client.headers["X-API-KEY"]
    try:
        done = await paying.pay(payee, description="pay with two")
        assert (done.status, done.data["status"]) == (202, "AWAITING_SECOND_KEY")
        path = f"payments/{done.data['taskId']}/confirm"
        own = await paying.call("POST", path)
        assert (own.status, own.errors["code"]) == (403, "SECOND_KEY_NEEDED")
        paying.client.headers["X-API-KEY"] = made["apiKey"]
        assert (await paying.ok("POST", path))["status"] == "PENDING"
    finally:
        paying.client.headers["X-API-KEY"] = before
        await paying.allow()


async def test_no_account_number_and_no_token_gets_into_the_log(
    paying: Payer, capfd: pytest.CaptureFixture[str]
) -> None:
    payee = paying.beneficiary(name="Discreet One")
    paying.control.fault("/v2/sepa/transfers", "lost_response", method="POST")
    done = await paying.pay(payee, description="pay discreetly")
    assert done.status == 202, done
    token = str(paying.sessions()[-1]["token"])
    paying.control.decide_sca(token, "deny")
    await ended(paying, done.data["taskId"])
    written = "".join(capfd.readouterr())
    assert "payment.lost" in written
    for secret in (payee.iban, payee.name, token, "pay discreetly"):
        assert secret not in written
