"""`payouts check`, `run` and `status`, beside a service that is running."""

import asyncio
import json
import os
import signal
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from connector.app.sandbox import Sandbox
from tests.chaos.patience import until
from tests.connector.payouts.written import csv_of, line
from tests.journeys.payouts import PROPOSALS, SCOPES, Payroll, payments, payroll
from tests.journeys.test_bill_folder import account_id, environment
from tests.support import commands

pytestmark = [pytest.mark.loopback, pytest.mark.asyncio(loop_scope="module")]


@pytest.fixture(scope="module")
def lasting_scopes() -> str:
    return SCOPES


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def roll(lasting: Sandbox) -> AsyncIterator[Payroll]:
    async with payroll(lasting) as one:
        yield one


async def command(roll: Payroll, *arguments: str) -> tuple[int, str]:
    code, out, err = await commands.run("payouts", *arguments, env=environment(roll.up))
    assert "Traceback" not in err, err
    return code, out + err


async def test_a_file_is_checked_without_a_service(tmp_path: Path) -> None:
    file = tmp_path / "salaries.csv"
    file.write_bytes(csv_of([line(), line(amount="2", reference="two")]))
    code, out, _ = await commands.run("payouts", "check", str(file), env={})
    assert (code, out) == (0, "CSV: 2 payments, 1252.50 EUR in all.\n")
    file.write_bytes(csv_of([line(iban="x"), line(name="")]))
    code, out, _ = await commands.run("payouts", "check", str(file), env={})
    assert code == 1 and out.splitlines()[0].startswith("line 2, iban: NOT_AN_IBAN: ")
    assert out.splitlines()[-1] == "2 things are wrong with the payout file."
    code, out, _ = await commands.run("payouts", "check", str(file), "--json", env={})
    assert [one["code"] for one in json.loads(out)["problems"]] == ["NOT_AN_IBAN", "REQUIRED"]


async def test_a_file_is_run_once_however_often_it_is_run(roll: Payroll, tmp_path: Path) -> None:
    account = await account_id(roll.up)
    file = tmp_path / "salaries.csv"
    lines = payments(450)
    file.write_bytes(csv_of(lines))
    total = f"{sum(int(one['amount'].replace('.', '')) for one in lines) / 100:.2f}"
    arguments = ("run", str(file), "--account", account)
    code, out = await command(roll, *arguments)
    assert code == 1 and "--total and --count" in out
    code, out = await command(roll, *arguments, "--total", "1.00", "--count", "450")
    assert code == 1 and "TOTAL_DIFFERS" in out
    code, out = await command(roll, *arguments, "--total", total, "--count", "450")
    assert code == 0 and "450 of 450 lines done" in out and "450 proposed" in out
    payout_id = out.splitlines()[-1].partition(":")[0]
    assert len(roll.proposed(payout_id)) == 450
    code, out = await command(roll, *arguments, "--json")
    assert (code, json.loads(out)["id"]) == (0, payout_id)
    assert len(roll.proposed(payout_id)) == 450
    code, out = await command(roll, "status", payout_id)
    assert (code, out) == (0, f"{payout_id}: DONE: 450 proposed.\n")
    code, out = await command(roll, "status", "--account", account, "--json")
    assert json.loads(out)[0] == {
        "id": payout_id,
        "status": "DONE",
        "file": "salaries.csv",
        "count": "450",
        "total": total,
    }
    again = (*arguments, "--key", "second", "--total", total, "--count", "450")
    code, out = await command(roll, *again)
    assert code == 1 and "FILE_REPEATED" in out
    code, out = await command(roll, *again, "--confirm", "FILE_REPEATED")
    assert code == 0 and payout_id not in out


async def test_what_stops_it_is_said_and_it_goes_on(roll: Payroll, tmp_path: Path) -> None:
    account = await account_id(roll.up)
    file = tmp_path / "refunds.csv"
    file.write_bytes(csv_of(payments(2)))
    roll.simulator.control.fault(PROPOSALS, "status", status=403, times=1)
    arguments = ("run", str(file), "--account", account, "--total", "2.03", "--count", "2")
    code, out = await command(roll, *arguments)
    assert code == 1 and "DOWNSTREAM_FORBIDDEN" in out and "Run it again to go on." in out
    code, out = await command(roll, *arguments)
    assert code == 0 and out.endswith("DONE: 2 proposed.\n")


async def test_what_is_not_there_is_said(roll: Payroll, tmp_path: Path) -> None:
    code, out = await command(roll, "status", "po_x")
    assert (code, "there is no such payout" in out) == (1, True)
    code, out = await command(roll, "status")
    assert (code, "name a payout" in out) == (1, True)
    file = tmp_path / "one.csv"
    file.write_bytes(csv_of(payments(1)))
    code, out = await command(roll, "run", str(file), "--account", "acct_x")
    assert (code, "there is no such account" in out) == (1, True)


async def test_ctrl_c_stops_it_and_the_same_command_goes_on(roll: Payroll, tmp_path: Path) -> None:
    account = await account_id(roll.up)
    file = tmp_path / "long.csv"
    file.write_bytes(csv_of(payments(1_201)))
    roll.simulator.control.fault(PROPOSALS, "latency", latency=1.5, times=100)
    total = json.loads((await command(roll, "check", str(file), "--json"))[1])["total"]
    arguments = ("run", str(file), "--account", account, "--total", total, "--count", "1201")
    running = await asyncio.create_subprocess_exec(
        str(Path(sys.executable).with_name("qonto-connector")),
        *("payouts", *arguments),
        env={**os.environ, **environment(roll.up)},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    before = len(roll.calls())
    await until(lambda: len(roll.calls()) > before)
    running.send_signal(signal.SIGINT)
    out, err = await running.communicate()
    assert (running.returncode, b"Traceback" in err) == (130, False), err
    assert out.endswith(b"Stopped. Run it again to go on.\n")
    newest = json.loads((await command(roll, "status", "--account", account, "--json"))[1])[0]
    assert newest["status"] == "STOPPED"
    there = len(roll.proposed(newest["id"]))
    assert there < 1_201
    roll.simulator.control.clear_faults()
    code, out_again = await command(roll, *arguments)
    assert code == 0 and out_again.endswith(f"{newest['id']}: DONE: 1201 proposed.\n")
    assert len({one.reference for one in roll.proposed(newest["id"])}) == 1_201
    assert len(roll.proposed(newest["id"])) == 1_201
