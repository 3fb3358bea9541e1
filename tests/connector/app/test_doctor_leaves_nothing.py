"""`doctor` only looks: a folder holds the same after it as before it."""

from pathlib import Path

import pytest

from storage.sealing import MasterKey
from tests.support import databases
from tests.support.commands import run

pytestmark = pytest.mark.loopback

SETTINGS = {
    "CONNECTOR_PUBLIC_URL": "http://127.0.0.1",
    "CONNECTOR_ENVIRONMENT": "development",
    "CONNECTOR_SEALING__KEYS": MasterKey("test", bytes(range(32))).reveal(),
}


def held(folder: Path) -> dict[str, bytes | None]:
    """What is in a folder, and in the files there."""
    return {
        str(path.relative_to(folder)): path.read_bytes() if path.is_file() else None
        for path in folder.rglob("*")
    }


@pytest.mark.parametrize(
    "command",
    [
        *("doctor", "tenant list", "tenant create Acme", "account list", "keys list"),
        *("migrate --check", "serve", "worker"),
    ],
)
async def test_a_database_that_is_not_there_is_told_of_and_not_made(
    command: str, tmp_path: Path
) -> None:
    where = {**SETTINGS, "CONNECTOR_DATABASE__URL": f"sqlite:///{tmp_path / 'none.db'}"}
    code, out, err = await run(*command.split(), env=where)
    assert code == 1
    told = " ".join((out + err).split())
    assert "there is no database at" in told
    assert "qonto-connector migrate" in told
    assert held(tmp_path) == {}


async def test_in_a_folder_without_anything_the_doctor_makes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without settings the database would be in the folder where the command runs."""
    monkeypatch.chdir(tmp_path)
    code, _, _ = await run("doctor", env={})
    assert code == 1
    assert held(tmp_path) == {}


async def test_a_used_database_is_as_it_was(sqlite_template: Path, tmp_path: Path) -> None:
    env = {**SETTINGS, "CONNECTOR_DATABASE__URL": databases.new_sqlite(sqlite_template, tmp_path)}
    assert (await run("tenant", "create", "Acme", env=env))[0] == 0
    before = held(tmp_path)
    code, out, _ = await run("doctor", env=env)
    assert code == 0, out
    assert "sealed secrets: every value opened" in out
    assert held(tmp_path) == before
