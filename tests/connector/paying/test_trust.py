"""Trust in a beneficiary: the owner's to give, and asked for only where Qonto allows it."""

import pytest

from connector.errors import DocumentNotFound, MissingScope, PaymentsDisabled
from connector.jobs.jobs import JobReport, Jobs
from connector.paying.switch import PaymentSwitch
from connector.paying.trusting import TRUST_JOB, Trusting, TrustJob
from connector.providers.qonto.paying.trust import QontoTrust
from connector.registry import Provider, Registry
from storage.errors import Invalid
from storage.repositories.accounts import Account
from storage.sealing import KeyRing
from storage.unit_of_work import UnitOfWork
from tests.connector.paying.bank import SCOPES, TARGET, Bank

TRUST = "/v2/sepa/beneficiaries/trust"


class Desk:
    """Processes that trust, at a bank that lets the app ask for it."""

    def __init__(self, work: UnitOfWork, ring: KeyRing, *, with_scope: bool = True) -> None:
        self.bank = Bank(work, ring)
        self.bank.control.set_quirks(embed_partner=True)
        if with_scope:
            self.bank.scopes = SCOPES | {"beneficiary.trust"}
            self.bank.__post_init__()
        system = self.bank.system
        trust = QontoTrust(system.client, system.access, system)
        nothing: object = None
        provider = Provider(
            TARGET,
            nothing,  # type: ignore[arg-type]
            nothing,  # type: ignore[arg-type]
            nothing,  # type: ignore[arg-type]
            trust=trust,
        )
        registry, switch = Registry([provider]), PaymentSwitch(work)
        kinds = {TRUST_JOB: TrustJob(registry, switch, self.bank.clock)}
        self.jobs = Jobs(work, ring, self.bank.clock, kinds)
        self.trusting = Trusting(registry, self.jobs, switch)

    async def work(self, seconds: float = 3) -> None:
        self.bank.later(seconds)
        await self.jobs.run_due()

    async def report(self, account: Account, begun: JobReport) -> JobReport:
        return await self.jobs.get(account.id, begun.id)


@pytest.mark.parametrize("answer", ["allow", "deny"])
async def test_the_owner_is_asked_once_and_decides(
    work: UnitOfWork, ring: KeyRing, answer: str
) -> None:
    desk = Desk(work, ring)
    account, payee = await desk.bank.account(), desk.bank.payee()
    begun = await desk.trusting.begin(account, payee.id, "paired-device")
    for _ in range(3):
        await desk.work()
    assert len(desk.bank.control.sca_sessions()) == 1 and not payee.trusted
    desk.bank.answer(answer)
    await desk.work()
    told = await desk.report(account, begun)
    assert payee.trusted is (answer == "allow")
    assert told.status == ("SUCCESS" if answer == "allow" else "FAILED")
    await desk.bank.http.aclose()


async def test_whoever_goes_on_after_a_crash_finds_it_trusted(
    work: UnitOfWork, ring: KeyRing
) -> None:
    """Even where nobody knows the approval any more, which was used."""
    desk = Desk(work, ring)
    account, payee = await desk.bank.account(), desk.bank.payee()
    begun = await desk.trusting.begin(account, payee.id, "paired-device")
    await desk.work()
    desk.bank.answer("allow")
    payee.trusted = True
    desk.bank.simulator.world.sca_sessions.clear()
    await desk.work()
    assert (await desk.report(account, begun)).status == "SUCCESS"
    await desk.bank.http.aclose()


async def test_nobody_answers(work: UnitOfWork, ring: KeyRing) -> None:
    desk = Desk(work, ring)
    account, payee = await desk.bank.account(), desk.bank.payee()
    begun = await desk.trusting.begin(account, payee.id, "paired-device")
    await desk.work()
    await desk.work(16 * 60)
    told = await desk.report(account, begun)
    assert told.status == "FAILED" and told.state.error is not None
    assert told.state.error["code"] == "EXPIRED" and not payee.trusted
    await desk.bank.http.aclose()


async def test_what_is_trusted_stays_so_without_asking(work: UnitOfWork, ring: KeyRing) -> None:
    desk = Desk(work, ring)
    account, payee = await desk.bank.account(), desk.bank.payee(trusted=True)
    begun = await desk.trusting.begin(account, payee.id, "paired-device")
    await desk.work()
    assert (await desk.report(account, begun)).status == "SUCCESS"
    assert desk.bank.control.journal(path=TRUST) == []
    await desk.bank.http.aclose()


@pytest.mark.covers("GUIDE-13")
async def test_without_the_scope_nobody_is_asked(work: UnitOfWork, ring: KeyRing) -> None:
    desk = Desk(work, ring, with_scope=False)
    account, payee = await desk.bank.account(), desk.bank.payee()
    with pytest.raises(MissingScope) as told:
        await desk.trusting.begin(account, payee.id, "paired-device")
    assert told.value.scope == "beneficiary.trust" and "Qonto's app" in told.value.message
    assert desk.bank.control.journal(path="/v2/sepa") == []
    await desk.bank.http.aclose()


async def test_only_who_is_known_and_validated_can_be_trusted(
    work: UnitOfWork, ring: KeyRing
) -> None:
    desk = Desk(work, ring)
    account, payee = await desk.bank.account(), desk.bank.payee()
    desk.bank.control.decide_beneficiary(payee.id, "declined")
    with pytest.raises(Invalid):
        await desk.trusting.begin(account, payee.id, "paired-device")
    with pytest.raises(DocumentNotFound):
        await desk.trusting.begin(account, "nobody", "paired-device")
    disabled = await desk.bank.account(enabled=False)
    with pytest.raises(PaymentsDisabled):
        await desk.trusting.begin(disabled, payee.id, "paired-device")
    await desk.bank.http.aclose()
