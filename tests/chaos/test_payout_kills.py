"""The process that runs a payout is killed at any moment: no line is done twice, none is lost.

`make test` kills a few times, chosen by a fixed seed; `make chaos` two hundred times in each way of
running, on each database.
"""

import asyncio
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from random import Random
from signal import SIGKILL
from typing import Any

import pytest

from connector.app.sandbox import sandbox
from tests.chaos.conftest import FULL, SEED
from tests.chaos.processes import nursery
from tests.journeys.payouts import PROPOSALS, SCOPES, Payroll, data, payroll
from tests.journeys.test_bill_folder import environment

pytestmark = [pytest.mark.loopback, pytest.mark.both_databases]

KILLS = 200 if FULL else 3
LINES = 40


def lines_of(payee: dict[str, Any], number: int) -> list[dict[str, str]]:
    return [
        {
            "name": payee["name"],
            "iban": payee["iban"],
            "amount": f"{at}.01",
            "reference": f"kill {number}-{at}",
        }
        for at in range(1, LINES + 1)
    ]


def done_at_qonto(roll: Payroll, mode: str) -> Counter[str]:
    """Count what is there of each line."""
    if mode == "PAY":
        return Counter(one.reference for one in roll.books.sepa_transfers)
    return Counter(line.reference for one in roll.books.requests for line in one.transfers)


@pytest.mark.covers("GUIDE-10")
@pytest.mark.timeout(3600 if FULL else 240)
@pytest.mark.parametrize("mode", ["PROPOSE", "PAY"])
async def test_killed_at_any_moment_no_line_is_done_twice(
    database_url: str, tmp_path: Path, figure: Callable[[str, object], None], mode: str
) -> None:
    chance = Random(f"{SEED} {mode}")
    killed, files, log = 0, 0, tmp_path / "log"
    async with (
        sandbox(database=database_url, scopes=SCOPES) as up,
        payroll(up) as roll,
        nursery("tests.chaos.payout_nursery") as born,
    ):
        await up.container.worker.stop()  # only those that are killed run payouts
        payee = dict(roll.simulator.control.add_beneficiary(trusted=True))
        for path in (PROPOSALS, "/v2/sepa/*"):
            roll.simulator.control.fault(path, "latency", latency=0.03, times=1_000_000)
        env = environment(up)
        while killed < KILLS:
            draft = await roll.draft(lines_of(payee, files))
            data(await roll.confirm(draft, mode=mode))
            while (payout := await roll.get(draft["id"]))["status"] == "RUNNING":
                pid = await born.order(run=["payouts"], env=env, log=str(log))
                wait = 30.0 if killed >= KILLS else 2.5 * chance.random()
                await _ended_or_after(roll, draft["id"], wait)
                killed += await born.order(kill=pid, signal=int(SIGKILL)) is not None
            assert payout["status"] == "DONE", payout
            assert payout["refused"]["count"] == payout["undecided"]["count"] == 0
            there = done_at_qonto(roll, mode)
            assert {one["reference"]: there[one["reference"]] for one in
                    lines_of(payee, files)} == {
                one["reference"]: 1 for one in lines_of(payee, files)
            }  # fmt: skip
            files += 1
        assert set(done_at_qonto(roll, mode).values()) >= {1}
        said = log.read_text()
        assert "Traceback" not in said, said
    figure("kills", killed)
    figure("payouts", files)


async def _ended_or_after(roll: Payroll, payout_id: str, seconds: float) -> None:
    """Wait so long, but not after the payout has ended; its sums agree at every moment."""
    try:
        async with asyncio.timeout(seconds):
            await roll.until(payout_id, lambda payout: payout["status"] != "RUNNING")
    except TimeoutError:
        pass
