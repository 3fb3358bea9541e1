"""Copies over HTTP, by their time and by the command line, to a database that is looked into."""

import asyncio
import json
import sqlite3
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, closing
from pathlib import Path
from typing import Any

import httpx2
import pytest
from pydantic import SecretStr

from connector.app import terminal
from connector.app.sandbox import Sandbox, sandbox
from connector.app.settings import SyncGroup
from connector.app.terminal import Plain
from tests.journeys.desk import code, codes
from tests.support import commands
from tests.webhooks.relay import until

pytestmark = pytest.mark.loopback

KINDS = ("invoices", "bills", "transactions")


@asynccontextmanager
async def linked(
    database_url: str, **sync: Any
) -> AsyncGenerator[tuple[Sandbox, httpx2.AsyncClient]]:
    async with (
        sandbox(database=database_url, sync=SyncGroup(**sync)) as up,
        up.client(await up.link("qonto")) as client,
    ):
        yield up, client


def environment(up: Sandbox) -> dict[str, str]:
    settings = up.container.settings
    return {
        "CONNECTOR_ENVIRONMENT": "development",
        "CONNECTOR_PUBLIC_URL": settings.public_url,
        "CONNECTOR_DATABASE__URL": settings.database.url.get_secret_value(),
        "CONNECTOR_SEALING__KEYS": settings.sealing.keys.get_secret_value(),
        "CONNECTOR_QONTO__API_URL": settings.qonto.api_url,
        "CONNECTOR_QONTO__OAUTH_URL": settings.qonto.oauth_url,
        "COLUMNS": "300",
    }


async def account_of(client: httpx2.AsyncClient) -> str:
    return str((await client.get("/auth/status")).json()["data"]["accountId"])


def copied(file: Path, resource: str) -> set[str]:
    with closing(sqlite3.connect(file)) as connection:
        return {row[0] for row in connection.execute(f"SELECT _id FROM {resource}")}  # noqa: S608


def truth(up: Sandbox) -> dict[str, set[str]]:
    books = up.simulators["qonto"].world.first
    bills = [one for one in books.supplier_invoices if not one.reading.is_credit_note]  # type: ignore[union-attr]
    return {
        "invoices": {one.id for one in books.client_invoices},
        "bills": {one.id for one in bills},
        "transactions": {one.id for account in books.transactions.values() for one in account},
    }


async def runs_of(client: httpx2.AsyncClient, **query: Any) -> list[dict[str, Any]]:
    answer = await client.get("/sync", params=query)
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["data"]
    return found


async def three_runs(client: httpx2.AsyncClient) -> bool:
    await asyncio.sleep(0.1)
    return len(await runs_of(client)) == 3


async def succeeded(client: httpx2.AsyncClient, *ids: str) -> list[dict[str, Any]]:
    """Wait for runs to end well; return them."""
    async with asyncio.timeout(60):
        while True:
            found = [one for one in await runs_of(client) if one["id"] in ids]
            if found and not {one["status"] for one in found} & {"OPEN", "RUNNING"}:
                assert {one["status"] for one in found} == {"SUCCESS"}, found
                return found
            await asyncio.sleep(0.1)


async def test_a_worker_copies_each_account_by_its_time_and_when_asked(
    database_url: str, tmp_path: Path
) -> None:
    target, papers = tmp_path / "copy.db", tmp_path / "papers"
    to = {"to": SecretStr(f"sqlite:///{target}"), "documents": SecretStr(f"folder:{papers}")}
    async with linked(database_url, **to) as (up, client):
        await until(lambda: three_runs(client))
        scheduled = await succeeded(client, *[one["id"] for one in await runs_of(client)])
        assert {one["origin"] for one in scheduled} == {"SCHEDULE"}
        assert {kind: copied(target, kind) for kind in KINDS} == truth(up)
        assert sum(one["downloaded"] for one in scheduled) > 0 and any(papers.rglob("*.pdf"))
        made = up.simulators["qonto"].control.create_invoice()["id"]
        answer = await client.post("/sync", json={"resources": ["invoices"]})
        assert answer.status_code == 202
        (begun,) = answer.json()["data"]["runs"]
        assert (begun["status"], begun["origin"]) == ("OPEN", "API")
        (run,) = await succeeded(client, begun["id"])
        assert run["changed"] == 1 and made in copied(target, "invoices")
        assert run["fromDate"] and run["toDate"] and run["durationSeconds"] is not None
        assert {one["resource"] for one in await runs_of(client, resource="bills")} == {"bills"}
        page = (await client.get("/sync", params={"limit": "5"})).json()
        assert page["meta"]["nextCursor"] is None and len(page["data"]) == 4


@pytest.mark.covers("GUIDE-01", "GUIDE-02")
async def test_the_sandbox_is_asked_as_production_is_but_for_host_and_header(
    tmp_path: Path,
) -> None:
    asked: dict[str, list[Any]] = {}
    to = SecretStr(f"sqlite:///{tmp_path / 'copy.db'}")
    async with sandbox(sync=SyncGroup(to=to)) as up:
        for target, simulator in up.simulators.items():
            async with up.client(await up.link(target)) as client:
                await until(lambda client=client: three_runs(client))  # type: ignore[misc]
                await succeeded(client, *[one["id"] for one in await runs_of(client)])
            entries = [
                one
                for one in simulator.recorder.entries(method="GET")
                if one.path in ("/v2/client_invoices", "/v2/supplier_invoices", "/v2/transactions")
            ]
            assert all(one.headers["authorization"].startswith("Bearer ") for one in entries)
            is_sandbox = target == "qonto-sandbox"
            assert all(("x-qonto-staging-token" in one.headers) is is_sandbox for one in entries)
            asked[target] = [(one.path, sorted(one.query)) for one in entries]
        assert len({one.base_url for one in up.simulators.values()}) == 2
    assert sorted(asked["qonto"]) == sorted(asked["qonto-sandbox"]) and asked["qonto"]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"resources": ["users"]}, "resources.0"),
        ({"since": "soon"}, "since"),
        ({"to": "sqlite:///elsewhere.db"}, "to"),
        ({"since": "0001-01-01T00:00:00+05:00"}, "since"),
    ],
)
async def test_what_cant_be_copied_is_refused_by_its_name(
    database_url: str, body: dict[str, Any], field: str
) -> None:
    """Where copies go is the operator's alone to say."""
    async with linked(database_url, to=SecretStr("jsonl:nowhere/copies")) as (_, client):
        answer = await client.post("/sync", json=body)
        assert list(codes(answer)) == [field]


async def test_without_a_place_nothing_is_copied(database_url: str) -> None:
    async with linked(database_url) as (_, client):
        answer = await client.post("/sync")
        assert (answer.status_code, code(answer)) == (409, "SYNC_NOT_SET_UP")
        assert await runs_of(client) == []


@pytest.mark.covers("GUIDE-41")
async def test_the_command_copies_here_and_now(database_url: str, tmp_path: Path) -> None:
    target = tmp_path / "copy.db"
    async with linked(database_url) as (up, client):
        account = await account_of(client)
        words = ("sync", "--account", account, "--to", f"sqlite:///{target}")
        ended, printed, told = await commands.run(*words, env=environment(up))
        assert ended == 0, told
        assert {kind: copied(target, kind) for kind in KINDS} == truth(up)
        lines = printed.splitlines()
        assert [line.partition(":")[0] for line in lines] == list(KINDS)
        assert all("SUCCESS, from the beginning to 20" in line for line in lines)
        assert "The next run begins at 20" in lines[0]
        assert "invoices RUNNING pages=0 read=0" in told and "bills SUCCESS pages=1 read=" in told
        again = (*words, "invoices", "--every", "5", "--json")
        ended, printed, told = await commands.run(*again, env=environment(up))
        (run,) = json.loads(printed)
        assert (ended, run["status"], run["changed"]) == (0, "SUCCESS", 0), told
        ended, printed, told = await commands.run(
            "sync-runs", account, "--kind", "invoices", "--json", env=environment(up)
        )
        listed = json.loads(printed)
        assert listed[0]["id"] == run["id"] and len(listed) == 2
        assert [one["id"] for one in await runs_of(client, resource="invoices")] == [
            one["id"] for one in listed
        ]


async def test_a_command_that_fails_says_why_and_where_to_go_on(
    database_url: str, tmp_path: Path
) -> None:
    async with linked(database_url) as (up, client):
        account = await account_of(client)
        up.simulators["qonto"].control.fault(
            path="/v2/client_invoices", kind="status", status=400, times=None
        )
        to = f"sqlite:///{tmp_path / 'copy.db'}"
        words = ("sync", "--account", account, "--to", to, "invoices")
        ended, printed, _ = await commands.run(*words, env=environment(up))
        assert ended == 1
        assert "invoices: FAILED" in printed and "DOWNSTREAM_REFUSED" in printed
        assert "The next run begins where this one did." in printed
        ended, _, told = await commands.run(
            "sync", "--account", account, "--to", "carrier-pigeon:home", env=environment(up)
        )
        assert ended == 1 and "There is no such destination" in told
        ended, _, told = await commands.run("sync", "--account", account, env=environment(up))
        assert ended == 1 and "CONNECTOR_SYNC__TO" in told


async def test_on_a_terminal_the_progress_is_live(
    database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A line for each kind is written over and over, and gone at the end."""
    async with linked(database_url) as (up, client):
        account = await account_of(client)
        monkeypatch.setattr(Plain, "is_terminal", True)
        monkeypatch.setattr(terminal.err, "is_interactive", True)
        words = ("sync", "--account", account, "--to", f"sqlite:///{tmp_path / 'copy.db'}")
        ended, printed, told = await commands.run(*words, env=environment(up))
        assert ended == 0 and "transactions: SUCCESS" in printed
        assert "transactions" in told and " read, " in told
        assert "\x1b[" in told and "RUNNING pages=" not in told
