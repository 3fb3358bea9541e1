"""The owner's approval: asked for once, waited for across processes, and used once."""

import json
from datetime import timedelta
from typing import Any

import pytest

from connector.errors import (
    DownstreamRefused,
    DownstreamUnavailable,
    PaymentUnderWay,
    WriteInProgress,
)
from connector.paying.ports import ApprovalUnusable, Challenged
from storage.errors import NotFound
from tests.connector.paying.bank import Bank, Crash, order
from tests.connector.paying.test_guards import trail

TRANSFERS = "/v2/sepa/transfers"


async def status(bank: Bank, account: Any, payment_id: str) -> str:
    return (await bank.paying.report(account, payment_id)).progress.status


def posts(bank: Bank) -> list[dict[str, Any]]:
    """List the requests for transfers that Qonto got."""
    return [dict(one) for one in bank.control.journal(method="POST", path=TRANSFERS)]


@pytest.mark.covers("GUIDE-20", "GUIDE-25", "QX-30")
async def test_an_approved_payment_is_made_once_and_followed(bank: Bank) -> None:
    account, payee = await bank.account(), bank.payee()
    asked = order(payee)
    done = await bank.pay(account, asked)
    assert done.progress.status == "AWAITING_APPROVAL" and done.found is None
    assert done.progress.action is not None and done.progress.action.type == "APPROVE"
    assert bank.transfers(asked.reference) == []
    payment_id = done.payment.row.id
    bank.later(2)
    await bank.process().run_due()
    assert await status(bank, account, payment_id) == "AWAITING_APPROVAL"
    bank.answer("allow")
    bank.later(2)
    await bank.process().run_due()
    assert await status(bank, account, payment_id) == "PENDING"
    for _ in range(8):
        bank.later(5)
        await bank.process().run_due()
    assert await status(bank, account, payment_id) == "SETTLED"
    assert len(bank.transfers(asked.reference)) == 1
    assert bank.told == ["PAYMENT"] * 3, "pending, processing, settled"


@pytest.mark.covers("QX-22", "GUIDE-08")
async def test_first_attempt_and_approved_retry_are_one_request_under_one_key(bank: Bank) -> None:
    account, payee = await bank.account(), bank.payee()
    done = await bank.pay(account, order(payee))
    bank.answer("allow")
    bank.later(2)
    await bank.process().run_due()
    first, second = posts(bank)
    assert (first["status"], second["status"]) == (428, 200)
    assert first["body"] == second["body"]
    for name in ("x-qonto-idempotency-key", "x-qonto-2fa-preference"):
        assert first["headers"][name] == second["headers"][name]
    assert "x-qonto-sca-session-token" not in first["headers"]
    assert "x-qonto-sca-session-token" in second["headers"]
    assert await status(bank, account, done.payment.row.id) == "PENDING"


async def test_a_denied_payment_is_over_and_its_key_tells_so(bank: Bank) -> None:
    account, payee = await bank.account(), bank.payee()
    asked = order(payee)
    done = await bank.pay(account, asked, key="mine")
    bank.answer("deny")
    bank.later(2)
    await bank.process().run_due()
    again = await bank.pay(account, asked, key="mine")
    assert again.is_replayed and again.progress.status == "DENIED"
    assert again.progress.task_id == done.progress.task_id
    assert bank.transfers(asked.reference) == []
    assert ("payment.moved", "system") in await trail(bank, account)


async def test_what_nobody_approves_in_time_expires(bank: Bank) -> None:
    account, payee = await bank.account(), bank.payee()
    asked = order(payee)
    done = await bank.pay(account, asked)
    bank.later(timedelta(minutes=14, seconds=55).total_seconds())
    assert await status(bank, account, done.payment.row.id) == "AWAITING_APPROVAL"
    bank.later(10)
    assert await status(bank, account, done.payment.row.id) == "EXPIRED"
    assert bank.transfers(asked.reference) == []


async def test_an_approval_in_the_last_moment_counts_and_after_it_does_not(bank: Bank) -> None:
    account, payee = await bank.account(), bank.payee()
    in_time, too_late = order(payee), order(payee)
    first = await bank.pay(account, in_time)
    bank.later(timedelta(minutes=14, seconds=50).total_seconds())
    bank.answer("allow")
    assert await status(bank, account, first.payment.row.id) == "PENDING"
    second = await bank.pay(account, too_late)
    bank.later(timedelta(minutes=14, seconds=50).total_seconds())
    bank.answer("allow")
    bank.later(15)
    assert await status(bank, account, second.payment.row.id) == "EXPIRED"
    assert bank.transfers(too_late.reference) == []


async def test_an_owner_without_a_device_is_told_to_pair_one(bank: Bank) -> None:
    account, payee = await bank.account(), bank.payee()
    bank.control.enrol_sca(enrolled=False)
    asked = order(payee)
    done = await bank.pay(account, asked, key="mine")
    assert done.progress.status == "REFUSED"
    assert done.progress.error_code == "APPROVAL_NOT_SET_UP"
    bank.control.enrol_sca(enrolled=True)
    again = await bank.pay(account, asked, key="another")
    assert again.progress.status == "AWAITING_APPROVAL"
    assert len(bank.control.sca_sessions()) == 1, "nobody was asked before"


async def test_failed_looks_lose_nothing(bank: Bank) -> None:
    account, payee = await bank.account(), bank.payee()
    done = await bank.pay(account, order(payee))
    bank.control.fault("/v2/sca_sessions/*", "status", status=500, times=30)
    for _ in range(5):
        bank.later(30)
        await bank.process().run_due()
    assert await status(bank, account, done.payment.row.id) == "AWAITING_APPROVAL"
    bank.control.clear_faults()
    bank.answer("allow")
    bank.later(10)
    await bank.process().run_due()
    assert await status(bank, account, done.payment.row.id) == "PENDING"


async def test_looks_are_a_second_apart_however_many_ask(bank: Bank) -> None:
    """Qonto answers 429 to a second look within a second."""
    account, payee = await bank.account(), bank.payee()
    done = await bank.pay(account, order(payee))
    for _ in range(40):
        bank.later(0.25)
        await bank.process().run_due()
        await bank.process().report(account, done.payment.row.id)
    looks = bank.control.journal(path="/v2/sca_sessions")
    assert looks and all(one["status"] == 200 for one in looks)


async def test_a_crash_right_after_the_approved_transfer_makes_no_second(bank: Bank) -> None:
    account, payee = await bank.account(), bank.payee()
    asked = order(payee)
    done = await bank.pay(account, asked)
    bank.answer("allow")
    bank.later(2)

    def crash(call: str) -> None:
        if call == "send":
            raise Crash

    bank.weather.after = crash
    with pytest.raises(Crash):
        await bank.process().run_due()
    bank.weather.after = lambda _call: None
    assert len(bank.transfers(asked.reference)) == 1
    await bank.process().run_due()
    bank.later(61)
    with pytest.raises(PaymentUnderWay):
        await bank.process().withdraw(account, done.payment.row.id, by="key_one")
    await bank.process().run_due()
    assert await status(bank, account, done.payment.row.id) in ("PENDING", "SETTLED")
    assert len(bank.transfers(asked.reference)) == 1


async def test_only_one_process_goes_on_with_a_payment(bank: Bank) -> None:
    account, payee = await bank.account(), bank.payee()
    done = await bank.pay(account, order(payee))

    def crash(_call: str) -> None:
        raise Crash

    bank.later(2)
    bank.weather.before = crash
    with pytest.raises(Crash):
        await bank.process().run_due()
    bank.weather.before = lambda _call: None
    assert await bank.process().run_due() == 0
    with pytest.raises(WriteInProgress):
        await bank.process().withdraw(account, done.payment.row.id, by="key_one")
    bank.later(61)
    assert await bank.process().run_due() == 1


async def test_a_withdrawn_payment_is_not_made_though_it_is_approved(bank: Bank) -> None:
    account, payee = await bank.account(), bank.payee()
    asked = order(payee)
    done = await bank.pay(account, asked)
    payment_id = done.payment.row.id
    told = await bank.paying.withdraw(account, payment_id, by="key_one")
    assert told.progress.status == "WITHDRAWN"
    assert (await bank.paying.withdraw(account, payment_id, by="key_one")).is_replayed
    bank.answer("allow")
    bank.later(5)
    await bank.process().run_due()
    assert bank.transfers(asked.reference) == []
    other = await bank.account()
    with pytest.raises(NotFound):
        await bank.paying.withdraw(other, payment_id, by="key_one")


async def test_what_was_made_is_cancelled_and_not_withdrawn(bank: Bank) -> None:
    account, payee = await bank.account(), bank.payee(trusted=True)
    done = await bank.pay(account, order(payee))
    with pytest.raises(PaymentUnderWay, match=str(done.progress.transfer_id)):
        await bank.paying.withdraw(account, done.payment.row.id, by="key_one")


@pytest.mark.covers("QX-31")
async def test_an_approval_is_for_its_amount_and_payee_alone(bank: Bank) -> None:
    """Shown with another transfer, Qonto takes neither the token nor the transfer."""
    account, payee = await bank.account(), bank.payee()
    asked = order(payee)
    done = await bank.pay(account, asked)
    state = done.payment.state
    assert state.request is not None and state.approval is not None
    bank.answer("allow")
    body = json.loads(state.request)
    other = bank.payee(name="Another One")
    for change in ({"amount": "999.00"}, {"beneficiary_id": other.id}):
        changed = {**body, "transfer": {**body["transfer"], **change}}
        token = state.approval.token
        with pytest.raises(DownstreamRefused) as told:
            await bank.system.send(
                account.id, json.dumps(changed).encode(), state.key, "paired-device", token
            )
        assert told.value.status == 422
    assert bank.transfers(asked.reference) == []
    bank.later(2)
    await bank.process().run_due()
    [made] = bank.transfers(asked.reference)
    assert f"{made.amount}" == "120.50" and made.beneficiary_id == payee.id


async def test_a_second_challenge_is_taken_and_a_used_token_is_not(bank: Bank) -> None:
    account, payee = await bank.account(), bank.payee()
    asked = order(payee)
    done = await bank.pay(account, asked)
    for one in bank.control.sca_sessions():
        bank.simulator.world.sca_sessions[str(one["token"])].result = "allow"
    bank.control.fault(TRANSFERS, "status", method="POST", status=428, body=_challenge())
    bank.later(2)
    await bank.process().run_due()
    told = await bank.paying.report(account, done.payment.row.id)
    assert told.progress.status == "AWAITING_APPROVAL"
    assert told.payment.state.challenges == 2
    assert isinstance(
        await bank.system.send(
            account.id,
            done.payment.state.request or b"",
            done.payment.state.key,
            "paired-device",
            "f" * 64,
        ),
        ApprovalUnusable,
    )


def _challenge() -> dict[str, str]:
    return {"code": "sca_required", "message": "SCA required", "sca_session_token": "a" * 64}


async def test_a_challenge_without_a_token_refuses(bank: Bank) -> None:
    account, payee = await bank.account(), bank.payee()
    bank.control.set_quirks(sca_in_errors=True)
    done = await bank.pay(account, order(payee))
    assert (done.progress.status, done.progress.error_code) == ("REFUSED", "NOT_APPROVED")


async def test_tokens_and_proofs_are_sealed_and_hidden(bank: Bank) -> None:
    account, payee = await bank.account(), bank.payee()
    done = await bank.pay(account, order(payee))
    state = done.payment.state
    assert state.approval is not None and state.verification is not None
    async with bank.work.reading() as tx:
        row = await tx.payment_orders.get(done.payment.row.id)
    assert row is not None and row.state is not None
    for secret in (state.approval.token, state.verification.proof, payee.iban, state.key):
        assert secret.encode() not in row.state
        assert secret not in repr(done.payment) and secret not in repr(done.progress)
    assert repr(Challenged("secret")) == "Challenged()"
    assert done.progress.payee_iban == f"{payee.iban[:4]}...{payee.iban[-4:]}"


async def test_the_same_key_tells_of_the_same_payment_wherever_it_stands(bank: Bank) -> None:
    account, payee = await bank.account(), bank.payee()
    asked = order(payee)
    first = await bank.pay(account, asked, key="mine")
    second = await bank.pay(account, asked, key="mine")
    assert second.is_replayed and second.payment.row.id == first.payment.row.id
    assert len(bank.control.sca_sessions()) == 1
    assert len(posts(bank)) == 1


async def test_a_failure_of_the_list_and_the_session_is_waited_out(bank: Bank) -> None:
    account, payee = await bank.account(), bank.payee()
    done = await bank.pay(account, order(payee))

    def fails(_call: str) -> None:
        raise DownstreamUnavailable("Down.", retry_after=30.0)

    bank.weather.before = fails
    bank.later(2)
    await bank.process().run_due()
    bank.later(20)
    assert await bank.process().run_due() == 0, "Retry-After is kept to"
    bank.weather.before = lambda _call: None
    bank.later(11)
    assert await bank.process().run_due() == 1
    assert await status(bank, account, done.payment.row.id) == "AWAITING_APPROVAL"
