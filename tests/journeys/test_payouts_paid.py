"""Payout files whose lines are paid, each as a payment of its own."""

from collections import Counter
from collections.abc import AsyncIterator
from decimal import Decimal
from typing import Any

import pytest
import pytest_asyncio

from connector.app.sandbox import Sandbox
from tests.chaos.patience import until
from tests.connector.payouts.written import OTHER_IBAN
from tests.journeys.payouts import SCOPES, Payroll, data, payroll

pytestmark = [pytest.mark.loopback, pytest.mark.asyncio(loop_scope="module")]

TRANSFERS = "/v2/sepa/transfers"


@pytest.fixture(scope="module")
def lasting_scopes() -> str:
    return SCOPES


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def linked(lasting: Sandbox) -> AsyncIterator[Payroll]:
    async with payroll(lasting) as one:
        yield one


@pytest_asyncio.fixture(loop_scope="module")
async def roll(linked: Payroll) -> Payroll:
    linked.simulator.control.clear_journal()
    linked.simulator.control.clear_faults()
    await linked.allow()
    return linked


class Payees:
    """Makes lines to beneficiaries; their references begin with one word."""

    numbers = iter(range(1, 10_000))

    def __init__(self, roll: Payroll) -> None:
        self.word = f"pay {next(self.numbers)}"
        made = roll.simulator.control.add_beneficiary(trusted=True)
        self.payee: dict[str, Any] = dict(made)
        self.roll = roll

    def lines(self, count: int, **changes: str) -> list[dict[str, str]]:
        return [
            {
                "name": self.payee["name"],
                "iban": self.payee["iban"],
                "amount": f"{number}.10",
                "reference": f"{self.word}-{number}",
                **changes,
            }
            for number in range(1, count + 1)
        ]

    def transfers(self) -> list[Any]:
        found = self.roll.books.sepa_transfers
        return [one for one in found if one.reference.startswith(f"{self.word}-")]


@pytest.mark.covers("GUIDE-10")
async def test_every_line_is_verified_and_paid_once(roll: Payroll) -> None:
    """The payee is verified just before each transfer, and nobody has to do anything."""
    payees = Payees(roll)
    draft = await roll.draft(payees.lines(30))
    data(await roll.confirm(draft, mode="PAY"))
    done = await roll.ended(draft["id"])
    assert (done["status"], done["mode"]) == ("DONE", "PAY")
    assert set(done["states"]) <= {"SENT", "SETTLED"} and sum(done["states"].values()) == 30
    paid = Counter((one.reference, one.amount) for one in payees.transfers())
    assert paid == {
        (f"{payees.word}-{number}", Decimal(f"{number}.10")): 1 for number in range(1, 31)
    }
    calls = [one["path"] for one in roll.simulator.control.journal(method="POST", path="/v2/")]
    assert calls.count("/v2/sepa/verify_payee") == calls.count(TRANSFERS) == 30
    lines = await roll.lines(draft["id"])
    assert all(one["resultId"].startswith("pay_") for one in lines)
    roll.simulator.control.advance(seconds=600)

    async def is_settled() -> bool:
        followed = data(await roll.post(f"/{draft['id']}/refresh"))
        return followed["settled"] == {"count": 30, "total": draft["total"]}

    await until(is_settled, every=0.5)


async def test_lines_that_can_not_be_paid_are_refused_by_themselves(roll: Payroll) -> None:
    payees = Payees(roll)
    lines = payees.lines(4)
    lines[0] |= {"iban": OTHER_IBAN}
    lines[2] |= {"name": "Somebody Else"}
    draft = await roll.draft(lines)
    await roll.confirm(draft, mode="PAY")
    done = await roll.ended(draft["id"])
    assert (done["status"], done["states"]["REFUSED"]) == ("PARTIAL", 2)
    refused = await roll.lines(draft["id"], state="REFUSED")
    assert [(one["number"], one["problem"]["code"]) for one in refused] == [
        (1, "NOT_A_BENEFICIARY"),
        (3, "NAME_DIFFERS"),
    ]
    assert len(payees.transfers()) == 2


async def test_what_the_owner_has_to_approve_is_waited_for(roll: Payroll) -> None:
    payees = Payees(roll)
    roll.simulator.control.add_beneficiary(trusted=False)
    draft = await roll.draft(payees.lines(2))
    await roll.confirm(draft, mode="PAY")
    waiting = await roll.until(
        draft["id"], lambda payout: payout["states"].get("AWAITING_SCA") == 2
    )
    assert (waiting["status"], waiting["pending"]["count"]) == ("RUNNING", 2)
    (first, second) = await roll.lines(draft["id"])
    assert first["problem"]["code"] == "APPROVE"
    sessions = [one for one in roll.simulator.control.sca_sessions() if one["result"] == "waiting"]
    roll.simulator.control.decide_sca(sessions[0]["token"], "allow")
    roll.simulator.control.decide_sca(sessions[1]["token"], "deny")
    done = await roll.ended(draft["id"])
    assert (done["status"], done["refused"]["count"], len(payees.transfers())) == ("PARTIAL", 1, 1)
    assert second["number"] == 2


async def test_a_vendor_that_may_not_pay_confirms_nothing(roll: Payroll) -> None:
    payees = Payees(roll)
    draft = await roll.draft(payees.lines(1))
    await roll.allow(enabled=False)
    for path, body in (
        ("confirm", {"total": draft["total"], "count": draft["count"]}),
        ("run", None),
    ):
        answer = await roll.post(f"/{draft['id']}/{path}", body)
        assert (answer.status_code, answer.json()["errors"]["code"]) == (403, "PAYMENTS_DISABLED")
    assert (await roll.get(draft["id"]))["status"] == "DRAFT"


async def test_limits_refuse_what_is_above_them(roll: Payroll) -> None:
    payees = Payees(roll)
    await roll.allow(per_payment_cents=200)
    draft = await roll.draft(payees.lines(2))
    await roll.confirm(draft, mode="PAY")
    done = await roll.ended(draft["id"])
    assert done["refused"]["count"] == 1 and len(payees.transfers()) == 1
    (refused,) = await roll.lines(draft["id"], state="REFUSED")
    assert refused["problem"]["code"] == "ABOVE_PAYMENT_LIMIT"


async def test_what_stands_against_all_stops_it_with_nothing_lost(roll: Payroll) -> None:
    payees = Payees(roll)
    draft = await roll.draft(payees.lines(20))
    roll.simulator.control.fault("/v2/organization", "status", status=403, times=100)
    await roll.confirm(draft, mode="PAY")
    stopped = await roll.ended(draft["id"])
    assert (stopped["status"], stopped["states"]) == ("STOPPED", {"OPEN": 20})
    roll.simulator.control.clear_faults()
    data(await roll.post(f"/{draft['id']}/run"))
    assert (await roll.ended(draft["id"]))["status"] == "DONE"
    assert len(payees.transfers()) == 20


@pytest.mark.parametrize("kind", ["lost_response", "drop", "latency"])
async def test_lost_answers_pay_nothing_twice(roll: Payroll, kind: str) -> None:
    payees = Payees(roll)
    draft = await roll.draft(payees.lines(6))
    facts = {"latency": 0.5} if kind == "latency" else {}
    roll.simulator.control.fault(TRANSFERS, kind, times=3, **facts)  # type: ignore[arg-type]
    await roll.confirm(draft, mode="PAY")
    done = await roll.ended(draft["id"])
    assert done["status"] == "DONE"
    assert len({one.reference for one in payees.transfers()}) == len(payees.transfers()) == 6
