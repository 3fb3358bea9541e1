"""The command line explains itself."""

import os
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from connector.app.cli import app
from storage.sealing import MasterKey
from tests.support.commands import run

COMMANDS = (
    *("serve", "worker", "migrate", "doctor", "backup", "demo", "sandbox"),
    *("tenant create", "tenant change", "tenant list", "account list", "account unlink"),
    *("webhook listen",),
    *("webhook list", "webhook show", "webhook pause", "webhook resume", "webhook rotate"),
    *("webhook change", "webhook delete"),
    *("webhook test", "webhook deliveries", "webhook delivery", "webhook replay"),
    *("webhook replays", "retention run"),
    *("keys new", "keys list", "keys rotate", "audit list", "capabilities", "mcp"),
    *("sync", "sync-runs"),
    *("bills upload", "invoice create", "invoice issue", "invoice finalize", "invoice cancel"),
    *("invoice send-e-invoice", "invoice show", "invoice pdf"),
    *("tenant key create", "tenant key list", "tenant key rotate", "tenant key revoke"),
    *("payouts check", "payouts run", "payouts status"),
    *("tenant user add", "tenant user list", "tenant user remove"),
    *("tenant payments enable", "tenant payments disable", "tenant payments show"),
    *("account assistant list", "account assistant revoke"),
    *("account key create", "account key list", "account key reissue", "account key revoke"),
)


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help_with_an_example(command: str) -> None:
    result = CliRunner(env={"COLUMNS": "200"}).invoke(app, [*command.split(), "--help"])
    assert result.exit_code == 0
    assert "Example:" in result.output
    assert f"qonto-connector {command}" in result.output


def test_no_command_is_missing_from_the_list_above() -> None:
    def found(group: typer.Typer, before: str = "") -> set[str]:
        own = {before + (one.name or one.callback.__name__) for one in group.registered_commands}
        return own.union(
            *(found(one.typer_instance, f"{before}{one.name} ") for one in group.registered_groups)
        )

    assert found(app) == set(COMMANDS)


def test_a_new_sealing_key_is_ready_to_be_set() -> None:
    result = CliRunner().invoke(app, ["keys", "new", "2026-11"])
    assert MasterKey.parse(result.output).id == "2026-11"


async def test_an_unknown_account_cannot_be_unlinked(sqlite_template: Path) -> None:
    environment = {
        "CONNECTOR_DATABASE__URL": f"sqlite:///{sqlite_template}",
        "CONNECTOR_PUBLIC_URL": "https://connect.example",
        "CONNECTOR_SEALING__KEYS": MasterKey.generate("test").reveal(),
    }
    code, _, err = await run("account", "unlink", "acct_unknown", env={**os.environ, **environment})
    assert code == 1
    assert "no such account" in err
