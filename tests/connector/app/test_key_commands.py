"""Keys from the command line, on a real database."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from connector.app.cli import app
from storage.errors import Invalid, NotFound
from storage.sealing import MasterKey
from tests.support import databases

Command = Callable[..., Any]


@pytest.fixture
def command(sqlite_template: Path, tmp_path: Path) -> Command:
    """Run a command with --json; return what it printed."""
    environment = {
        "CONNECTOR_PUBLIC_URL": "https://connect.example",
        "CONNECTOR_DATABASE__URL": databases.new_sqlite(sqlite_template, tmp_path),
        "CONNECTOR_SEALING__KEYS": MasterKey("test", bytes(range(32))).reveal(),
    }

    def run(*words: str, as_json: bool = True) -> Any:
        result = CliRunner(env=environment).invoke(app, [*words, *(["--json"] * as_json)])
        if result.exception is not None:
            raise result.exception
        return json.loads(result.output) if as_json else result.output

    return run


def test_keys_of_a_vendor_are_made_listed_rotated_and_revoked(command: Command) -> None:
    tenant = command("tenant", "create", "Acme")["id"]
    made = command(
        *("tenant", "key", "create", tenant, "--name", "web"),
        *("--permission", "read", "--permission", "write"),
    )
    assert made["permissions"] == ["read", "write"]
    assert made["apiKey"].startswith("sk_")
    rotated = command("tenant", "key", "rotate", tenant, made["id"], "--overlap-hours", "2")
    command("tenant", "key", "revoke", tenant, rotated["id"], as_json=False)
    listed = command("tenant", "key", "list", tenant)
    assert [(key["name"], key["permissions"]) for key in listed] == [
        ("first", "read write payments admin"),
        ("web", "read write"),
        ("web", "read write"),
    ]
    assert listed[0]["state"] == "live"
    assert listed[1]["state"].startswith("ends 20")
    assert listed[2]["state"] == "revoked"
    assert {key["ageDays"] for key in listed} == {"0"}
    assert made["apiKey"] not in json.dumps(listed)
    shown = command("tenant", "key", "create", tenant, "--name", "all", as_json=False)
    assert "sk_" in shown
    assert "shown this once" in shown


def test_what_is_not_there_or_not_fit_is_said(command: Command) -> None:
    tenant = command("tenant", "create", "Acme")["id"]
    for words in (
        ("tenant", "key", "create", "ten_unknown", "--name", "x"),
        ("tenant", "key", "list", "ten_unknown"),
        ("tenant", "key", "rotate", tenant, "key_unknown"),
        ("account", "key", "create", "acct_unknown"),
        ("account", "key", "list", "acct_unknown"),
        ("account", "key", "reissue", "acct_unknown"),
    ):
        with pytest.raises(NotFound):
            command(*words)
    with pytest.raises(NotFound):
        command("account", "key", "revoke", "akey_unknown", as_json=False)
    with pytest.raises(Invalid):
        command("tenant", "key", "create", tenant, "--name", "x", "--permission", "all")


def test_the_audit_trail_is_listed(command: Command) -> None:
    tenant = command("tenant", "create", "Acme")["id"]
    command("tenant", "create", "Other")
    key = command("tenant", "key", "create", tenant, "--name", "web")
    listed = command("audit", "list", "--tenant", tenant, "--since", "2026-01-01")
    assert sorted(one["action"] for one in listed) == [
        "api_key.created",
        "api_key.created",
        "tenant.created",
    ]
    assert listed[-1]["detail"] == {"api_key_id": key["id"]}
    assert listed[-1]["actor"] == "operator"
    assert len(command("audit", "list")) == 5
    assert command("audit", "list", "--since", "2999-01-01T00:00:00Z") == []
    assert "api_key_id=" in command("audit", "list", "--tenant", tenant, as_json=False)
