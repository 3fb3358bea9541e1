"""`qonto-connector tenant user ...`: passwords come from anywhere but the arguments."""

import io
import json
import os
import shutil
import sys
from pathlib import Path
from typing import Any
from unittest import mock

import pytest

from connector.app.actions import users
from oauth.passwords import is_password
from storage.engine import Database, StorageSettings
from storage.errors import Invalid
from storage.sealing import MasterKey
from storage.unit_of_work import UnitOfWork
from tests.support.commands import run

PASSWORD = "correct horse battery"


class Vendor:
    """A vendor in a database of its own, and the commands for its users."""

    def __init__(self, database: Path) -> None:
        self.url = f"sqlite:///{database}"
        self._environment = {
            **os.environ,
            "CONNECTOR_DATABASE__URL": self.url,
            "CONNECTOR_PUBLIC_URL": "https://connect.example",
            "CONNECTOR_SEALING__KEYS": MasterKey.generate("test").reveal(),
        }
        self.id = ""

    async def run(self, *words: str, code: int = 0) -> str:
        ended, out, err = await run(*words, env=self._environment)
        assert ended == code, err
        return out or err

    async def user(self, command: str, *words: str, code: int = 0) -> str:
        return await self.run("tenant", "user", command, self.id, *words, code=code)


@pytest.fixture
async def vendor(sqlite_template: Path, tmp_path: Path) -> Vendor:
    database = tmp_path / "users.db"
    shutil.copy(sqlite_template, database)
    made = Vendor(database)
    created = await made.run("tenant", "create", "Acme")
    made.id = next(word for word in created.split() if word.startswith("ten_"))
    return made


async def test_a_user_is_added_listed_and_removed(vendor: Vendor, tmp_path: Path) -> None:
    file = tmp_path / "password"
    file.write_text(f"{PASSWORD}\nanother line\n")
    added = await vendor.user(
        "add", "--email", "Books@acme.example", "--password-file", str(file), "--json"
    )
    (user,) = json.loads(added)
    assert (user["email"], user["permissions"]) == ("books@acme.example", "read write")
    with mock.patch.object(sys, "stdin", io.StringIO(f"{PASSWORD} 2\n")):
        await vendor.user("add", "--email", "b@acme.example", "--permission", "admin")
    listed: list[dict[str, Any]] = json.loads(await vendor.user("list", "--json"))
    assert [one["email"] for one in listed] == ["books@acme.example", "b@acme.example"]
    database = Database(StorageSettings(url=vendor.url))
    async with UnitOfWork(database).reading() as tx:
        stored = [one.password_hash for one in await tx.users.of_tenant(vendor.id)]
        trail = [one.action for one in await tx.audit.list()]
    await database.close()
    assert is_password(PASSWORD, stored[0]) and is_password(f"{PASSWORD} 2", stored[1])
    assert trail.count("user.added") == 2
    assert "is removed" in await vendor.user("remove", user["id"])
    assert "no such user" in await vendor.user("remove", user["id"], code=1)


async def test_what_is_no_user_is_refused_in_words(vendor: Vendor) -> None:
    for words, stdin, told in (
        (("--email", "a@acme.example"), "short\n", "12 to 1000 characters"),
        (("--email", "a@acme.example"), "", "12 to 1000 characters"),
        (("--email", "nonsense"), f"{PASSWORD}\n", "no e-mail address"),
        (("--email", "a@acme.example", "--permission", "all"), "", "is no permission"),
    ):
        with mock.patch.object(sys, "stdin", io.StringIO(stdin)):
            assert told in await vendor.user("add", *words, code=1)


def test_a_password_that_is_typed_is_typed_twice() -> None:
    terminal = mock.Mock(isatty=lambda: True)
    with mock.patch.object(sys, "stdin", terminal):
        with mock.patch.object(users.getpass, "getpass", side_effect=[PASSWORD, PASSWORD]):
            assert users._password(None) == PASSWORD
        with (
            mock.patch.object(users.getpass, "getpass", side_effect=[PASSWORD, "other"]),
            pytest.raises(Invalid),
        ):
            users._password(None)
