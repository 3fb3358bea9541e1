"""The relay from the command line, on a real database."""

import asyncio
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from connector.app.cli import app
from storage.engine import Database, StorageSettings
from storage.errors import NotFound
from storage.sealing import KeyRing, MasterKey
from storage.unit_of_work import UnitOfWork
from tests.support import databases
from tests.webhooks.history import past
from tests.webhooks.relay import Relay

Command = Callable[..., Any]
KEY = MasterKey("test", bytes(range(32)))


@pytest.fixture
def url(sqlite_template: Path, tmp_path: Path) -> str:
    return databases.new_sqlite(sqlite_template, tmp_path)


@pytest.fixture
def command(url: str) -> Command:
    """Run a command with --json; return what it printed."""
    environment = {
        "CONNECTOR_PUBLIC_URL": "https://connect.example",
        "CONNECTOR_DATABASE__URL": url,
        "CONNECTOR_SEALING__KEYS": KEY.reveal(),
        "COLUMNS": "200",
    }

    def run(*words: str, as_json: bool = True) -> Any:
        result = CliRunner(env=environment).invoke(app, [*words, *(["--json"] * as_json)])
        if result.exception is not None:
            raise result.exception
        return json.loads(result.stdout) if as_json else result.stdout

    return run


@pytest.fixture
def stored(url: str) -> tuple[str, str, list[str]]:
    """An account with a subscription and a past: its id, the subscription's, two failures' ids."""

    async def store() -> tuple[str, str, list[str]]:
        database = Database(StorageSettings(url=url))
        relay = Relay(UnitOfWork(database), KeyRing([KEY]))
        account = await relay.account()
        subscription = await relay.subscription(account)
        await past(relay, subscription, 3)
        relay.clock.advance(minutes=1)
        failed = await past(relay, subscription, 2, status="GIVEN_UP")
        await database.close()
        return account.id, subscription.id, failed

    return asyncio.run(store())


def test_subscriptions_are_listed_shown_paused_and_resumed(
    command: Command, stored: tuple[str, str, list[str]]
) -> None:
    account, webhook, _ = stored
    (listed,) = command("webhook", "list", account)
    assert listed == command("webhook", "show", webhook)
    assert command("webhook", "pause", webhook)["state"] == "PAUSED"
    assert command("webhook", "test", webhook)["status"] == "HELD"
    assert command("webhook", "resume", webhook)["state"] == "ACTIVE"
    table = command("webhook", "list", account, as_json=False)
    assert webhook in table
    assert "https://app.example/1" in table
    assert "ACTIVE" in command("webhook", "show", webhook, as_json=False)


def test_options_are_changed_one_by_one(
    command: Command, stored: tuple[str, str, list[str]]
) -> None:
    _, webhook, _ = stored

    def options(*words: str) -> tuple[bool, int]:
        shown = command("webhook", "change", webhook, *words)
        return shown["ordered"], shown["coalesceSeconds"]

    assert options("--ordered") == (True, 0)
    assert options("--coalesce", "5") == (True, 5)
    assert options("--unordered") == (False, 5)
    assert options() == (False, 5)
    with pytest.raises(SystemExit):
        options("--coalesce", "301")


def test_a_subscription_is_ended(command: Command, stored: tuple[str, str, list[str]]) -> None:
    """Its log stays; what waited for it is canceled."""
    account, webhook, _ = stored
    waiting = command("webhook", "test", webhook)
    assert command("webhook", "delete", webhook) == {"id": webhook, "state": "ENDED"}
    assert command("webhook", "list", account) == []
    (left,) = command("webhook", "deliveries", webhook, "--status", "CANCELED")
    assert left["id"] == waiting["id"]
    with pytest.raises(NotFound):
        command("webhook", "delete", webhook)


def test_the_log_is_read(command: Command, stored: tuple[str, str, list[str]]) -> None:
    _, webhook, failed = stored
    assert len(command("webhook", "deliveries", webhook)) == 5
    found = command("webhook", "deliveries", webhook, "--status", "GIVEN_UP")
    assert [one["id"] for one in found] == failed[::-1]
    assert len(command("webhook", "deliveries", webhook, "--most", "4")) == 4
    assert command("webhook", "deliveries", webhook, "--since", "2999-01-01") == []
    (one,) = command("webhook", "deliveries", webhook, "--event-id", found[0]["eventId"])
    assert one == found[0]
    shown = command("webhook", "delivery", failed[0])
    assert shown["attempts"][0]["statusCode"] == 500
    assert '"eventType":"UPDATED"' in shown["body"]
    words = command("webhook", "delivery", failed[0], as_json=False)
    assert "attempt 1" in words
    assert failed[1] in command("webhook", "deliveries", webhook, as_json=False)


@pytest.mark.parametrize(
    "words",
    [
        ("deliveries", "--status", "FAILED"),
        ("deliveries", "--event-type", "created"),
        ("deliveries", "--origin", "VENDOR"),
        ("deliveries", "--since", "2026-11-26", "--until", "2026-11-25"),
        ("replay", "--since", "2026-11-26", "--until", "2026-11-26"),
        ("replay", "--since", "yesterday"),
    ],
)
def test_a_filter_that_fits_nothing_is_an_error_and_not_an_empty_list(
    command: Command, stored: tuple[str, str, list[str]], words: tuple[str, ...]
) -> None:
    kind, *options = words
    with pytest.raises(SystemExit) as ended:
        command("webhook", kind, stored[1], *options)
    assert ended.value.code == 2
    assert command("webhook", "replays", stored[1]) == []


def test_what_failed_is_sent_again(command: Command, stored: tuple[str, str, list[str]]) -> None:
    _, webhook, failed = stored
    assert command("webhook", "replay", failed[0])["origin"] == "REPLAY"
    begun = command("webhook", "replay", webhook, "--since", "2026-11-19")
    assert (begun["state"], begun["total"]) == ("RUNNING", 2)
    assert command("webhook", "replay", webhook, "--all")["total"] == 5
    listed = command("webhook", "replays", webhook)
    assert [one["total"] for one in listed] == [5, 2]
    canceled = command("webhook", "replays", webhook, "--cancel", begun["id"])
    assert [one["state"] for one in canceled] == ["RUNNING", "CANCELED"]


def test_a_secret_is_rotated(command: Command, stored: tuple[str, str, list[str]]) -> None:
    _, webhook, _ = stored
    made = command("webhook", "rotate", webhook)
    assert len(made["secret"]) == 64
    assert made["previousSecretUntil"]
    assert command("webhook", "show", webhook)["previousSecretUntil"]
    ended = command("webhook", "rotate", webhook, "--expire-now")
    assert ended["previousSecretUntil"] is None


def test_retention_is_tried_out_before_it_is_run(
    command: Command, stored: tuple[str, str, list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing is deleted by a dry run; here all is younger than the days that are kept."""
    expected = {"deliveries": 0, "events": 0, "known_records": 0, "secrets": 0}
    assert command("retention", "run", "--dry-run") == expected
    assert "deliveries" in command("retention", "run", as_json=False)
    assert len(command("webhook", "deliveries", stored[1])) == 5


def test_what_is_not_there_is_said(command: Command) -> None:
    for words in (
        ("list", "acct_1"),
        ("show", "whk_1"),
        ("pause", "whk_1"),
        ("delivery", "dlv_1"),
        ("replay", "dlv_1"),
        ("replays", "whk_1"),
    ):
        with pytest.raises(NotFound):
            command("webhook", *words)
