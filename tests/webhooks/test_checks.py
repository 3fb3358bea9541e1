"""Whether a delivery is wanted: what was read a moment ago counts, and then it's asked again."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any, cast

import pytest

from storage.repositories.due_deliveries import DueDelivery
from tests.webhooks.due import delivery, due_event, due_notice, subscription
from webhooks.checks import CHECK_HOLDS, Checks, returned_as


@dataclass
class Stored:
    """A database of due deliveries, and a clock; `meanwhile` is called during each read."""

    due: dict[str, DueDelivery] = field(default_factory=dict)
    asked: list[list[str]] = field(default_factory=list)
    now: float = 100.0
    meanwhile: Callable[[], None] = lambda: None

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[Any]:
        yield SimpleNamespace(due_deliveries=self)

    async def read(self, delivery_ids: list[str], owner: str) -> dict[str, DueDelivery]:
        assert owner == "worker"
        self.asked.append(list(delivery_ids))
        self.meanwhile()
        return {one: self.due[one] for one in delivery_ids if one in self.due}

    def checks(self) -> Checks:
        return Checks(cast(Any, self), "worker", clock=lambda: self.now)


async def test_what_was_read_just_now_is_not_asked_again() -> None:
    stored = Stored()
    checks = stored.checks()
    checks.know(due_event(), stored.now)
    stored.now += CHECK_HOLDS - 0.001
    assert await checks.wanted("dlv_1") == due_event()
    assert stored.asked == []


async def test_what_was_read_too_long_ago_is_asked_again_and_may_not_be_wanted() -> None:
    stored = Stored()
    checks = stored.checks()
    checks.know(due_event(), stored.now)
    stored.now += CHECK_HOLDS
    assert await checks.wanted("dlv_1") is None
    assert stored.asked == [["dlv_1"]]


async def test_what_is_known_is_believed_once() -> None:
    stored = Stored({"dlv_1": due_event()})
    checks = stored.checks()
    checks.know(due_event(), stored.now)
    await checks.wanted("dlv_1")
    await checks.wanted("dlv_1")
    assert stored.asked == [["dlv_1"]]


async def test_those_who_ask_together_are_answered_by_one_query() -> None:
    stored = Stored({f"dlv_{n}": due_event(delivery(n)) for n in range(3)})
    checks = stored.checks()
    found = await asyncio.gather(*(checks.wanted(f"dlv_{n}") for n in range(4)))
    assert [one and one.delivery.id for one in found] == ["dlv_0", "dlv_1", "dlv_2", None]
    assert stored.asked == [["dlv_0", "dlv_1", "dlv_2", "dlv_3"]]


async def test_an_answer_that_took_too_long_is_asked_for_again() -> None:
    """It is about the moment when it was asked, not about the one when it came."""
    stored = Stored({"dlv_1": due_event()})
    checks = stored.checks()

    def slow() -> None:
        stored.now += CHECK_HOLDS
        stored.meanwhile = stored.due.clear

    stored.meanwhile = slow
    assert await checks.wanted("dlv_1") is None
    assert len(stored.asked) == 2


async def test_in_this_process_an_end_counts_at_once_whatever_was_read() -> None:
    stored = Stored()
    checks = stored.checks()
    checks.know(due_event(), stored.now)
    checks.know(due_event(delivery(2, "whk_2"), subscription(id="whk_2")), stored.now)
    checks.end("whk_1")
    assert await checks.wanted("dlv_1") is None
    assert await checks.wanted("dlv_2") is not None
    assert stored.asked == []


async def test_the_end_of_a_tenants_webhook_counts_for_its_notices() -> None:
    stored = Stored()
    checks = stored.checks()
    checks.know(due_notice(webhook_id="twh_1"), stored.now)
    checks.end("twh_1")
    assert await checks.wanted("dlv_1") is None


async def test_a_notice_that_is_for_no_webhook_is_wanted_whatever_ends() -> None:
    stored = Stored()
    checks = stored.checks()
    checks.know(due_notice(), stored.now)
    checks.end("whk_1")
    assert await checks.wanted("dlv_1") == due_notice()


async def test_an_end_is_remembered_while_something_read_before_it_may_count_and_not_longer() -> (
    None
):
    stored = Stored()
    checks = stored.checks()
    for number in range(1000):
        checks.end(f"whk_{number}")
        checks.know(due_event(of=subscription(id=f"whk_{number}")), stored.now)
        stored.now += CHECK_HOLDS * 0.999
        assert await checks.wanted("dlv_1") is None
    assert len(checks._deleted) <= 3
    assert stored.asked == []


async def test_after_a_subscription_changed_what_was_read_of_it_is_asked_again() -> None:
    stored = Stored()
    checks = stored.checks()
    checks.know(due_event(), stored.now)
    checks.know(due_event(delivery(2, "whk_2"), subscription(id="whk_2")), stored.now)
    checks.know(due_notice(), stored.now)
    checks.doubt({"whk_2"})
    await checks.wanted("dlv_2")
    assert stored.asked == [["dlv_2"]]
    assert await checks.wanted("dlv_1") == due_notice()
    assert stored.asked == [["dlv_2"]]


@pytest.mark.parametrize("state", ["PAUSED", "DISABLED"])
def test_only_a_probe_goes_out_while_its_subscription_is_stopped(state: str) -> None:
    due = due_event(of=subscription(state=state))
    assert returned_as(due, is_probe=False) == "HELD"
    assert returned_as(due, is_probe=True) is None


def test_what_must_wait_for_its_predecessor_goes_back_as_it_was() -> None:
    due = due_event(must_wait=True)
    assert returned_as(due, is_probe=False) == "PENDING"
    assert returned_as(due, is_probe=True) is None


def test_what_nothing_is_in_the_way_of_is_sent() -> None:
    assert returned_as(due_event(), is_probe=False) is None
    assert returned_as(due_notice(), is_probe=False) is None
