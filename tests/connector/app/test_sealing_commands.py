"""Sealing keys from the command line: changing them, retiring them, losing them."""

import asyncio
import io
import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console
from structlog.testing import capture_logs
from typer.testing import CliRunner, Result

from connector.app import unreadable
from connector.app.actions import sealing
from connector.app.cli import app
from connector.app.container import Container, assemble
from connector.app.doctor import Finding, examine
from connector.app.settings import DatabaseGroup, SealingGroup, Settings
from storage.clock import system_clock
from storage.sealing import MasterKey
from tests.support import databases

pytestmark = pytest.mark.loopback  # the doctor looks the public address up

HERE = "http://127.0.0.1:8080"
OLD = MasterKey("2026-11", bytes(range(32))).reveal()
NEW = MasterKey("2027-05", bytes(range(1, 33))).reveal()


class Deployment:
    """A database, and the keys it is used with."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.keys = OLD

    @property
    def settings(self) -> Settings:
        return Settings(
            public_url=HERE,
            environment="development",
            database=DatabaseGroup(url=self.url),
            sealing=SealingGroup(keys=self.keys),
        )

    def command(self, *words: str) -> Result:
        environment = {
            "CONNECTOR_PUBLIC_URL": HERE,
            "CONNECTOR_ENVIRONMENT": "development",
            "CONNECTOR_DATABASE__URL": self.url,
            "CONNECTOR_SEALING__KEYS": self.keys,
            "COLUMNS": "200",
        }
        return CliRunner(env=environment).invoke(app, [*words])

    def using(self, work: Callable[[Container], Any], **options: Any) -> Any:
        """Do something with everything assembled, and close it again."""

        async def run() -> Any:
            container = assemble(self.settings, **options)
            try:
                return await work(container)
            finally:
                await container.close()

        return asyncio.run(run())

    def examined(self) -> list[Finding]:
        async def run() -> list[Finding]:
            return [finding async for finding in examine(self.settings)]

        return asyncio.run(run())


@pytest.fixture
def deployment(sqlite_template: Path, tmp_path: Path) -> Deployment:
    return Deployment(databases.new_sqlite(sqlite_template, tmp_path))


async def vendor(container: Container) -> str:
    """A tenant with app credentials; return its API key."""
    made = await container.oauth.tenants.create("Acme")
    await container.oauth.tenants.register_system(made.tenant, "qonto", "client", "secret", {})
    await container.oauth.tenants.create_signing_secret(made.tenant)
    return made.api_key


def usage(deployment: Deployment) -> dict[str, tuple[str, ...]]:
    rows = json.loads(deployment.command("keys", "list", "--json").output)
    return {row.pop("key"): tuple(row.values()) for row in rows}


def test_a_key_is_replaced_and_retired_without_losing_anything(deployment: Deployment) -> None:
    api_key = deployment.using(vendor)
    assert usage(deployment) == {"2026-11": ("seals", "3", "1", "0")}
    deployment.keys = f"{NEW} {OLD}"
    assert usage(deployment)["2026-11"] == ("needed", "3", "1", "0")
    rotated = deployment.command("keys", "rotate")
    assert rotated.exit_code == 0
    assert "3 values sealed anew" in rotated.output
    assert "systems.client_secret  1/1" in rotated.output
    assert "2026-11 is still needed" in rotated.output
    assert "first  sk_" in rotated.output
    deployment.using(lambda container: container.oauth.callers.authenticate(api_key))
    again = json.loads(deployment.command("keys", "rotate", "--json").output)
    assert (again["moved"], again["waiting"]) == (0, [])
    assert usage(deployment)["2026-11"] == ("can be retired", "0", "0", "0")
    assert "2026-11 can be retired" in deployment.command("keys", "rotate").output
    deployment.keys = NEW
    tenant = deployment.using(lambda container: container.oauth.callers.authenticate(api_key))
    systems = deployment.using(lambda container: container.oauth.tenants.registered_systems(tenant))
    assert [system.client_id for system in systems] == ["client"]
    assert "problem" not in {finding.verdict for finding in deployment.examined()}


def test_on_a_terminal_progress_is_shown_as_bars(
    deployment: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    deployment.using(vendor)
    deployment.keys = f"{NEW} {OLD}"
    shown = io.StringIO()
    monkeypatch.setattr(sealing, "err", Console(file=shown, force_terminal=True, width=120))
    assert deployment.command("keys", "rotate").exit_code == 0
    assert "tenants.signing_secret" in shown.getvalue()
    assert "1/1" in shown.getvalue()


def test_with_a_lost_key_the_doctor_names_every_row(deployment: Deployment) -> None:
    deployment.using(vendor)
    deployment.keys = NEW
    problems = [found for found in deployment.examined() if found.verdict == "problem"]
    assert [found.subject for found in problems] == ["sealed secrets"] * 3 + ["keys"]
    assert problems[0].message.startswith("tenants.signing_secret of ten_")
    assert problems[1].message.startswith("systems.client_secret of sys_")
    assert all("'2026-11'" in found.message for found in problems)
    rotated = deployment.command("keys", "rotate")
    assert rotated.exit_code == 1
    assert rotated.output.count("unreadable") == 3
    assert usage(deployment)["2026-11"] == ("NOT CONFIGURED", "3", "1", "0")


def test_the_server_reports_a_lost_key_and_works_for_the_others(deployment: Deployment) -> None:
    deployment.using(vendor)
    deployment.keys = NEW
    api_key = deployment.using(vendor)

    async def serve(container: Container) -> None:
        async with unreadable.reporting(container.storage.work, container.storage.ring):
            tenant = await container.oauth.callers.authenticate(api_key)
            assert len(await container.oauth.tenants.registered_systems(tenant)) == 1
        assert await unreadable.report(container.storage.work, container.storage.ring) == 3

    with capture_logs() as logs:
        deployment.using(serve)
    told = [entry for entry in logs if entry["event"] == "secret.unreadable"]
    assert {(entry["table"], entry["key_name"], entry["log_level"]) for entry in told} == {
        ("tenants", "2026-11", "error"),
        ("systems", "2026-11", "error"),
    }
    assert [entry["count"] for entry in logs if entry["event"] == "secrets.unreadable"] == [3]


@pytest.mark.covers("VER-19")
def test_keys_and_credentials_are_to_be_renewed_after_half_a_year(deployment: Deployment) -> None:
    def past(days: int) -> dict[str, Any]:
        return {"clock": lambda: system_clock() - timedelta(days=days)}

    deployment.using(vendor, **past(179))
    assert "warning" not in {
        found.verdict
        for found in deployment.examined()
        if found.subject not in ("public address", "server")
    }
    deployment.using(vendor, **past(181))
    warned = [found for found in deployment.examined() if "181 days old" in found.message]
    assert [(found.verdict, found.subject) for found in warned] == [
        ("warning", "API keys"),
        ("warning", "app credentials"),
    ]
    tenants = json.loads(deployment.command("tenant", "list", "--json").output)
    ages = {
        json.loads(deployment.command("tenant", "key", "list", one["id"], "--json").output)[0][
            "ageDays"
        ]
        for one in tenants
    }
    assert ages == {"179", "181"}


def test_the_doctor_looks_no_further_in_an_empty_database(tmp_path: Path) -> None:
    deployment = Deployment(f"sqlite:///{tmp_path / 'empty.db'}")
    findings = deployment.examined()
    assert (findings[-1].verdict, findings[-1].subject) == ("problem", "database")
