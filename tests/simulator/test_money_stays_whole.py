"""Whatever is asked of the bank in whatever order: the books agree, and nothing moves twice."""

from __future__ import annotations

import asyncio
import uuid
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import httpx2
from hypothesis import Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from qonto_simulator import Simulator
from qonto_simulator.records.catalogue import Beneficiary
from qonto_simulator.records.transfer import Transfer

from .balance import check_books
from .paying import BULKS, INTERNAL, KEY, STANDING, TOKEN, TRANSFERS
from .support import NOW, ORIGIN, Api

REMEMBERED = timedelta(minutes=30)
AFTER = {
    "pending": {"pending", "processing", "settled", "declined", "canceled"},
    "processing": {"processing", "settled", "declined"},
    "settled": {"settled"},
    "declined": {"declined"},
    "canceled": {"canceled"},
}
"""What may have become of a transfer since the last look."""
AMOUNTS = ("0.01", "60.00", "4999.99", "5000.01", "10000.00", "29999.99", "30000.01")
SECONDS = (1, 5, 5, 5, 5, 20, 20, 600, 1_860, 14 * 3_600, 86_400, 40 * 86_400)

indexes = st.integers(0, 7)
amounts = st.sampled_from(AMOUNTS)


@dataclass
class Sent:
    """A request with its key; it may be sent again, and then must not be done again."""

    path: str
    body: dict[str, Any]
    headers: dict[str, str] = field(default_factory=lambda: {KEY: str(uuid.uuid4())})
    done_at: datetime | None = None


class Bank(RuleBasedStateMachine):
    """A company's money under random calls, over HTTP."""

    def __init__(self) -> None:
        super().__init__()
        self.sim = Simulator(clock=NOW, base_url=ORIGIN)
        self.books = self.sim.world.first
        self.runner = asyncio.Runner()
        self.api = Api(transport=httpx2.ASGITransport(self.sim.app), base_url=ORIGIN)
        self.requests: list[Sent] = []
        self.statuses: dict[str, str] = {}
        for position, one in enumerate(self.payees):
            if one.status == "validated" and position % 2:
                one.trusted = True

    @initialize(pace=st.sampled_from((5, 5, 600)), lenient=st.booleans())
    def set_out(self, pace: int, lenient: bool) -> None:
        """How long money is on its way, and whether people approve by themselves."""
        outcome = "allow" if lenient else None
        self.sim.control.set_quirks(rate_limits=False, instant_delay=pace, sca_outcome=outcome)

    def teardown(self) -> None:
        self.runner.run(self.api.aclose())
        self.runner.close()

    @property
    def payees(self) -> list[Beneficiary]:
        return list(self.books.beneficiaries)

    def call(self, method: str, path: str, **options: Any) -> httpx2.Response:
        self.api.headers["Authorization"] = f"Bearer {self.sim.issue_access_token()}"
        return self.runner.run(self.api.request(method, path, **options))

    def prove(self, *ibans: str) -> str:
        asked = [
            {"id": str(number), "iban": iban, "beneficiary_name": "Somebody"}
            for number, iban in enumerate(ibans)
        ]
        answer = self.call("POST", "/v2/sepa/skip_verify_payee", json={"requests": asked})
        return answer.json()["proof_token"]["token"]

    def made(self, path: str) -> int:
        records = {
            TRANSFERS: self.books.sepa_transfers,
            BULKS: self.books.bulk_transfers,
            STANDING: self.books.recurring_transfers,
            INTERNAL: self.books.internal_transfers,
        }
        return len(records[path])

    def send(self, sent: Sent) -> None:
        """One attempt; what was done within half an hour is not done again."""
        now = self.sim.world.now()
        remembered = sent.done_at is not None and now < sent.done_at + REMEMBERED
        before = self.made(sent.path)
        try:
            response = self.call("POST", sent.path, json=sent.body, headers=sent.headers)
        except httpx2.RemoteProtocolError:
            response = None
        more = self.made(sent.path) - before
        assert more in ((0,) if remembered else (0, 1))
        if more:
            sent.done_at = now
        if response is not None:
            assert response.status_code in (200, 412, 422, 428), response.text
            assert (response.status_code == 200) == (remembered or bool(more))
            challenge = response.json()
            if response.status_code == 428:
                sent.headers[TOKEN] = challenge["sca_session_token"]

    def begin(self, path: str, body: dict[str, Any]) -> None:
        self.requests.append(Sent(path, body))
        self.send(self.requests[-1])

    def line(self, index: int, amount: str) -> dict[str, Any]:
        payee = self.payees[index % len(self.payees)]
        return {"beneficiary_id": payee.id, "amount": amount, "reference": "a payment"}

    def is_new(self, transfer: Transfer) -> bool:
        """Whether it was made by this machine, and not before."""
        return transfer.created_at >= NOW

    @property
    def account(self) -> str:
        return self.books.organisation.main_account.id

    @rule(index=indexes, amount=amounts, days=st.sampled_from((0, 0, 1)))
    def pay(self, index: int, amount: str, days: int) -> None:
        day = (self.sim.world.now() + timedelta(days=days)).date().isoformat()
        transfer = {**self.line(index, amount), "scheduled_date": day}
        iban = self.payees[index % len(self.payees)].iban
        transfer["bank_account_id"] = self.account
        self.begin(TRANSFERS, {"vop_proof_token": self.prove(iban), "transfer": transfer})

    @rule(lines=st.lists(st.tuples(indexes, amounts), min_size=1, max_size=4))
    def pay_many(self, lines: list[tuple[int, str]]) -> None:
        found = [self.payees[index % len(self.payees)].iban for index, _ in lines]
        body = {
            "vop_proof_token": self.prove(*found),
            "bank_account_id": self.account,
            "bulk_transfers": [
                {**self.line(*one), "client_transfer_id": str(uuid.uuid4())} for one in lines
            ],
        }
        self.begin(BULKS, body)

    @rule(index=indexes, frequency=st.sampled_from(("weekly", "monthly")))
    def pay_again_and_again(self, index: int, frequency: str) -> None:
        order = {
            **self.line(index, "950.00"),
            "bank_account_id": self.account,
            "frequency": frequency,
            "first_execution_date": (self.sim.world.now() + timedelta(days=2)).date().isoformat(),
        }
        iban = self.payees[index % len(self.payees)].iban
        self.begin(STANDING, {"vop_proof_token": self.prove(iban), "recurring_transfer": order})

    @rule(amount=amounts, back=st.booleans())
    def put_aside(self, amount: str, back: bool) -> None:
        ibans = [one.iban for one in self.books.organisation.bank_accounts[:2]]
        here, there = reversed(ibans) if back else ibans
        transfer = {"debit_iban": here, "credit_iban": there, "currency": "EUR"}
        transfer |= {"amount": amount, "reference": "put aside"}
        self.begin(INTERNAL, {"internal_transfer": transfer})

    @precondition(lambda self: self.requests)
    @rule(index=indexes)
    def repeat(self, index: int) -> None:
        self.send(self.requests[-1 - index % len(self.requests)])

    @precondition(lambda self: self.requests)
    @rule(index=indexes)
    def repeat_and_lose_the_answer(self, index: int) -> None:
        self.sim.control.fault("/v2/*", "lost_response", method="POST")
        self.repeat(index)

    @precondition(lambda self: any(TOKEN in one.headers for one in self.requests))
    @rule(index=indexes, result=st.sampled_from(("allow", "allow", "allow", "deny")))
    def answer(self, index: int, result: str) -> None:
        """The person decides, and the request goes out again."""
        asked = [one for one in self.requests if TOKEN in one.headers]
        sent = asked[-1 - index % len(asked)]
        token = sent.headers[TOKEN]
        decided = {"result": result}
        self.call("POST", f"/_simulator/sca_sessions/{token}/decide", json=decided)
        self.send(sent)

    @rule(seconds=st.sampled_from(SECONDS))
    def time_goes_by(self, seconds: int) -> None:
        self.call("POST", "/_simulator/clock", json={"advance": seconds})

    @rule(index=indexes, how=st.sampled_from(("cancel", "decline")))
    def stop_one(self, index: int, how: str) -> None:
        ids = [one.id for one in self.books.sepa_transfers if self.is_new(one)]
        if ids:
            id = ids[-1 - index % len(ids)]
            path = f"{TRANSFERS}/{id}/cancel"
            path = path if how == "cancel" else f"/_simulator/transfers/{id}/decline"
            assert self.call("POST", path).status_code in (200, 204, 400, 422)

    @rule(index=indexes)
    def stop_a_standing_order(self, index: int) -> None:
        ids = [one.id for one in self.books.recurring_transfers]
        path = f"{STANDING}/{ids[index % len(ids)]}/cancel"
        assert self.call("POST", path).status_code in (204, 422)

    @rule(
        index=indexes,
        reason=st.sampled_from((None, "beneficiary_iban_invalid", "qonto_processing_failed")),
    )
    def decline_all_to(self, index: int, reason: str | None) -> None:
        iban = self.payees[index % len(self.payees)].iban
        self.sim.control.decline_transfers(iban=iban, reason=reason)

    @rule(amount=amounts)
    def money_arrives(self, amount: str) -> None:
        self.sim.control.bank_transaction(amount=amount)

    @invariant()
    def the_books_agree(self) -> None:
        self.sim.world.now()
        check_books(self.books)
        for one in self.books.sepa_transfers:
            before = self.statuses.get(one.id, "pending")
            assert one.status in AFTER[before], (before, one.status)
            self.statuses[one.id] = one.status

    @invariant()
    def no_account_is_overdrawn(self) -> None:
        for account in self.books.organisation.bank_accounts:
            assert account.authorized_balance >= 0


TestBank = Bank.TestCase
# Without shrinking: a failure is told at once, with at most so many steps.
TestBank.settings = settings(
    max_examples=30,
    stateful_step_count=25,
    deadline=None,
    phases=(Phase.explicit, Phase.reuse, Phase.generate),
)
