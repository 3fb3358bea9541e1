"""The payee is verified just before; what isn't a full match a person confirms as they saw it."""

from datetime import timedelta

import pytest

from connector.errors import DownstreamUnavailable, RateLimited
from connector.paying.order import PaymentOrder
from connector.paying.states import PROOF_GOOD_FOR
from storage.errors import Invalid
from storage.repositories.accounts import Account
from tests.connector.paying.bank import Bank, order
from tests.connector.paying.test_guards import trail

VERIFY, TRANSFERS = "/v2/sepa/verify_payee", "/v2/sepa/transfers"
OTHERS = ("CLOSE_MATCH", "NO_MATCH", "NOT_POSSIBLE", "UNSPECIFIED")


def asked_of_qonto(bank: Bank) -> list[str]:
    """List what Qonto was asked to do, in order."""
    made = bank.control.journal(method="POST", path="/v2/sepa")
    return [str(one["path"]) for one in made if one["status"] != 401]


async def confirm(bank: Bank, account: Account, payment_id: str, code: str) -> str:
    done = await bank.paying.confirm(account, payment_id, confirmed=frozenset({code}), by="key_two")
    return done.progress.status


@pytest.mark.covers("GUIDE-15", "GUIDE-18", "QX-32")
async def test_each_transfer_follows_its_own_verification(bank: Bank) -> None:
    account, payee = await bank.account(), bank.payee(trusted=True)
    for _ in range(2):
        await bank.pay(account, order(payee))
    assert asked_of_qonto(bank) == [VERIFY, TRANSFERS] * 2
    verified, sent = bank.control.journal(method="POST", path="/v2/sepa")[:2]
    assert verified["at"] == sent["at"]
    assert payee.iban in str(verified["body"]) and payee.name in str(verified["body"])


@pytest.mark.covers("GUIDE-16")
@pytest.mark.parametrize("result", OTHERS)
async def test_anything_but_a_match_waits_for_a_person(bank: Bank, result: str) -> None:
    account, payee = await bank.account(), bank.payee(trusted=True)
    bank.control.set_payee(payee.iban, outcome=f"MATCH_RESULT_{result}")
    asked = order(payee)
    done = await bank.pay(account, asked)
    told = done.progress
    assert (told.status, told.match_result) == ("AWAITING_CONFIRMATION", result)
    assert told.action is not None and told.action.confirm == f"PAYEE_{result}"
    assert asked_of_qonto(bank) == [VERIFY]
    payment_id = done.payment.row.id
    for code in ("", "PAYEE_MATCH", *(f"PAYEE_{one}" for one in OTHERS if one != result)):
        with pytest.raises(Invalid) as refused:
            await confirm(bank, account, payment_id, code)
        assert [one.code for one in refused.value.fields] == [f"PAYEE_{result}"]
    assert bank.transfers(asked.reference) == []
    assert await confirm(bank, account, payment_id, f"PAYEE_{result}") == "PENDING"
    assert asked_of_qonto(bank) == [VERIFY, TRANSFERS], "what was confirmed is what is used"
    assert len(bank.transfers(asked.reference)) == 1


async def test_a_full_match_needs_nobody_and_a_close_one_tells_the_holder(bank: Bank) -> None:
    account, payee = await bank.account(), bank.payee(trusted=True)
    assert (await bank.pay(account, order(payee))).progress.status == "PENDING"
    bank.control.set_payee(payee.iban, holder=payee.name.upper())
    told = (await bank.pay(account, order(payee))).progress
    assert (told.match_result, told.matched_name) == ("CLOSE_MATCH", payee.name.upper())


async def test_who_confirmed_what_and_when_is_written_down(bank: Bank) -> None:
    account, payee = await bank.account(), bank.payee(trusted=True)
    bank.control.set_payee(payee.iban, holder=payee.name.upper())
    done = await bank.pay(account, order(payee))
    bank.later(60)
    await confirm(bank, account, done.payment.row.id, "PAYEE_CLOSE_MATCH")
    kept = (await bank.paying.report(account, done.payment.row.id)).payment.state.confirmation
    assert kept is not None
    assert (kept.result, kept.matched_name, kept.by) == (
        "CLOSE_MATCH",
        payee.name.upper(),
        "key_two",
    )
    async with bank.work.reading() as tx:
        entries = await tx.audit.list(tenant_id=account.tenant_id)
    [written] = [one for one in entries if one.action == "payment.confirmed"]
    assert written.actor == "key_two" and written.at == kept.at
    assert "PAYEE_CLOSE_MATCH" in written.detail and done.payment.row.id in written.detail
    assert payee.iban not in written.detail and payee.name not in written.detail


@pytest.mark.covers("GUIDE-17")
async def test_a_confirmed_proof_is_used_while_qonto_takes_it(bank: Bank) -> None:
    """Confirmed after 22:54 h it goes through with the proof that was confirmed."""
    account, payee = await bank.account(), bank.payee(trusted=True)
    bank.control.set_payee(payee.iban, outcome="MATCH_RESULT_CLOSE_MATCH")
    done = await bank.pay(account, order(payee))
    bank.later((PROOF_GOOD_FOR - timedelta(minutes=1)).total_seconds())
    assert await confirm(bank, account, done.payment.row.id, "PAYEE_CLOSE_MATCH") == "PENDING"
    assert asked_of_qonto(bank) == [VERIFY, TRANSFERS]


@pytest.mark.covers("GUIDE-17")
async def test_what_a_person_confirmed_is_asked_anew_once_its_proof_is_old(bank: Bank) -> None:
    """The new result is not taken for the one that they saw."""
    account, payee = await bank.account(), bank.payee(trusted=True)
    bank.control.set_payee(payee.iban, outcome="MATCH_RESULT_CLOSE_MATCH")
    asked = order(payee)
    done = await bank.pay(account, asked)
    bank.later(timedelta(hours=23, minutes=1).total_seconds())
    bank.control.set_payee(payee.iban, outcome="MATCH_RESULT_NO_MATCH")
    payment_id = done.payment.row.id
    status = await confirm(bank, account, payment_id, "PAYEE_CLOSE_MATCH")
    assert status == "AWAITING_CONFIRMATION"
    assert asked_of_qonto(bank) == [VERIFY, VERIFY]
    assert bank.transfers(asked.reference) == []
    told = (await bank.paying.report(account, payment_id)).progress
    assert told.match_result == "NO_MATCH"
    assert await confirm(bank, account, payment_id, "PAYEE_NO_MATCH") == "PENDING"


async def test_a_match_that_nobody_confirmed_is_verified_again_by_itself(bank: Bank) -> None:
    """After a second key took its time, the transfer follows a verification of its own."""
    account, payee = await bank.account(four_eyes=True), bank.payee(trusted=True)
    done = await bank.pay(account, order(payee))
    bank.later(timedelta(hours=20).total_seconds())
    assert asked_of_qonto(bank) == []
    await confirm(bank, account, done.payment.row.id, "")
    assert asked_of_qonto(bank) == [VERIFY, TRANSFERS]


async def test_two_keys_and_a_person_are_both_asked(bank: Bank) -> None:
    account, payee = await bank.account(four_eyes=True), bank.payee(trusted=True)
    bank.control.set_payee(payee.iban, outcome="MATCH_RESULT_NO_MATCH")
    done = await bank.pay(account, order(payee))
    payment_id = done.payment.row.id
    assert await confirm(bank, account, payment_id, "PAYEE_NO_MATCH") == "AWAITING_CONFIRMATION"
    assert await confirm(bank, account, payment_id, "PAYEE_NO_MATCH") == "PENDING"
    assert [one for one, _ in await trail(bank, account)].count("payment.confirmed") == 2


async def test_nobody_confirms_for_a_day(bank: Bank) -> None:
    account, payee = await bank.account(), bank.payee(trusted=True)
    bank.control.set_payee(payee.iban, outcome="MATCH_RESULT_NO_MATCH")
    done = await bank.pay(account, order(payee))
    bank.later(timedelta(hours=24).total_seconds())
    await bank.process().run_due()
    assert await confirm(bank, account, done.payment.row.id, "PAYEE_NO_MATCH") == "EXPIRED"
    assert asked_of_qonto(bank) == [VERIFY]


@pytest.mark.covers("GUIDE-19")
async def test_throttled_verifications_are_told_and_not_repeated(bank: Bank) -> None:
    account, payee = await bank.account(), bank.payee(trusted=True)
    bank.control.set_quirks(unfollowed_verifications=2)
    for _ in range(2):
        await bank.paying.verify(account, payee.name, payee.iban)
    asked = order(payee)
    with pytest.raises(RateLimited):
        await bank.paying.verify(account, payee.name, payee.iban)
    with pytest.raises(RateLimited):
        await bank.pay(account, asked, key="mine")
    for _ in range(5):
        bank.later(60)
        await bank.process().run_due()
    assert asked_of_qonto(bank) == [VERIFY] * 4
    bank.control.set_quirks(unfollowed_verifications=500)
    again = await bank.pay(account, asked, key="mine")
    assert again.progress.status == "PENDING" and not again.is_replayed


@pytest.mark.covers("GUIDE-16")
@pytest.mark.parametrize("result", ["MATCH", *OTHERS])
async def test_a_verification_by_itself_tells_each_result(bank: Bank, result: str) -> None:
    account, payee = await bank.account(), bank.payee()
    bank.control.set_payee(payee.iban, outcome=f"MATCH_RESULT_{result}")
    found = await bank.paying.verify(account, payee.name, payee.iban)
    assert found.match_result == result
    assert bank.simulator.world.first.proofs and "proof" not in repr(found)


async def test_a_bank_that_does_not_answer_leaves_nothing_on_its_way(bank: Bank) -> None:
    account, payee = await bank.account(), bank.payee(trusted=True)
    bank.control.refuse_verifications("GATEWAY_TIMEOUT_ERROR_RESPONDING_BANK")
    asked: PaymentOrder = order(payee)
    with pytest.raises(DownstreamUnavailable, match="504"):
        await bank.pay(account, asked, key="mine")
    assert (await bank.pay(account, asked, key="mine")).progress.status == "PENDING"


async def test_plain_proofs_are_read_as_well(bank: Bank) -> None:
    account, payee = await bank.account(), bank.payee(trusted=True)
    bank.control.set_quirks(plain_proof_token=True)
    assert (await bank.pay(account, order(payee))).progress.status == "PENDING"
