"""What is refused before anything leaves, and what isn't: each guard from both sides."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from connector.errors import MissingScope, PaymentsDisabled, SecondKeyNeeded
from connector.paying.order import PaymentOrder
from oauth.errors import NotSupported
from oauth.payment_policies import PaymentPolicies, PolicyChange
from storage.errors import Invalid
from storage.repositories.accounts import Account
from storage.sealing import KeyRing
from storage.unit_of_work import UnitOfWork
from tests.connector.paying.bank import SCOPES, Bank, order

pytestmark = pytest.mark.both_databases

VERIFY = "/v2/sepa/verify_payee"
TRANSFERS = "/v2/sepa/transfers"


async def refused(bank: Bank, account: Account, asked: PaymentOrder) -> dict[str, str]:
    """Return what is wrong with an order, by field; nothing of it may leave."""
    asked_before = len(bank.control.journal(method="POST", path="/v2/sepa"))
    with pytest.raises(Invalid) as told:
        await bank.pay(account, asked)
    assert len(bank.control.journal(method="POST", path="/v2/sepa")) == asked_before
    return {one.field: one.code for one in told.value.fields}


async def paid(bank: Bank, account: Account, asked: PaymentOrder, **how: Any) -> None:
    """Make a payment that must go through at once."""
    done = await bank.pay(account, asked, **how)
    assert done.found is not None, done.progress
    assert len(bank.transfers(asked.reference)) == 1


async def test_a_vendor_pays_nothing_until_payments_are_on(bank: Bank) -> None:
    account, payee = await bank.account(enabled=False), bank.payee(trusted=True)
    with pytest.raises(PaymentsDisabled):
        await bank.pay(account, order(payee))
    with pytest.raises(PaymentsDisabled):
        await bank.paying.check(account, order(payee))
    with pytest.raises(PaymentsDisabled):
        await bank.paying.verify(account, payee.name, payee.iban)
    await PaymentPolicies(bank.work, bank.clock).change(
        account.tenant_id, PolicyChange(enabled=True)
    )
    await paid(bank, account, order(payee))


async def test_turning_payments_off_stops_what_has_not_left(bank: Bank) -> None:
    account, payee = await bank.account(), bank.payee()
    asked = order(payee)
    done = await bank.pay(account, asked)
    assert done.progress.status == "AWAITING_APPROVAL"
    await PaymentPolicies(bank.work, bank.clock).change(
        account.tenant_id, PolicyChange(enabled=False)
    )
    bank.answer("allow")
    bank.later(5)
    await bank.paying.run_due()
    told = await bank.paying.report(account, done.payment.row.id)
    assert (told.progress.status, told.progress.error_code) == ("REFUSED", "PAYMENTS_DISABLED")
    assert bank.transfers(asked.reference) == []


async def test_one_payment_has_a_limit(bank: Bank) -> None:
    account, payee = await bank.account(per_payment_cents=100_000), bank.payee(trusted=True)
    assert await refused(bank, account, order(payee, "1000.01")) == {
        "amount": "ABOVE_PAYMENT_LIMIT"
    }
    await paid(bank, account, order(payee, "1000.00"))


async def test_a_day_has_a_limit_and_ends_at_midnight_in_its_zone(bank: Bank) -> None:
    """09:00 UTC is 10:00 in Paris; what was refused before doesn't count."""
    account, payee = await bank.account(per_day_cents=100_000), bank.payee(trusted=True)
    other = bank.payee(trusted=True, name="Another One")
    await refused(bank, account, order(payee, "0.01", reference=""))
    await paid(bank, account, order(payee, "600.00"))
    assert await refused(bank, account, order(other, "400.01")) == {"amount": "ABOVE_DAY_LIMIT"}
    await paid(bank, account, order(other, "400.00"))
    assert await refused(bank, account, order(payee, "0.01")) == {"amount": "ABOVE_DAY_LIMIT"}
    bank.later(timedelta(hours=13, minutes=59).total_seconds())
    assert await refused(bank, account, order(payee, "0.01")) == {"amount": "ABOVE_DAY_LIMIT"}
    bank.later(60)
    await paid(bank, account, order(payee, "1000.00"))


async def test_the_limit_of_a_day_is_the_vendors_over_all_accounts(bank: Bank) -> None:
    first, payee = await bank.account(per_day_cents=100_000), bank.payee(trusted=True)
    second = await bank.account(first.tenant_id)
    elsewhere = await bank.account(per_day_cents=100_000)
    await paid(bank, first, order(payee, "1000.00"))
    assert await refused(bank, second, order(payee, "0.01")) == {"amount": "ABOVE_DAY_LIMIT"}
    await paid(bank, elsewhere, order(payee, "1000.00"))


async def test_a_payee_has_a_limit(bank: Bank) -> None:
    account = await bank.account(per_payee_cents=50_000)
    payee, other = bank.payee(trusted=True), bank.payee(trusted=True, name="Another One")
    await paid(bank, account, order(payee, "500.00"))
    assert await refused(bank, account, order(payee, "0.01")) == {"amount": "ABOVE_PAYEE_LIMIT"}
    await paid(bank, account, order(other, "500.00"))


async def test_a_refused_payment_gives_its_part_of_the_limit_back(bank: Bank) -> None:
    account, payee = await bank.account(per_day_cents=100_000), bank.payee()
    done = await bank.pay(account, order(payee, "1000.00"))
    assert await refused(bank, account, order(payee, "1.00")) == {"amount": "ABOVE_DAY_LIMIT"}
    await bank.paying.withdraw(account, done.payment.row.id, by="key_one")
    again = await bank.pay(account, order(payee, "1000.00"))
    assert again.progress.status == "AWAITING_APPROVAL"


async def test_two_at_once_don_t_share_what_is_left_of_a_limit(bank: Bank) -> None:
    """Both are checked before either is stored: the second is refused when it is stored."""
    account, payee = await bank.account(per_day_cents=100_000), bank.payee(trusted=True)
    first, second = order(payee, "600.00"), order(payee, "600.00")
    allowed = await bank.paying.settings(account.tenant_id)
    checked = await bank.paying._check(account, second, allowed)  # pyright: ignore[reportPrivateUsage]
    await paid(bank, account, first)
    with pytest.raises(Invalid):
        await bank.paying._add(account, checked, "digest", "mark", "key_one", "owner")  # pyright: ignore[reportPrivateUsage]


async def test_four_eyes_take_another_key(bank: Bank) -> None:
    account, payee = await bank.account(four_eyes=True), bank.payee(trusted=True)
    asked = order(payee)
    done = await bank.pay(account, asked, by="key_one")
    assert done.progress.status == "AWAITING_SECOND_KEY"
    assert bank.control.journal(method="POST", path="/v2/sepa") == []
    payment_id = done.payment.row.id
    with pytest.raises(SecondKeyNeeded):
        await bank.paying.confirm(account, payment_id, confirmed=frozenset(), by="key_one")
    assert bank.transfers(asked.reference) == []
    confirmed = await bank.paying.confirm(account, payment_id, confirmed=frozenset(), by="key_two")
    assert confirmed.progress.status == "PENDING"
    assert len(bank.transfers(asked.reference)) == 1
    entries = await trail(bank, account)
    assert ("payment.asked", "key_one") in entries and ("payment.confirmed", "key_two") in entries


async def trail(bank: Bank, account: Account) -> list[tuple[str, str]]:
    """Return what the audit trail says of a vendor: what, and by whom."""
    async with bank.work.reading() as tx:
        found = await tx.audit.list(tenant_id=account.tenant_id)
    return [(one.action, one.actor) for one in found]


@pytest.mark.covers("GUIDE-11")
async def test_only_a_validated_beneficiary_is_paid(bank: Bank) -> None:
    account = await bank.account()
    payee = bank.payee(trusted=True)
    bank.control.decide_beneficiary(payee.id, "declined")
    told = await refused(bank, account, order(payee))
    assert told == {"beneficiaryId": "BENEFICIARY_NOT_VALIDATED"}
    waiting = bank.control.add_beneficiary(name="New One", status="pending")
    by_iban = PaymentOrder(Decimal("1.00"), "ref", iban=str(waiting["iban"]))
    assert await refused(bank, account, by_iban) == {"iban": "BENEFICIARY_NOT_VALIDATED"}
    bank.control.decide_beneficiary(str(waiting["id"]), "validated")
    done = await bank.pay(account, by_iban)
    assert done.progress.status == "AWAITING_APPROVAL"


async def test_a_payee_is_named_by_id_or_number_and_known(bank: Bank) -> None:
    account, payee = await bank.account(), bank.payee(trusted=True)
    nobody = PaymentOrder(Decimal("1.00"), "ref")
    assert await refused(bank, account, nobody) == {"beneficiaryId": "REQUIRED"}
    both = PaymentOrder(Decimal("1.00"), "ref", beneficiary_id=payee.id, iban=payee.iban)
    assert await refused(bank, account, both) == {"beneficiaryId": "REQUIRED"}
    for unknown in ("nobody", "00000000-0000-4000-8000-000000000000"):
        one = PaymentOrder(Decimal("1.00"), "ref", beneficiary_id=unknown)
        assert await refused(bank, account, one) == {"beneficiaryId": "NOT_FOUND"}
    wrong = PaymentOrder(Decimal("1.00"), "ref", iban="FR7630006000011234567890188")
    assert await refused(bank, account, wrong) == {"iban": "NOT_AN_IBAN"}
    stranger = PaymentOrder(Decimal("1.00"), "ref", iban="FR7630006000011234567890189")
    assert await refused(bank, account, stranger) == {"iban": "NOT_A_BENEFICIARY"}
    spaced = " ".join(payee.iban[at : at + 4] for at in range(0, len(payee.iban), 4)).lower()
    await paid(bank, account, PaymentOrder(Decimal("1.00"), "by number", iban=spaced))


async def test_a_name_that_is_given_must_be_the_beneficiary_s(bank: Bank) -> None:
    account, payee = await bank.account(), bank.payee(trusted=True, name="Imprimerie Rochet")
    wrong = order(payee, payee_name="Imprimerie Rocher")
    assert await refused(bank, account, wrong) == {"contactName": "NAME_DIFFERS"}
    await paid(bank, account, order(payee, payee_name=" imprimerie  ROCHET"))


@pytest.mark.covers("GUIDE-22")
async def test_money_leaves_only_own_open_accounts(bank: Bank) -> None:
    account, payee = await bank.account(), bank.payee(trusted=True)
    organisation = bank.books.organisation
    others = [one for one in bank.simulator.world.books.values() if one is not bank.books]
    foreign = others[0].organisation.main_account.id
    for id in (foreign, "nothing"):
        wrong = order(payee, bank_account_id=id)
        assert await refused(bank, account, wrong) == {"accountId": "NOT_ONES_OWN"}
    second = next(one for one in organisation.bank_accounts if not one.main)
    second.is_external_account, before = True, second.is_external_account
    wrong = order(payee, bank_account_id=second.id)
    assert await refused(bank, account, wrong) == {"accountId": "NOT_ONES_OWN"}
    second.is_external_account = before
    await paid(bank, account, order(payee, bank_account_id=organisation.main_account.id))


@pytest.mark.covers("GUIDE-23")
async def test_above_thirty_thousand_a_file_must_be_there(bank: Bank) -> None:
    account, payee = await bank.account(), bank.payee(trusted=True)
    bank.books.organisation.main_account.balance = Decimal(1_000_000)
    assert await refused(bank, account, order(payee, "30000.01")) == {
        "fileIds": "ATTACHMENT_REQUIRED"
    }
    await paid(bank, account, order(payee, "30000.00"))
    file_id = next(
        id
        for id, one in bank.simulator.world.attachments.items()
        if one.organisation_id == bank.books.organisation.id
    )
    await paid(bank, account, order(payee, "30000.01", file_ids=(file_id,)))


async def test_everything_wrong_is_told_at_once(bank: Bank) -> None:
    account = await bank.account(per_payment_cents=1_000)
    wrong = PaymentOrder(
        Decimal("30000.01"),
        " ",
        iban="FR00",
        bank_account_id="nothing",
        day="2026-11-29",
        note="n" * 1_001,
        file_ids=("no id",),
        invoice_id="no id",
    )
    assert await refused(bank, account, wrong) == {
        "description": "REQUIRED",
        "iban": "NOT_AN_IBAN",
        "accountId": "NOT_ONES_OWN",
        "paymentDate": "IN_THE_PAST",
        "note": "TOO_LONG",
        "fileIds.0": "NOT_FOUND",
        "invoiceId": "NOT_FOUND",
        "amount": "ABOVE_PAYMENT_LIMIT",
    }


@pytest.mark.parametrize("amount", ["0", "-1", "0.001", "1000000000", "NaN", "Infinity", "1E+30"])
async def test_an_amount_is_some_cents(bank: Bank, amount: str) -> None:
    account, payee = await bank.account(per_day_cents=100), bank.payee(trusted=True)
    told = await refused(bank, account, order(payee, amount))
    assert told["amount"] == "INVALID"


async def test_today_may_be_paid_and_yesterday_not(bank: Bank) -> None:
    account, payee = await bank.account(), bank.payee(trusted=True)
    assert await refused(bank, account, order(payee, day="2026-11-29")) == {
        "paymentDate": "IN_THE_PAST"
    }
    await paid(bank, account, order(payee, day="2026-11-30"))
    later = order(payee, day="2026-12-24T00:00:00.000Z")
    await paid(bank, account, later)
    assert f"{bank.transfers(later.reference)[0].scheduled_date}" == "2026-12-24"


async def test_a_paid_bill_and_another_account_are_doubts(bank: Bank) -> None:
    account = await bank.account()
    account_scopes = SCOPES | {"supplier_invoice.read"}
    richer = Bank(bank.work, bank.ring, scopes=account_scopes)
    payee = richer.payee(trusted=True)
    bill = next(
        one
        for one in richer.books.supplier_invoices
        if one.status == "paid" and one.reading is not None and one.reading.iban
    )
    doubtful = order(payee, invoice_id=bill.id)
    assert await refused(richer, account, doubtful) in (
        {"invoiceId": "ALREADY_PAID"},
        {"invoiceId": "OTHER_IBAN"},
    )
    meant = order(payee, invoice_id=bill.id, confirmed=("ALREADY_PAID", "OTHER_IBAN"))
    await paid(richer, account, meant)
    await richer.http.aclose()


@pytest.mark.covers("GUIDE-12")
@pytest.mark.parametrize("scope", ["payment.write", "organization.read"])
async def test_a_missing_scope_is_named(work: UnitOfWork, ring: KeyRing, scope: str) -> None:
    bank = Bank(work, ring, scopes=SCOPES - {scope})
    account, payee = await bank.account(), bank.payee()
    with pytest.raises(MissingScope) as told:
        await bank.pay(account, order(payee))
    assert told.value.scope == scope and scope in told.value.message
    await bank.http.aclose()


async def test_an_account_linked_by_api_key_can_t_pay(work: UnitOfWork, ring: KeyRing) -> None:
    bank = Bank(work, ring, scopes=None)
    account, payee = await bank.account(), bank.payee()
    with pytest.raises(NotSupported, match="OAuth"):
        await bank.pay(account, order(payee))
    await bank.http.aclose()


@pytest.mark.covers("GUIDE-24")
async def test_what_is_above_the_instant_limits_is_told_to_go_the_slow_way(bank: Bank) -> None:
    account, payee = await bank.account(), bank.payee(trusted=True)
    bank.books.organisation.main_account.balance = Decimal(1_000_000)
    bank.books.organisation.main_account.authorized_balance = Decimal(1_000_000)
    above = await bank.pay(account, order(payee, "10000.01"))
    assert above.progress.transfer_speed == "STANDARD"
    for _ in range(5):
        at = await bank.pay(account, order(payee, "10000.00"))
        assert at.progress.transfer_speed == "INSTANT"
    sixth = await bank.pay(account, order(payee, "10000.00"))
    assert sixth.progress.transfer_speed == "STANDARD"
    bank.later(60)
    speeds = {one.id: one.is_instant for one in bank.books.sepa_transfers}
    assert speeds[str(at.progress.transfer_id)] is True
    assert speeds[str(sixth.progress.transfer_id)] is speeds[str(above.progress.transfer_id)]
    assert speeds[str(above.progress.transfer_id)] is False


async def test_nothing_is_asked_of_banks_by_a_dry_run(bank: Bank) -> None:
    account, payee = await bank.account(), bank.payee()
    checked = await bank.paying.check(account, order(payee))
    assert (checked.payee.id, checked.is_instant) == (payee.id, True)
    assert bank.control.journal(method="POST", path="/v2/sepa") == []
