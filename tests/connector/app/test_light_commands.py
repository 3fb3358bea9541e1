"""A command imports what it uses, and no more: help and mistakes cost an interpreter's start."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from storage.sealing import MasterKey
from tests.support import databases

PROBE = """
import sys
from connector.app.cli import main
sys.argv = ["qonto-connector", *sys.argv[1:]]
try:
    main()
except SystemExit as ended:
    code = ended.code
else:
    code = 0
finally:
    print("IMPORTED", *sys.modules, file=sys.stderr)
sys.exit(code)
"""

NOTHING = {
    *("sqlalchemy", "sqlmodel", "alembic", "asyncpg", "starlette", "uvicorn", "httpx2"),
    *("cryptography", "msgspec", "authlib", "prometheus_client", "jinja2", "structlog", "asyncio"),
}
DATABASE = {"sqlalchemy", "sqlmodel", "asyncpg", "msgspec"}
MIGRATING = {"alembic", "mako"}
SERVING = {"starlette", "uvicorn", "httpx2", "authlib", "prometheus_client", "jinja2"}


def imported(*arguments: str, code: int = 0, environment: dict[str, str] | None = None) -> set[str]:
    """Run a command in a process of its own; return what it imported."""
    done = subprocess.run(
        [sys.executable, "-c", PROBE, *arguments],
        capture_output=True,
        text=True,
        timeout=120,
        env={**os.environ, **(environment or {})},
        check=False,
    )
    said, _, modules = done.stderr.rpartition("IMPORTED")
    assert done.returncode == code, said
    return set(modules.split())


@pytest.mark.parametrize("option", ["--help", "--version"])
def test_what_only_explains_imports_nothing_that_works(option: str) -> None:
    assert not imported(option) & {*NOTHING, "pydantic", "connector.app.actions"}


@pytest.mark.parametrize("command", ["serve", "webhook", "webhook deliveries", "keys"])
def test_a_commands_help_and_a_mistake_import_nothing_that_works(command: str) -> None:
    """Typer's parser of values is pydantic's."""
    assert not imported(*command.split(), "--help") & NOTHING
    assert not imported(*command.split(), "--no-such-option", code=2) & NOTHING


def test_making_a_key_needs_cryptography_and_no_database() -> None:
    found = imported("keys", "new")
    assert "cryptography" in found
    assert not found & (DATABASE | SERVING)


@pytest.mark.parametrize(
    "command", ["tenant list", "account list", "audit list", "tenant key list ten_unknown"]
)
def test_lists_need_the_database_and_nothing_that_serves(
    command: str, sqlite_template: Path, tmp_path: Path
) -> None:
    environment = {
        "CONNECTOR_DATABASE__URL": databases.new_sqlite(sqlite_template, tmp_path),
        "CONNECTOR_PUBLIC_URL": "https://connect.example",
    }
    found = imported(
        *command.split(), code=1 if "unknown" in command else 0, environment=environment
    )
    assert "sqlalchemy" in found
    assert not found & (
        MIGRATING | SERVING | {"connector.app.container", "connector.app.operations"}
    )


def test_migrating_and_copying_need_the_database_and_nothing_that_serves(tmp_path: Path) -> None:
    environment = {
        "CONNECTOR_DATABASE__URL": f"sqlite:///{tmp_path / 'new.db'}",
        "CONNECTOR_PUBLIC_URL": "https://connect.example",
    }
    migrating = imported("migrate", environment=environment)
    assert migrating >= MIGRATING
    copying = imported("backup", f"{tmp_path / 'copy.db'}", environment=environment)
    assert not copying & MIGRATING
    for found in (migrating, copying):
        assert not found & (SERVING | {"connector.app.container"})


def test_the_doctor_imports_nothing_that_serves(sqlite_template: Path, tmp_path: Path) -> None:
    environment = {
        "CONNECTOR_DATABASE__URL": databases.new_sqlite(sqlite_template, tmp_path),
        "CONNECTOR_PUBLIC_URL": "http://127.0.0.1",
        "CONNECTOR_ENVIRONMENT": "development",
        "CONNECTOR_SEALING__KEYS": MasterKey("test", bytes(range(32))).reveal(),
    }
    found = imported("doctor", environment=environment)
    assert not found & (MIGRATING | SERVING | {"connector.app.container"})


def test_serving_imports_neither_the_simulator_nor_what_migrates_nor_what_assistants_need() -> None:
    """Without a public address it ends before it serves, with all imports made."""
    found = imported("serve", code=1, environment={"CONNECTOR_PUBLIC_URL": ""})
    assert "connector.app.container" in found
    assert not found & {*MIGRATING, "qonto_simulator", "mcp"}
