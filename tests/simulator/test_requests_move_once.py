"""Whatever is done with requests in whatever order: ends are ends, and money moves once."""

from __future__ import annotations

import asyncio
import uuid
from dataclasses import dataclass, field
from typing import Any

import httpx2
from hypothesis import Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
from qonto_simulator import Simulator
from qonto_simulator.records.request import Request

from .balance import check_books
from .paying import IBAN, KEY, OTHER_IBAN, TOKEN
from .support import NOW, ORIGIN, Api

AFTER = {
    "pending": {"pending", "approved", "declined", "canceled"},
    "approved": {"approved"},
    "declined": {"declined"},
    "canceled": {"canceled"},
}
lines = st.lists(
    st.tuples(st.sampled_from((IBAN, OTHER_IBAN)), st.sampled_from(("0.01", "60.00", "29999.99"))),
    min_size=1,
    max_size=3,
)
indexes = st.integers(0, 5)


@dataclass
class Sent:
    """A decision with its key, which may be sent again."""

    path: str
    body: dict[str, Any]
    headers: dict[str, str] = field(default_factory=lambda: {KEY: str(uuid.uuid4())})


class Desk(RuleBasedStateMachine):
    """Proposals of a company under random decisions, over HTTP."""

    def __init__(self) -> None:
        super().__init__()
        self.sim = Simulator(clock=NOW, base_url=ORIGIN)
        self.sim.control.set_quirks(rate_limits=False)
        self.books = self.sim.world.first
        self.runner = asyncio.Runner()
        self.api = Api(transport=httpx2.ASGITransport(self.sim.app), base_url=ORIGIN)
        self.seeded = {one.id for one in self.books.sepa_transfers if not one.recurring_transfer_id}
        self.statuses: dict[str, str] = {}
        self.sent: list[Sent] = []

    def teardown(self) -> None:
        self.runner.run(self.api.aclose())
        self.runner.close()

    def call(self, path: str, body: dict[str, Any], headers: dict[str, str]) -> httpx2.Response:
        headers = {"Authorization": f"Bearer {self.sim.issue_access_token()}", **headers}
        return self.runner.run(self.api.post(path, json=body, headers=headers))

    def chosen(self, index: int) -> Request:
        """One that was asked for here, the newest first; else a seeded one."""
        found = list(self.books.requests)
        return found[-1 - index % len(found)]

    def send(self, sent: Sent) -> None:
        try:
            response = self.call(sent.path, sent.body, sent.headers)
        except httpx2.RemoteProtocolError:
            return
        assert response.status_code in (200, 412, 422, 428), response.text
        if response.status_code == 428:
            sent.headers[TOKEN] = response.json()["sca_session_token"]

    def begin(self, one: Request, verb: str, body: dict[str, Any]) -> None:
        path = f"/v2/requests/{one.request_type}s/{one.id}/{verb}"
        self.sent.append(Sent(path, body))
        self.send(self.sent[-1])

    @rule(wanted=lines, days=st.sampled_from((None, 0, 2)))
    def propose(self, wanted: list[tuple[str, str]], days: int | None) -> None:
        transfers = [
            {
                "amount": amount,
                "currency": "EUR",
                "credit_iban": iban,
                "credit_account_name": "Papeterie du Centre",
                "credit_account_currency": "EUR",
                "reference": "a payment",
            }
            for iban, amount in wanted
        ]
        asked: dict[str, Any] = {"note": "Please", "transfers": transfers}
        if days is not None:
            day = self.sim.world.now().date().toordinal() + days
            asked["scheduled_date"] = NOW.date().fromordinal(day).isoformat()
        body = {"request_multi_transfer": asked}
        key = {KEY: str(uuid.uuid4())}
        assert self.call("/v2/requests/multi_transfers", body, key).status_code == 200

    @rule(index=indexes)
    def approve(self, index: int) -> None:
        iban = self.books.organisation.main_account.iban
        self.begin(self.chosen(index), "approve", {"debit_iban": iban})

    @rule(index=indexes)
    def decline(self, index: int) -> None:
        self.begin(self.chosen(index), "decline", {"declined_note": "No"})

    @rule(index=indexes, verb=st.sampled_from(("approve", "decline", "cancel")))
    def decide_in_the_app(self, index: int, verb: str) -> None:
        path = f"/_simulator/requests/{self.chosen(index).id}/{verb}"
        assert self.call(path, {}, {}).status_code in (200, 422)

    @precondition(lambda self: any(TOKEN in one.headers for one in self.sent))
    @rule(index=indexes, result=st.sampled_from(("allow", "allow", "deny")), lost=st.booleans())
    def answer(self, index: int, result: str, lost: bool) -> None:
        """The person decides, and the request goes out again; its answer may get lost."""
        asked = [one for one in self.sent if TOKEN in one.headers]
        sent = asked[-1 - index % len(asked)]
        path = f"/_simulator/sca_sessions/{sent.headers[TOKEN]}/decide"
        self.call(path, {"result": result}, {})
        if lost:
            self.sim.control.fault("/v2/requests/*", "lost_response", method="POST")
        self.send(sent)

    @precondition(lambda self: self.sent)
    @rule(index=indexes)
    def repeat(self, index: int) -> None:
        self.send(self.sent[-1 - index % len(self.sent)])

    @rule(seconds=st.sampled_from((1, 7, 1_860, 86_400, 4 * 86_400)))
    def time_goes_by(self, seconds: int) -> None:
        self.call("/_simulator/clock", {"advance": seconds}, {})

    @invariant()
    def an_end_is_an_end(self) -> None:
        for one in self.books.requests:
            before = self.statuses.get(one.id, one.status)
            assert one.status in AFTER[before], (before, one.status)
            assert (one.processed_at is None) == (one.status == "pending")
            self.statuses[one.id] = one.status

    @invariant()
    def approved_lines_and_no_others_move_once(self) -> None:
        self.sim.world.now()
        check_books(self.books)
        made = [id for one in self.books.requests for id in one.made_ids]
        assert len(made) == len(set(made))
        there = {one.id for one in self.books.sepa_transfers if not one.recurring_transfer_id}
        assert there == self.seeded | set(made)
        for one in self.books.requests:
            found = [self.books.sepa_transfers.get(id) for id in one.made_ids]
            if one.status != "approved":
                assert not found
            elif found:
                asked = [(line.amount, line.reference) for line in one.transfers]
                assert [(each.amount, each.reference) for each in found if each] == asked


TestDesk = Desk.TestCase
# Without shrinking: a failure is told at once, with at most so many steps.
TestDesk.settings = settings(
    max_examples=12,
    stateful_step_count=20,
    deadline=None,
    phases=(Phase.explicit, Phase.reuse, Phase.generate),
)
