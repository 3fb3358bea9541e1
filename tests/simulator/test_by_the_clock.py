"""However the clock is moved, nothing is mailed or issued twice, too early or too late.

A series and a reminder live through random steps of time, payments, cancellations and changes; a
model beside them says what must have come of it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

import httpx2
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from qonto_simulator import Simulator

from .support import NOW, ORIGIN, Api, client_named, invoice_body

STEPS = st.sampled_from([3_600, 20 * 3_600, 86_400, 3 * 86_400, 9 * 86_400])
OFFSETS = st.integers(1, 8)
OPERATORS = st.sampled_from(["before", "on", "after"])
RULES = st.lists(st.tuples(OPERATORS, OFFSETS), min_size=1, max_size=3)
WINTER_HOUR = timedelta(hours=1)


def at_hour(day: date, hour: int) -> datetime:
    """By the wall clocks of winter; the walks end before those of summer begin."""
    return datetime(day.year, day.month, day.day, hour, tzinfo=UTC) - WINTER_HOUR


@dataclass
class Owed:
    """An invoice as the model knows it."""

    due: date
    unpaid: bool = True


class Clockwork(RuleBasedStateMachine):
    """One client with a reminder, and one weekly series of invoices to it."""

    def __init__(self) -> None:
        super().__init__()
        self.loop = asyncio.new_event_loop()
        self.simulator = Simulator(clock=NOW, base_url=ORIGIN)
        key = f"{self.simulator.login}:{self.simulator.secret}"
        transport = httpx2.ASGITransport(self.simulator.app)
        self.api = Api(transport=transport, base_url=ORIGIN, headers={"Authorization": key})
        self.now = NOW
        self.end = datetime(2027, 3, 20, tzinfo=UTC)
        self.invoices: dict[str, Owed] = {}
        self.reminding: list[tuple[str, int]] = []
        self.reminder = ""
        self.expected: list[tuple[str, datetime, str]] = []
        self.series: dict[str, Any] = {}
        self.following: datetime | None = None
        self.issued: list[date] = []
        self.client = str(self.run(client_named(self.api, "Brasserie"))["id"])
        self.body = self.run(invoice_body(self.api, status="unpaid"))
        for one in self.take("GET", "/v2/reminders")["reminders"]:
            self.take("DELETE", f"/v2/reminders/{one['id']}", 204)
        known = self.take("GET", "/v2/recurring_invoices")["recurring_invoices"]
        for one in known:
            path = f"/_simulator/recurring_invoices/{one['id']}"
            self.take("PATCH", path, json={"status": "canceled"})
        self.repeated = next(one["id"] for one in self.listed() if one["items"])
        self.before = {one["id"] for one in self.listed()}
        for one in self.listed():
            if one["client"]["id"] == self.client and one["status"] == "unpaid":
                self.invoices[one["id"]] = Owed(date.fromisoformat(one["due_date"]))

    def run(self, work: Awaitable[Any]) -> Any:
        return self.loop.run_until_complete(work)  # type: ignore[arg-type]

    def take(self, method: str, path: str, status: int = 200, **options: Any) -> Any:
        return self.run(self.api.take(method, path, status, **options))

    def listed(self) -> list[dict[str, Any]]:
        return self.take("GET", "/v2/client_invoices", params={"per_page": 500})["client_invoices"]

    def teardown(self) -> None:
        self.run(self.api.aclose())
        self.loop.close()

    @rule(seconds=STEPS)
    def wait(self, seconds: int) -> None:
        until = min(self.now + timedelta(seconds=seconds), self.end)
        self.expect(until)
        step = (until - self.now).total_seconds()
        self.now = until
        self.take("POST", "/_simulator/clock", json={"advance": step})

    def expect(self, until: datetime) -> None:
        """What happens up to a moment: invoices of the series, and the e-mails of the rules."""
        while self.following is not None and self.following <= until:
            self.issued.append(self.following.date())
            self.following += timedelta(weeks=1)
        for id, one in self.invoices.items():
            if not one.unpaid:
                continue
            for number, (operator, offset) in enumerate(self.reminding):
                days = {"before": -offset, "on": 0, "after": offset}[operator]
                at = at_hour(one.due + timedelta(days=days), 9)
                if self.now < at <= until:
                    self.expected.append((id, at, str(number)))

    @initialize(due=st.integers(5, 12), rules=RULES, start=st.integers(1, 9))
    def begin(self, due: int, rules: list[tuple[str, int]], start: int) -> None:
        self.invoice(due)
        self.remind(rules, replace=False)
        self.repeat(start)

    @rule(due=st.integers(0, 12))
    def invoice(self, due: int) -> None:
        today = self.now.date()
        dates = {
            "issue_date": today.isoformat(),
            "due_date": (today + timedelta(days=due)).isoformat(),
        }
        made = self.take("POST", "/v2/client_invoices", json={**self.body, **dates})
        id = made["client_invoice"]["id"]
        self.invoices[id] = Owed(today + timedelta(days=due))
        self.before.add(id)

    @precondition(lambda self: self.invoices)
    @rule(which=st.integers(0, 2), times=st.integers(1, 2))
    def pay_and_take_back(self, which: int, times: int) -> None:
        """One of the newest invoices is paid, or no longer is."""
        id = sorted(self.invoices)[-1 - which % len(self.invoices)]
        one = self.invoices[id]
        for _ in range(times):
            action = "mark_as_paid" if one.unpaid else "unmark_as_paid"
            self.take("POST", f"/v2/client_invoices/{id}/{action}")
            one.unpaid = not one.unpaid

    @precondition(lambda self: any(one.unpaid for one in self.invoices.values()))
    @rule()
    def cancel(self) -> None:
        id = min(id for id, one in self.invoices.items() if one.unpaid)
        self.take("POST", f"/v2/client_invoices/{id}/mark_as_canceled")
        del self.invoices[id]

    @rule(rules=RULES, replace=st.booleans())
    def remind(self, rules: list[tuple[str, int]], replace: bool) -> None:
        self.reminding = [(name, 0 if name == "on" else offset) for name, offset in rules]
        body = {
            "client_id": self.client,
            "send_to": ["a@b.example"],
            "rules": [
                {"email_title": str(number), "operator": name, "offset_days": offset}
                for number, (name, offset) in enumerate(self.reminding)
            ],
        }
        path = f"/v2/reminders/{self.reminder}" if replace and self.reminder else "/v2/reminders"
        answer = self.take("PUT" if path[-1] != "s" else "POST", path, json=body)
        self.reminder = answer["reminder"]["id"]

    @precondition(lambda self: self.reminder)
    @rule()
    def forget(self) -> None:
        self.take("DELETE", f"/v2/reminders/{self.reminder}", 204)
        self.reminder, self.reminding = "", []

    def repeat(self, start: int) -> None:
        day = self.now.date() + timedelta(days=start)
        body = {
            "invoice_id": self.repeated,
            "start_date": day.isoformat(),
            "recurrence": "weekly",
            "invoice_status": "draft",
        }
        answer = self.take("POST", "/_simulator/recurring_invoices", 201, json=body)
        self.series = answer["recurring_invoice"]
        self.first = self.following = at_hour(day, 6)

    @rule(runs=st.lists(st.booleans(), min_size=1, max_size=3))
    def switch(self, runs: list[bool]) -> None:
        for run in runs:
            self.set_running(run)

    def set_running(self, run: bool) -> None:
        path = f"/_simulator/recurring_invoices/{self.series['id']}"
        self.take("PATCH", path, json={"status": "active" if run else "suspended"})
        if not run:
            self.following = None
        elif self.following is None:
            self.following = self.first
            while self.following <= self.now or self.following.date() in self.issued:
                self.following += timedelta(weeks=1)

    @invariant()
    def every_invoice_was_issued_once_on_its_day(self) -> None:
        made = [one for one in self.listed() if one["id"] not in self.before]
        assert sorted(one["issue_date"] for one in made) == [str(day) for day in self.issued]
        assert all(one["created_at"].endswith("T06:00:00+01:00") for one in made)

    @invariant()
    def every_reminder_was_mailed_once_in_its_hour(self) -> None:
        mails = self.take("GET", "/_simulator/mails")["mails"]
        sent = [
            (one["document_id"], datetime.fromisoformat(one["at"]), one["title"])
            for one in mails
            if one["reminder_id"]
        ]
        assert sorted(sent) == sorted(self.expected)
        assert [at for _, at, _ in sent] == sorted(at for _, at, _ in sent)


TestClockwork = Clockwork.TestCase
TestClockwork.settings = settings(max_examples=10, stateful_step_count=30, deadline=None)
