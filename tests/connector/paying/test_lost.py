"""Lost answers: the same key again while Qonto knows it, and then only the list of transfers."""

from dataclasses import replace
from datetime import timedelta

import pytest

from connector.errors import (
    DownstreamRefused,
    DownstreamTimeout,
    IdempotencyKeyReused,
    NotReached,
    RateLimited,
)
from connector.paying.order import PaymentOrder
from storage.repositories.accounts import Account
from tests.connector.paying.bank import Bank, Crash, order
from tests.connector.paying.test_histories import make_in_app

pytestmark = pytest.mark.both_databases

TRANSFERS = "/v2/sepa/transfers"


def losing(bank: Bank, *, before: bool, how: BaseException | None = None, times: int = 1) -> None:
    """Lose the next transfers' answers, or the transfers themselves."""
    left = [times]

    def fail(call: str) -> None:
        if call == "send" and left[0]:
            left[0] -= 1
            raise how or DownstreamTimeout("Lost.")

    if before:
        bank.weather.before = fail
    else:
        bank.weather.after = fail


async def die_over(bank: Bank, account: Account, asked: PaymentOrder, *, before: bool) -> None:
    """Let the process die over a payment, and Qonto forget its key."""
    losing(bank, before=before, how=Crash())
    with pytest.raises(Crash):
        await bank.pay(account, asked, key="mine")
    bank.later(timedelta(minutes=31).total_seconds())


def posts(bank: Bank) -> int:
    return len(bank.control.journal(method="POST", path=TRANSFERS))


async def status(bank: Bank, account: Account, payment_id: str) -> str:
    return (await bank.paying.report(account, payment_id)).progress.status


@pytest.mark.covers("GUIDE-08", "GUIDE-21")
@pytest.mark.parametrize("before", [True, False])
async def test_a_lost_answer_is_asked_for_with_the_same_key(bank: Bank, before: bool) -> None:
    account, payee = await bank.account(), bank.payee(trusted=True)
    losing(bank, before=before)
    asked = order(payee)
    done = await bank.pay(account, asked)
    assert done.progress.status == "PENDING"
    assert posts(bank) == (1 if before else 2)
    keys = {
        one["headers"]["x-qonto-idempotency-key"]
        for one in bank.control.journal(method="POST", path=TRANSFERS)
    }
    assert len(keys) == 1
    assert len(bank.transfers(asked.reference)) == 1


@pytest.mark.covers("QX-20")
async def test_after_qonto_forgot_the_key_nothing_is_sent_and_the_list_tells(bank: Bank) -> None:
    account, payee = await bank.account(), bank.payee(trusted=True)
    asked = order(payee)
    await die_over(bank, account, asked, before=False)
    sent = posts(bank)
    again = await bank.pay(account, asked, key="mine")
    assert again.is_replayed and again.found is not None
    assert posts(bank) == sent
    assert len(bank.transfers(asked.reference)) == 1


async def test_what_never_arrived_is_told_not_made_and_not_sent_again(bank: Bank) -> None:
    account, payee = await bank.account(), bank.payee(trusted=True)
    asked = order(payee)
    await die_over(bank, account, asked, before=True)
    again = await bank.pay(account, asked, key="mine")
    assert (again.progress.status, again.progress.error_code) == ("REFUSED", "NOT_MADE")
    assert bank.transfers(asked.reference) == []
    assert (await bank.pay(account, asked, key="new")).found is not None


async def test_while_the_list_can_t_be_read_nobody_knows(bank: Bank) -> None:
    account, payee = await bank.account(), bank.payee(trusted=True)
    asked = order(payee)
    await die_over(bank, account, asked, before=False)
    bank.control.fault(TRANSFERS, "status", method="GET", status=403, times=50)
    again = await bank.pay(account, asked, key="mine")
    assert again.progress.status == "UNKNOWN"
    assert bank.control.faults(), "the list was asked for"
    bank.control.clear_faults()
    bank.later(60)
    assert await status(bank, account, again.payment.row.id) in ("PENDING", "SETTLED")
    assert len(bank.transfers(asked.reference)) == 1


async def test_another_s_equal_transfer_leaves_it_undecided_with_candidates(bank: Bank) -> None:
    account, payee = await bank.account(), bank.payee(trusted=True)
    asked = order(payee)
    losing(bank, before=False, how=Crash())
    with pytest.raises(Crash):
        await bank.pay(account, asked, key="mine")
    make_in_app(bank, payee, asked)
    bank.later(timedelta(minutes=31).total_seconds())
    again = await bank.pay(account, asked, key="mine")
    assert again.progress.status == "UNKNOWN"
    ids = {one.id for one in bank.transfers(asked.reference)}
    assert len(ids) == 2 and set(again.progress.candidates) == ids
    for _ in range(4):
        bank.later(4_000)
        await bank.process().run_due()
    assert await status(bank, account, again.payment.row.id) == "UNKNOWN"
    assert len(bank.transfers(asked.reference)) == 2, "nothing was sent again"


async def test_two_equal_payments_under_two_keys_are_two(bank: Bank) -> None:
    account, payee = await bank.account(), bank.payee(trusted=True)
    asked = order(payee)
    first = await bank.pay(account, asked, key="one")
    second = await bank.pay(account, asked, key="two")
    assert first.progress.transfer_id != second.progress.transfer_id
    assert len(bank.transfers(asked.reference)) == 2


async def test_two_equal_lost_ones_are_told_one_transfer_each(bank: Bank) -> None:
    account, payee = await bank.account(), bank.payee(trusted=True)
    asked = order(payee)
    for key in ("one", "two"):
        losing(bank, before=False, how=Crash())
        with pytest.raises(Crash):
            await bank.pay(account, asked, key=key)
    for wait in (timedelta(minutes=31).total_seconds(), 10, 60):
        bank.later(wait)
        await bank.process().run_due()
    told = {
        (await bank.pay(account, asked, key=key)).progress.transfer_id for key in ("one", "two")
    }
    assert told == {one.id for one in bank.transfers(asked.reference)} and len(told) == 2


@pytest.mark.covers("QX-21", "GUIDE-21")
async def test_a_key_of_another_payment_is_refused(bank: Bank) -> None:
    account, payee = await bank.account(), bank.payee(trusted=True)
    asked = order(payee)
    await bank.pay(account, asked, key="mine")
    with pytest.raises(IdempotencyKeyReused):
        await bank.pay(account, order(payee, "999.00"), key="mine")
    other = await bank.account()
    assert (await bank.pay(other, order(payee, "1.00"), key="mine")).found is not None


@pytest.mark.parametrize("error", [NotReached("No."), RateLimited("No.", retry_after=3.0)])
async def test_what_certainly_did_not_arrive_leaves_its_key_free(
    bank: Bank, error: NotReached | RateLimited
) -> None:
    account, payee = await bank.account(), bank.payee(trusted=True)
    asked = order(payee)
    losing(bank, before=True, how=error)
    with pytest.raises(type(error)):
        await bank.pay(account, asked, key="mine")
    assert (await bank.pay(account, asked, key="mine")).found is not None
    assert len(bank.transfers(asked.reference)) == 1


async def test_an_approved_payment_that_did_not_arrive_goes_out_again(bank: Bank) -> None:
    account, payee = await bank.account(), bank.payee()
    asked = order(payee)
    done = await bank.pay(account, asked)
    bank.answer("allow")
    losing(bank, before=True, how=NotReached("No."), times=3)
    for _ in range(8):
        bank.later(4)
        await bank.process().run_due()
    assert await status(bank, account, done.payment.row.id) in ("PENDING", "PROCESSING", "SETTLED")
    assert len(bank.transfers(asked.reference)) == 1


async def test_a_refusal_after_a_lost_answer_is_held_against_the_list(bank: Bank) -> None:
    """The first one may have arrived: the refusal of the second proves nothing."""
    account, payee = await bank.account(), bank.payee(trusted=True)
    asked = order(payee)
    losing(bank, before=False)
    bank.control.fault(TRANSFERS, "status", method="POST", status=422, skip=1)
    done = await bank.pay(account, asked)
    [made] = bank.transfers(asked.reference)
    assert done.progress.transfer_id == made.id
    assert [one["status"] for one in bank.control.journal(method="POST", path=TRANSFERS)] == [
        200,
        422,
    ]


@pytest.mark.parametrize("answer", [409, 425])
async def test_a_conflict_is_no_refusal(bank: Bank, answer: int) -> None:
    account, payee = await bank.account(), bank.payee(trusted=True)
    asked = order(payee)
    bank.control.fault(TRANSFERS, "status", method="POST", status=answer)
    assert (await bank.pay(account, asked)).progress.status == "PENDING"
    assert len(bank.transfers(asked.reference)) == 1


async def test_a_plain_refusal_is_raised_and_over(bank: Bank) -> None:
    account, payee = await bank.account(), bank.payee(trusted=True)
    asked = order(payee)
    bank.control.fault(TRANSFERS, "status", method="POST", status=422)
    with pytest.raises(DownstreamRefused):
        await bank.pay(account, asked, key="mine")
    assert (await bank.pay(account, asked, key="mine")).progress.status == "PENDING"


async def test_a_declined_transfer_is_told_and_gives_its_limit_back(bank: Bank) -> None:
    account, payee = await bank.account(per_day_cents=20_000), bank.payee(trusted=True)
    bank.control.decline_transfers(iban=payee.iban, reason="beneficiary_iban_invalid")
    done = await bank.pay(account, order(payee))
    for _ in range(8):
        bank.later(5)
        await bank.process().run_due()
    told = await bank.paying.report(account, done.payment.row.id)
    assert told.progress.status == "DECLINED"
    assert told.found is not None
    assert told.found.item.declined_reason == "beneficiary_iban_invalid"
    bank.control.decline_transfers(iban=payee.iban, reason=None)
    assert (await bank.pay(account, order(payee))).progress.status == "PENDING"


async def test_what_was_paid_to_whom_is_forgotten_a_day_after_its_end(bank: Bank) -> None:
    account, payee = await bank.account(), bank.payee(trusted=True)
    done = await bank.pay(account, order(payee), key="mine")
    for wait in (5, 5, 5, 86_000):
        bank.later(wait)
        await bank.process().run_due()
    assert await status(bank, account, done.payment.row.id) == "SETTLED"
    bank.later(500)
    await bank.process().run_due()
    async with bank.work.reading() as tx:
        row = await tx.payment_orders.get(done.payment.row.id)
    assert row is not None and row.state is None and row.key_digest is None


async def test_a_lost_payment_is_not_told_a_later_equal_one_s_transfer(bank: Bank) -> None:
    """The first never arrived, the second did and crashed: each is told what became of it."""
    account, payee = await bank.account(), bank.payee(trusted=True)
    asked = order(payee)
    losing(bank, before=True, how=Crash())
    with pytest.raises(Crash):
        await bank.pay(account, asked, key="first")
    bank.weather.before = lambda _call: None
    bank.later(timedelta(minutes=31).total_seconds())
    losing(bank, before=False, how=Crash())
    with pytest.raises(Crash):
        await bank.pay(account, asked, key="second")
    [made] = bank.transfers(asked.reference)
    for wait in (61, 61, 400):
        bank.later(wait)
        await bank.process().run_due()
    first = await bank.pay(account, asked, key="first")
    second = await bank.pay(account, asked, key="second")
    assert (first.progress.status, first.progress.error_code) == ("REFUSED", "NOT_MADE")
    assert second.progress.transfer_id == made.id
    assert len(bank.transfers(asked.reference)) == 1


async def test_a_transfer_that_another_was_told_is_never_called_not_made(bank: Bank) -> None:
    """Its own key answered it: a person has to look."""
    account, payee = await bank.account(), bank.payee(trusted=True)
    asked = order(payee)
    losing(bank, before=False, how=Crash())
    with pytest.raises(Crash):
        await bank.pay(account, asked, key="mine")
    [made] = bank.transfers(asked.reference)
    other = await bank.pay(account, order(payee))
    async with bank.work.writing() as tx:
        row = await tx.payment_orders.take(
            other.payment.row.id, "thief", now=bank.clock(), until=bank.clock()
        )
        assert row is not None
        assert await tx.payment_orders.save(replace(row, transfer_id=made.id), "thief")
    for wait in (61, 400, 4_000, 86_400):
        bank.later(wait)
        await bank.process().run_due()
    told = (await bank.pay(account, asked, key="mine")).progress
    assert (told.status, told.candidates) == ("UNKNOWN", (made.id,))
    assert len(bank.transfers(asked.reference)) == 1
