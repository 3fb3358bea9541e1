"""The command line as people run it: real processes, signals, locks, a schema that is too old.

Commands that end by themselves run in this process, but for those that show that one of its own
says the same.
"""

import asyncio
import html
import json
import os
import re
import shlex
import signal
import sys
from asyncio.subprocess import Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx2
import pytest
from qonto_simulator import Simulator, serving

from connector.app.sandbox import walk
from storage.sealing import MasterKey
from tests.support.commands import run

pytestmark = pytest.mark.loopback
COMMAND = str(Path(sys.executable).with_name("qonto-connector"))
ROOT = Path(__file__).parents[2]


def environment(folder: Path, **more: str) -> dict[str, str]:
    """The settings of a small deployment."""
    plain = {name: value for name, value in os.environ.items() if "CONNECTOR_" not in name}
    return {
        **plain,
        "COLUMNS": "200",
        "CONNECTOR_PUBLIC_URL": "https://connect.example",
        "CONNECTOR_DATABASE__URL": f"sqlite:///{folder / 'connector.db'}",
        "CONNECTOR_SEALING__KEYS": MasterKey("test", b"k" * 32).reveal(),
        "CONNECTOR_SERVER__PORT": "0",
        **more,
    }


async def run_apart(*arguments: str, env: dict[str, str]) -> tuple[int, str, str]:
    """Run a command as a process to its end; return exit code, standard output and error."""
    process = await asyncio.create_subprocess_exec(
        COMMAND,
        *arguments,
        env=env,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    async with asyncio.timeout(100):
        out, err = await process.communicate()
    return process.returncode or 0, out.decode(), err.decode()


@asynccontextmanager
async def running(*arguments: str, env: dict[str, str]) -> AsyncIterator[Process]:
    """Run a command in the background; SIGTERM must end it cleanly."""
    process = await asyncio.create_subprocess_exec(
        COMMAND,
        *arguments,
        env=env,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.send_signal(signal.SIGTERM)
        async with asyncio.timeout(60):
            await process.wait()
        await process.communicate()


async def line_of(stream: asyncio.StreamReader | None) -> str:
    assert stream is not None
    async with asyncio.timeout(60):
        return (await stream.readline()).decode().strip()


async def test_serve_refuses_an_empty_database_and_says_what_to_run(tmp_path: Path) -> None:
    code, _, err = await run("serve", env=environment(tmp_path))
    assert code == 1
    assert "qonto-connector migrate" in err
    assert len(err.splitlines()) == 1, "more than the reason was said"


async def test_serve_refuses_to_start_without_a_sealing_key(tmp_path: Path) -> None:
    env = environment(tmp_path, CONNECTOR_SEALING__KEYS="")
    code, _, err = await run_apart("serve", env=env)
    assert code == 1
    assert "qonto-connector keys new" in err
    assert "Traceback" not in err


async def test_serve_refuses_half_set_variables_for_one_company(tmp_path: Path) -> None:
    env = environment(tmp_path, QONTO_API_KEY="secret-canary")
    code, out, err = await run("serve", env=env)
    assert code == 1
    assert "QONTO_AUTH_MODE" in err
    assert "Traceback" not in err
    assert "canary" not in out + err
    code, out, err = await run("doctor", env=env)
    assert "QONTO_API_KEY is set" in " ".join(out.split())
    assert "canary" not in out + err


@pytest.mark.covers("VER-13")
@pytest.mark.covers("VER-17")
async def test_serve_links_the_account_of_one_company(tmp_path: Path) -> None:
    """With a key that Qonto refuses it starts as well, so that its back office can say so."""
    simulator = Simulator(seed=1, sandbox=False)
    async with serving(simulator, 0) as address:
        env = environment(
            tmp_path,
            CONNECTOR_ENVIRONMENT="development",
            CONNECTOR_PUBLIC_URL="http://localhost:8080",
            CONNECTOR_BACK_OFFICE__OPEN_ON_LOOPBACK="true",
            CONNECTOR_QONTO__API_URL=address,
            CONNECTOR_LOG__LEVEL="debug",
            QONTO_AUTH_MODE="api_key",
            QONTO_ORGANIZATION_ID=simulator.login,
            QONTO_API_KEY=simulator.secret,
        )
        assert (await run("migrate", env=env))[0] == 0
        code, _, err = await run("serve", "--host", "0.0.0.0", env=env)  # noqa: S104
        assert (code, "CONNECTOR_BACK_OFFICE__OPEN_ON_LOOPBACK" in err) == (1, True)
        for key, status in ((simulator.secret, 200), ("wrong-canary", 401)):
            async with running("serve", env={**env, "QONTO_API_KEY": key}) as server:
                said = await line_of(server.stderr)
                while "listening on" not in said:
                    assert key not in said
                    said = await line_of(server.stderr)
                async with httpx2.AsyncClient(base_url=said.split()[-1]) as http:
                    for path in ("status", "balance"):
                        assert (await http.get(f"/api/qonto/{path}")).status_code == status
            assert server.returncode == 0
        _, out, _ = await run("account", "list", "--json", env=env)
        (account,) = json.loads(out)
        assert (account["tenant"], account["status"]) == ("ten_default", "ACTIVE")


async def test_a_deployment_is_made_served_and_ended(tmp_path: Path) -> None:
    """migrate, tenant create, serve, health, a second server refused, SIGTERM."""
    env = environment(tmp_path)
    code, out, _ = await run_apart("migrate", env=env)
    assert code == 0
    assert "revision" in out
    assert (tmp_path / "connector.db").stat().st_mode & 0o077 == 0, "others can read the data"
    code, out, _ = await run(
        "tenant", "create", "Acme", "--callback-url", "https://app.example/q", "--json", env=env
    )
    made = json.loads(out)
    code, out, _ = await run("tenant", "list", "--json", env=env)
    assert [one["id"] for one in json.loads(out)] == [made["id"]]
    assert (await run("account", "list", env=env))[1].strip() == "none yet"

    async with running("serve", env=env) as server:
        address = (await line_of(server.stderr)).removeprefix("listening on ")
        async with httpx2.AsyncClient(base_url=address) as http:
            assert (await http.get("/health")).json() == {"status": "ok"}
            details = (await http.get("/health/details")).json()
            assert details["details"]["database"]["status"] == "up"
            assert "qonto_connector_deliveries_due 0.0" in (await http.get("/metrics")).text
            mine = {"X-API-KEY": made["apiKey"]}
            listed = await http.get("/tenants/get-end-user-list", headers=mine)
            assert listed.status_code == 200
            missing = await http.get("/auth/qonto", headers=mine)
            assert missing.json()["errors"]["code"] == "SYSTEM_NOT_REGISTERED"

        code, _, err = await run_apart("serve", env=env)
        assert code == 1
        assert "already" in err
        code, _, err = await run("worker", env=env)
        assert code == 1
        assert "already" in err
        copy = tmp_path / "copy.db"
        assert (await run("backup", str(copy), env=env))[0] == 0
        assert copy.exists()
    assert server.returncode == 0


async def test_a_worker_runs_beside_a_server_without_one(tmp_path: Path) -> None:
    env = environment(tmp_path)
    await run("migrate", env=env)
    async with (
        running("serve", "--no-worker", env=env) as server,
        running("worker", env=env) as worker,
    ):
        assert (await line_of(server.stderr)).startswith("listening on")
        assert (await line_of(worker.stderr)).startswith("delivering as worker_")
    assert (server.returncode, worker.returncode) == (0, 0)


async def test_a_worker_s_health_is_asked_by_its_file(tmp_path: Path) -> None:
    env = environment(tmp_path, CONNECTOR_HEARTBEAT=str(tmp_path / "heartbeat"))
    await run("migrate", env=env)

    async def is_healthy() -> bool:
        check = (sys.executable, "-m", "connector.app.heartbeat")
        process = await asyncio.create_subprocess_exec(*check, env=env)
        return await process.wait() == 0

    assert not await is_healthy()
    async with running("worker", env=env) as worker:
        assert (await line_of(worker.stderr)).startswith("delivering as worker_")
        assert await is_healthy()
    assert not await is_healthy()


async def test_a_worker_that_could_not_show_its_health_does_not_start(tmp_path: Path) -> None:
    env = environment(tmp_path, CONNECTOR_HEARTBEAT=str(tmp_path / "none" / "heartbeat"))
    await run("migrate", env=env)
    code, _, err = await run_apart("worker", env=env)
    assert code == 1
    assert "CONNECTOR_HEARTBEAT" in err
    assert "No such file or directory" in err


@pytest.mark.covers("VER-14")
async def test_doctor_tells_problems_from_warnings_and_shows_no_values(tmp_path: Path) -> None:
    env = environment(tmp_path)
    code, out, _ = await run("doctor", "--json", env=env)
    verdicts = {(one["subject"], one["verdict"]) for one in json.loads(out)}
    assert code == 1
    assert ("database", "problem") in verdicts
    assert ("sealing keys", "ok") in verdicts
    assert env["CONNECTOR_SEALING__KEYS"].split(":")[1] not in out
    await run("migrate", env=env)
    code, out, _ = await run("doctor", env=env)
    assert code == 0
    assert "https://connect.example/auth/callback/qonto-sandbox" in out


async def test_the_sandbox_prints_one_line_and_serves_until_told(tmp_path: Path) -> None:
    plain = {name: value for name, value in os.environ.items() if "CONNECTOR_" not in name}
    arguments = ("sandbox", "--port", "0", "--simulator-port", "0", "--json")
    async with running(*arguments, env=plain) as process:
        facts = json.loads(await line_of(process.stdout))
        assert set(facts) == {
            "api",
            "simulator",
            "simulators",
            "apiKey",
            "accountKey",
            "accountKeys",
            "linked",
            "openapi",
            "docs",
            "backOffice",
        }
        assert facts["simulator"] == facts["simulators"]["qonto-sandbox"]
        assert facts["accountKey"] == facts["accountKeys"]["qonto-sandbox"]
        async with httpx2.AsyncClient(headers={"X-API-KEY": facts["apiKey"]}) as http:
            for account_key in facts["accountKeys"].values():
                answer = await http.get(
                    f"{facts['api']}/accounting/invoices", headers={"X-ACCOUNT-KEY": account_key}
                )
                assert answer.status_code == 200
                assert answer.json()["data"]
            described = (await http.get(facts["openapi"])).json()
            assert described["openapi"].startswith("3.1")
            made = await http.post(f"{facts['simulator']}/_simulator/invoices")
            assert made.status_code == 201
            assert (await http.get(facts["docs"])).status_code == 200
            await _follow_the_page_that_a_link_ends_at(http, facts)
    assert process.returncode == 0
    assert "No such file" not in str(process)


async def _follow_the_page_that_a_link_ends_at(
    http: httpx2.AsyncClient, facts: dict[str, str]
) -> None:
    url = (await http.get(f"{facts['api']}/auth/qonto-sandbox", params={"reference": "42"})).text
    landed = await walk(url)
    assert landed.startswith(facts["linked"] + "?")
    page = (await http.get(landed)).text
    assert "<h1>Linked</h1>" in page
    shown = [shlex.split(html.unescape(one)) for one in re.findall("<code>(.+?)</code>", page)]
    exchange, read = shown
    account = (await http.post(exchange[4], content=exchange[-1])).json()["data"]
    assert account["reference"] == "42"
    key = read[-1].replace("acc_...", account["accountKey"])
    answer = await http.get(read[2], headers=[key.split(": ", 1)])
    assert len(answer.json()["data"]) == 5


@pytest.mark.parametrize("command", ["sandbox", "demo"])
async def test_nothing_simulated_starts_in_production(command: str) -> None:
    env = {**os.environ, "CONNECTOR_ENVIRONMENT": "production"}
    code, _, err = await run_apart(command, env=env)
    assert code == 1
    assert len(err.splitlines()) == 1
    assert "production" in err


@pytest.mark.covers("MAE-12")
async def test_the_demo_plays_to_its_end() -> None:
    plain = {name: value for name, value in os.environ.items() if "CONNECTOR_" not in name}
    code, out, err = await run_apart("demo", env=plain)
    assert code == 0, err
    assert "Done in" in out
    assert "\x1b[" not in out, "colours went to a file"
    assert "http.request" not in out + err, "it tells the journey, not each request"
