"""Bank accounts that are closed for good: checked, said yes to, and approved by the owner."""

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import pytest
from qonto_simulator.records.organisation import BankAccount
from qonto_simulator.rules import accounts as rules

from connector.errors import (
    ConfirmationRequired,
    ConfirmationStale,
    DocumentNotFound,
    IdempotencyKeyReused,
    MissingScope,
)
from connector.jobs.jobs import LEASE, JobReport, Jobs
from connector.paying.closing import CLOSE_JOB, CloseJob, Closing, ClosingRequest
from connector.paying.ports import ActAnswer
from connector.providers.qonto.paying.closing import QontoClosing
from connector.registry import Provider, Registry
from connector.writing.confirming import NOT_ASKED, Confirmations, Consent
from oauth.errors import NotSupported
from storage.errors import Invalid
from storage.repositories.accounts import Account
from storage.sealing import KeyRing
from storage.unit_of_work import UnitOfWork
from tests.connector.paying.bank import SCOPES, TARGET, Bank, Crash, order

ASKED: Consent = Consent(is_needed=True)
CLOSE = SCOPES | {"bank_account.write"}


@dataclass(frozen=True)
class Dying(QontoClosing):
    """A process that ends as soon as Qonto has done it."""

    async def close(self, *asked: Any) -> ActAnswer:
        answer = await super().close(*asked)
        if asked[-1] is not None:
            raise Crash
        return answer


class Desk:
    """Processes that close accounts. `told` are the resources that were written to."""

    def __init__(self, bank: Bank, scopes: frozenset[str] | None) -> None:
        self.bank = bank
        self.bank.scopes = scopes
        self.bank.__post_init__()
        self.told: list[str] = []
        self.restart(QontoClosing)

    def restart(self, kind: type[QontoClosing]) -> None:
        """Begin another process."""
        bank, nothing = self.bank, None
        of = bank.system
        closing = kind(of.client, of.access, of, bank.clock, lambda _account: None)
        provider = Provider(
            TARGET,
            nothing,  # type: ignore[arg-type]
            nothing,  # type: ignore[arg-type]
            nothing,  # type: ignore[arg-type]
            closing=closing,
        )
        registry = Registry([provider])
        job = CloseJob(registry, bank.clock, self._wrote)
        self.jobs = Jobs(bank.work, bank.ring, bank.clock, {CLOSE_JOB: job})
        self.closing = Closing(registry, self.jobs, Confirmations(bank.ring, bank.clock))

    async def _wrote(self, account_id: str, target: str, resource: str) -> None:
        del account_id, target
        self.told.append(resource)

    def empty(self) -> BankAccount:
        """Open another account at the bank."""
        world = self.bank.simulator.world
        return rules.open_account(world, self.bank.books, "Taxes", at=self.bank.clock())

    async def begin(
        self, account: Account, one: str, key: str | None = None, consent: Consent = NOT_ASKED
    ) -> JobReport:
        return await self.closing.begin(account, ClosingRequest(one, "paired-device", key), consent)

    async def work(self, seconds: float = 3) -> None:
        self.bank.later(seconds)
        await self.jobs.run_due()

    async def end(self, account: Account, begun: JobReport) -> tuple[str, str | None]:
        """Return how a task stands, and the code of what went wrong."""
        told = await self.jobs.get(account.id, begun.id)
        return told.status, told.state.error and told.state.error["code"]

    def closings(self) -> list[int]:
        """List what Qonto answered to requests to close."""
        found = self.bank.control.journal(method="POST", path="/v2/bank_accounts")
        return [one["status"] for one in found if one["path"].endswith("/close")]


@pytest.fixture
async def desk(work: UnitOfWork, ring: KeyRing) -> AsyncIterator[Desk]:
    made = Desk(Bank(work, ring), CLOSE)
    yield made
    await made.bank.http.aclose()


@pytest.mark.parametrize("answer", ["allow", "deny"])
async def test_the_owner_is_asked_once_and_decides(desk: Desk, answer: str) -> None:
    account, one = await desk.bank.account(), desk.empty()
    begun = await desk.begin(account, one.id, "mine")
    for _ in range(3):
        await desk.work()
    assert len(desk.bank.control.sca_sessions()) == 1 and one.status == "active"
    desk.bank.answer(answer)
    await desk.work()
    if answer == "deny":
        assert await desk.end(account, begun) == ("FAILED", "DENIED")
        assert (one.status, desk.told, desk.closings()) == ("active", [], [428])
        return
    assert await desk.end(account, begun) == ("SUCCESS", None)
    assert (one.status, desk.told, desk.closings()) == ("closed", ["BANK_ACCOUNT"], [428, 200])
    again = await desk.begin(account, one.id, "mine")
    assert (again.id, again.is_replayed, again.status) == (begun.id, True, "SUCCESS")
    with pytest.raises(IdempotencyKeyReused):
        await desk.begin(account, desk.empty().id, "mine")


async def test_nobody_answers(desk: Desk) -> None:
    account, one = await desk.bank.account(), desk.empty()
    begun = await desk.begin(account, one.id)
    await desk.work()
    await desk.work(16 * 60)
    assert await desk.end(account, begun) == ("FAILED", "EXPIRED")
    assert one.status == "active"


async def test_an_owner_without_a_device_is_told_of(desk: Desk) -> None:
    account, one = await desk.bank.account(), desk.empty()
    desk.bank.control.enrol_sca(enrolled=False)
    begun = await desk.begin(account, one.id)
    await desk.work()
    assert await desk.end(account, begun) == ("FAILED", "APPROVAL_NOT_SET_UP")


@pytest.mark.parametrize("forgotten", [False, True], ids=["approved", "approval forgotten"])
async def test_whoever_goes_on_after_a_crash_finds_it_closed(desk: Desk, forgotten: bool) -> None:
    """The process ended when Qonto had closed it, and nothing of that was written down."""
    account, one = await desk.bank.account(), desk.empty()
    desk.restart(Dying)
    begun = await desk.begin(account, one.id)
    await desk.work()
    desk.bank.answer("allow")
    with pytest.raises(BaseExceptionGroup):
        await desk.work()
    assert one.status == "closed"
    desk.restart(QontoClosing)
    if forgotten:
        desk.bank.simulator.world.sca_sessions.clear()
    await desk.work(LEASE.total_seconds() + 1)
    assert await desk.end(account, begun) == ("SUCCESS", None)
    assert desk.closings() == [428, 200]


def main(desk: Desk) -> str:
    return desk.bank.books.organisation.main_account.id


def closed(desk: Desk) -> str:
    one = desk.empty()
    one.status = "closed"
    return one.id


def external(desk: Desk) -> str:
    one = desk.empty()
    one.is_external_account = True
    return one.id


def with_money(desk: Desk) -> str:
    one = desk.empty()
    desk.bank.control.bank_transaction(bank_account_id=one.id, amount="0.01")
    return one.id


def with_pending(desk: Desk) -> str:
    one = desk.empty()
    desk.bank.control.bank_transaction(bank_account_id=one.id, amount="5.00", status="pending")
    one.authorized_balance = Decimal(0)  # money that comes changes it once it's there
    return one.id


@pytest.mark.parametrize(
    ("which", "expected"),
    [
        (main, {"MAIN_ACCOUNT", "BALANCE_NOT_ZERO"}),
        (closed, {"WRONG_STATUS"}),
        (external, {"EXTERNAL_ACCOUNT"}),
        (with_money, {"BALANCE_NOT_ZERO"}),
        (with_pending, {"PENDING_TRANSACTIONS"}),
    ],
)
async def test_what_stands_against_it_is_said_before_anybody_is_asked(
    desk: Desk, which: Callable[[Desk], str], expected: set[str]
) -> None:
    account, one = await desk.bank.account(), which(desk)
    with pytest.raises(Invalid) as told:
        await desk.begin(account, one)
    assert {field.code for field in told.value.fields} == expected
    assert desk.closings() == []


async def test_a_transfer_that_is_on_its_way_stands_against_it(desk: Desk) -> None:
    account, one = await desk.bank.account(), desk.empty()
    payee = desk.bank.payee(trusted=True)
    await desk.bank.pay(account, order(payee, "1.00", reference="later", day="2026-12-10"))
    (transfer,) = desk.bank.transfers("later")
    assert transfer.status in ("pending", "processing")
    transfer.bank_account_id = one.id
    with pytest.raises(Invalid) as told:
        await desk.begin(account, one.id)
    assert {field.code for field in told.value.fields} == {"PENDING_TRANSFERS"}


async def test_money_that_comes_while_the_owner_is_asked_is_named(desk: Desk) -> None:
    account, one = await desk.bank.account(), desk.empty()
    begun = await desk.begin(account, one.id)
    await desk.work()
    desk.bank.control.bank_transaction(bank_account_id=one.id, amount="7.00")
    desk.bank.answer("allow")
    await desk.work()
    assert await desk.end(account, begun) == ("FAILED", "BALANCE_NOT_ZERO")
    assert (one.status, desk.closings()) == ("active", [428, 422])


async def test_where_a_vendor_wants_it_so_somebody_says_yes_to_what_was_shown(desk: Desk) -> None:
    """To this account as it is; the token counts as the key."""
    account, one = await desk.bank.account(), desk.empty()
    with pytest.raises(ConfirmationRequired):
        await desk.begin(account, one.id, consent=ASKED)
    asked = ClosingRequest(one.id, "paired-device")
    checked, stale = await desk.closing.check(account, asked)
    assert checked.expected["iban"] == one.iban and checked.expected["balance"] == 0
    one.name = "Another name"
    with pytest.raises(ConfirmationStale):
        await desk.begin(account, one.id, consent=Consent(stale.token, is_needed=True))
    _, offered = await desk.closing.check(account, asked)
    yes = Consent(offered.token, is_needed=True)
    with pytest.raises(ConfirmationStale):
        await desk.begin(account, desk.empty().id, consent=yes)
    first, second = [await desk.begin(account, one.id, consent=yes) for _ in range(2)]
    assert (first.id, second.is_replayed) == (second.id, True)


@pytest.mark.parametrize("scopes", [SCOPES, None], ids=["no scope", "an API key"])
async def test_where_the_app_may_not_nobody_is_asked(
    work: UnitOfWork, ring: KeyRing, scopes: frozenset[str] | None
) -> None:
    desk = Desk(Bank(work, ring), scopes)
    account, one = await desk.bank.account(), desk.empty()
    with pytest.raises(MissingScope if scopes else NotSupported):
        await desk.begin(account, one.id)
    assert desk.bank.control.journal(path="/v2/bank_accounts") == []
    await desk.bank.http.aclose()


async def test_an_account_that_isnt_known_is_not_found(desk: Desk) -> None:
    account = await desk.bank.account()
    for one in ("nobody", "01a0c314-4280-76bd-b8a8-2595b07775a6"):
        with pytest.raises(DocumentNotFound):
            await desk.begin(account, one)
