"""Whatever happens to answers, processes and people: money moves once, or that it didn't is told.

Random histories against the simulator's books. `PAYMENT_HISTORIES=10000` plays as many, from the
seed `PAYMENT_SEED` on; each is told by its seed alone.
"""

import asyncio
import os
import random
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from decimal import Decimal

import pytest
from qonto_simulator.records.catalogue import Beneficiary
from qonto_simulator.records.transfer import Transfer
from qonto_simulator.rules import transfers

from connector.errors import DownstreamTimeout, NotReached, RateLimited
from connector.paying.order import MADE, RELEASED, CheckedOrder, Payee, PaymentOrder
from connector.paying.paying import Paying
from connector.paying.storing import likeness_of
from storage.errors import ServiceError
from storage.repositories.accounts import Account
from storage.repositories.payment_orders import StoredPayment
from tests.connector.paying.bank import Bank, Crash

HISTORIES = int(os.environ.get("PAYMENT_HISTORIES", "20"))
FIRST = int(os.environ.get("PAYMENT_SEED", "0"))
STEPS = 30


@dataclass
class Asked:
    """A payment that a caller wants, and keeps asking for with one key."""

    key: str
    order: PaymentOrder
    payee: Beneficiary
    id: str | None = None
    is_refused: bool = False


@dataclass
class History:
    """One history. `storm` is how likely a transfer goes wrong, `rivals` how often others pay."""

    bank: Bank
    chance: random.Random
    account: Account
    payees: list[Beneficiary]
    name: str
    storm: float = 0.0
    rivals: float = 0.0
    asked: list[Asked] = field(default_factory=list[Asked])
    foreign: Counter[str] = field(default_factory=Counter[str])

    # -- what goes wrong -------------------------------------------------------------------------

    def before(self, call: str) -> None:
        if self.chance.random() < self._risk(call):
            raise self.chance.choice(
                (
                    NotReached("There is no connection."),
                    DownstreamTimeout("It was lost on its way."),
                    RateLimited("Too many."),
                    Crash(),
                )
            )

    def after(self, call: str) -> None:
        if self.chance.random() < self._risk(call):
            raise self.chance.choice((DownstreamTimeout("The answer was lost."), Crash()))

    def _risk(self, call: str) -> float:
        return self.storm if call == "send" else self.storm / 4

    # -- what people and processes do ------------------------------------------------------------

    async def step(self) -> None:
        acts = {
            self.ask: 3,
            self.ask_again: 2,
            self.work: 6,
            self.wait: 4,
            self.wait_long: 1,
            self.answer: 5,
            self.confirm: 3,
            self.withdraw: 0.5,
            self.pair_device: 0.5,
            self.forget_approvals: 0.5,
            self.decline: 0.5,
            self.rival: self.rivals,
        }
        [act] = self.chance.choices(list(acts), list(acts.values()))
        with suppress(ServiceError):
            try:
                await act()
            except Crash:
                if self.chance.random() < 0.4:  # nobody starts the processes again for a while
                    self.bank.later(self.chance.choice((100, 1_700, 1_900, 7_000)))

    async def ask(self) -> None:
        payee = self.chance.choice(self.payees)
        words = f"{self.name} {self.chance.choice('ab')}"
        amount = Decimal(self.chance.choice(("1.00", "2.50")))
        order = PaymentOrder(amount=amount, reference=words, beneficiary_id=payee.id)
        one = Asked(f"{self.name} {len(self.asked)}", order, payee)
        self.asked.append(one)
        await self.ask_for(one)

    async def ask_for(self, one: Asked) -> None:
        try:
            done = await self.process().pay(self.account, one.order, key=one.key, by="key_one")
        except ServiceError:
            one.is_refused = True
            raise
        one.id, one.is_refused = done.payment.row.id, False

    async def ask_again(self) -> None:
        if self.asked:
            await self.ask_for(self.chance.choice(self.asked))

    async def work(self) -> None:
        await self.process().run_due()

    async def wait(self) -> None:
        self.bank.later(self.chance.choice((1, 2, 4, 20, 62)))

    async def wait_long(self) -> None:
        self.bank.later(self.chance.choice((400, 1000, 2000)))

    async def answer(self) -> None:
        self.bank.answer(self.chance.choice(("allow", "allow", "deny")))

    async def confirm(self) -> None:
        for one in self.asked:
            if one.id is None:
                continue
            codes = frozenset({"PAYEE_CLOSE_MATCH", "PAYEE_NO_MATCH"})
            await self.process().confirm(self.account, one.id, confirmed=codes, by="key_two")

    async def withdraw(self) -> None:
        if self.asked and (one := self.chance.choice(self.asked)).id is not None:
            await self.process().withdraw(self.account, one.id, by="key_one")

    async def pair_device(self) -> None:
        self.bank.control.enrol_sca(enrolled=self.chance.random() < 0.7)

    async def forget_approvals(self) -> None:
        for one in self.bank.control.sca_sessions():
            self.bank.control.expire_sca(str(one["token"]))

    async def decline(self) -> None:
        payee = self.chance.choice(self.payees)
        reason = self.chance.choice((None, "beneficiary_iban_invalid", "qonto_processing_failed"))
        self.bank.control.decline_transfers(iban=payee.iban, reason=reason)

    async def rival(self) -> None:
        """Somebody makes the same transfer in Qonto's app."""
        if not self.asked:
            return
        one = self.chance.choice(self.asked)
        self.foreign[self._look_of(make_in_app(self.bank, one.payee, one.order))] += 1

    def process(self) -> Paying:
        return self.bank.process()

    # -- the end ---------------------------------------------------------------------------------

    async def settle(self) -> None:
        """Let the weather clear, and everybody come to an end."""
        self.storm = 0.0
        self.bank.control.enrol_sca(enrolled=True)
        waits = [61.0, 5.0, 700.0, 2.0, 61.0, 5.0, 400.0, 4000.0, 30.0, 4000.0, 86_400.0, 10.0]
        for wait in (*waits, 4000.0, 86_400.0, 400.0, 86_400.0):
            await self.process().run_due()
            self.bank.later(wait)
        await self.process().run_due()

    async def check(self) -> None:
        """Hold what is told of each payment against the books."""
        rows = await _rows(self.bank, self.account)
        at_qonto = [
            one for one in self.bank.books.sepa_transfers if one.reference.startswith(self.name)
        ]
        made = {row.transfer_id for row in rows if row.status in MADE}
        counts = Counter(_class(row.status) for row in rows)
        # settled + pending + refused + undecided = asked for
        assert sum(counts.values()) == len(rows)
        still = [
            (row.status, row.due_at, row.lease_until)
            for row in rows
            if _class(row.status) == "open"
        ]
        assert not still, f"everything ends, or is told to be unknown: {still}"
        assert None not in made
        assert len(made) == counts["made"], "two payments were told the same transfer"
        known = {one.id for one in at_qonto}
        assert made <= known, "a payment was told a transfer that isn't there"
        for look, count in Counter(self._look_of(one) for one in at_qonto).items():
            alike = [row for row in rows if row.likeness == look]
            ours = sum(row.status in MADE for row in alike)
            doubtful = sum(row.status == "UNKNOWN" for row in alike)
            assert ours <= count <= ours + doubtful + self.foreign[look], "a payment left twice"
        if not self.foreign:
            assert counts["unknown"] == 0, "nobody else paid, so the list tells"
            assert len(at_qonto) == counts["made"]
        for row in rows:
            if row.status in ("SETTLED", "DECLINED", "CANCELED"):
                there = self.bank.books.sepa_transfers.get(row.transfer_id or "")
                assert there is not None
                assert there.status == row.status.lower()

    def _look_of(self, one: Transfer) -> str:
        return _likeness(one.beneficiary_id, one.bank_account_id, one.amount, one.reference)


def _likeness(payee: str, account: str, amount: Decimal, reference: str) -> str:
    """Return what a payment and a transfer are compared by."""
    order = PaymentOrder(amount=amount.quantize(Decimal("0.01")), reference=reference)
    return likeness_of(CheckedOrder(order, Payee(payee, "", ""), account, "", False))


def _class(status: str) -> str:
    if status in MADE:
        return "made"
    if status in RELEASED:
        return "refused"
    return "unknown" if status == "UNKNOWN" else "open"


@pytest.mark.timeout(max(240, HISTORIES * 5))
def test_random_histories(bank: Bank) -> None:
    payees = [
        bank.payee(trusted=True, name="Trusted Printers"),
        bank.payee(name="Untrusted Carpenters"),
        bank.payee(name="Nearly Right Roofers"),
        bank.payee(name="Somebody Else"),
    ]
    for payee, outcome in zip(payees[2:], ("CLOSE_MATCH", "NO_MATCH"), strict=True):
        bank.control.set_payee(payee.iban, outcome=f"MATCH_RESULT_{outcome}")
    bank.books.organisation.main_account.balance = Decimal(10_000_000)
    bank.books.organisation.main_account.authorized_balance = Decimal(10_000_000)
    with asyncio.Runner() as runner:
        for seed in range(FIRST, FIRST + HISTORIES):
            try:
                runner.run(_play(bank, payees, seed))
            except AssertionError as error:
                raise AssertionError(f"history {seed}: {error}") from error


async def _play(bank: Bank, payees: list[Beneficiary], seed: int) -> None:
    chance = random.Random(seed)
    history = History(
        bank,
        chance,
        await bank.account(),
        payees,
        f"h{seed}",
        storm=chance.choice((0.0, 0.15, 0.4)),
        rivals=chance.choice((0.0, 0.0, 1.0)),
    )
    bank.weather.before, bank.weather.after = history.before, history.after
    for payee in payees:
        bank.control.decline_transfers(iban=payee.iban, reason=None)
    for _ in range(STEPS):
        await history.step()
    await history.settle()
    await history.check()


async def _rows(bank: Bank, account: Account) -> list[StoredPayment]:
    async with bank.work.reading() as tx:
        return await tx.payment_orders.of_account(account.id)


def make_in_app(bank: Bank, payee: Beneficiary, order: PaymentOrder) -> Transfer:
    """Make the same transfer as an order's, without the connector."""
    organisation = bank.books.organisation
    made = transfers.Order(
        bank_account_id=organisation.main_account.id,
        amount=order.amount,
        reference=order.reference,
        day=bank.clock().date(),
    )
    owner = organisation.owner.id
    return transfers.make(
        bank.simulator.world, bank.books, made, payee, initiator_id=owner, at=bank.clock()
    )
