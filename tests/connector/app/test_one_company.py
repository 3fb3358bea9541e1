"""The variables of an installation for one company alone."""

import json
import logging
from dataclasses import replace
from datetime import timedelta

import pytest

from connector.app import doctor
from connector.app.one_company import VARIABLES, OwnAccount, read, tell_which
from connector.app.own_account import ensure
from connector.app.sandbox import Sandbox, sandbox
from connector.app.settings import BackOfficeGroup, Settings, SettingsInvalid
from connector.errors import AccessRefused
from tests.docs.markdown import ROOT
from tests.support.commands import run

MODE, ORGANIZATION, KEY = VARIABLES
WHOLE = {MODE: "api_key", ORGANIZATION: "acme-1234", KEY: "secret-canary"}


@pytest.fixture
def clean(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)
    return monkeypatch


def test_none_set_is_for_many() -> None:
    assert read({}) is None
    assert read(dict.fromkeys(VARIABLES, "")) is None
    assert read({MODE: "oauth"}) is None


def test_a_complete_set_is_one_company_whose_key_is_masked() -> None:
    own = read(WHOLE)
    assert own == OwnAccount("acme-1234", "secret-canary")
    assert "canary" not in repr(own)


@pytest.mark.covers("VER-11")
@pytest.mark.parametrize(
    ("environment", "named"),
    [
        ({ORGANIZATION: "acme-1234", KEY: "secret-canary"}, {MODE, ORGANIZATION, KEY}),
        ({KEY: "secret-canary"}, {MODE, KEY}),
        ({ORGANIZATION: "acme-1234"}, {MODE, ORGANIZATION}),
        ({**WHOLE, MODE: "token"}, {MODE}),
        ({**WHOLE, MODE: "API_KEY"}, {MODE}),
        ({**WHOLE, MODE: "oauth"}, {MODE, ORGANIZATION, KEY}),
        ({MODE: "oauth", KEY: "secret-canary"}, {MODE, KEY}),
        ({MODE: "api_key", KEY: "secret-canary"}, {MODE, ORGANIZATION}),
        ({MODE: "api_key", ORGANIZATION: "acme-1234"}, {MODE, KEY}),
        ({MODE: "api_key"}, {MODE, ORGANIZATION, KEY}),
        ({**WHOLE, ORGANIZATION: "acme:1234"}, {ORGANIZATION}),
        ({**WHOLE, KEY: "secret canary"}, {KEY}),
    ],
)
def test_half_set_or_contradictory_is_refused_by_name(
    environment: dict[str, str], named: set[str]
) -> None:
    with pytest.raises(SettingsInvalid) as refused:
        read(environment)
    assert {name for name in VARIABLES if name in refused.value.message} == named
    assert "canary" not in refused.value.message
    assert "1234" not in refused.value.message.replace("such as acme-1234", "")


@pytest.mark.covers("VER-14")
async def test_doctor_and_the_documents_name_them_and_no_values(
    clean: pytest.MonkeyPatch, tmp_path
) -> None:
    settings = Settings(database={"url": f"sqlite:///{tmp_path}/x.db"})

    async def told() -> doctor.Finding:
        found = [one async for one in doctor.examine(settings) if one.subject == "one company"]
        return found[0]

    assert (await told()).verdict == "ok"
    for name, value in WHOLE.items():
        clean.setenv(name, value)
    whole = await told()
    assert whole.verdict == "ok"
    assert whole.message.startswith(tell_which(WHOLE))
    clean.delenv(MODE)
    half = await told()
    assert half.verdict == "problem"
    assert f"{MODE} is not set, {ORGANIZATION} is set" in half.message
    assert "canary" not in whole.message + half.message
    for document in ("docs/guides/one-company.md", "deploy/env.example"):
        assert all(name in (ROOT / document).read_text() for name in VARIABLES)


@pytest.mark.covers("VER-20")
def test_the_key_can_come_from_a_file(clean: pytest.MonkeyPatch, tmp_path) -> None:
    file = tmp_path / "key"
    file.write_text("secret-canary\r\n")
    mounted = {MODE: "api_key", ORGANIZATION: "acme-1234", f"{KEY}_FILE": str(file)}
    assert read(mounted) == read(WHOLE)
    assert f"{KEY} is set" in tell_which(mounted)
    for wrong in ({**WHOLE, **mounted}, {**mounted, f"{KEY}_FILE": str(tmp_path / "none")}):
        with pytest.raises(SettingsInvalid, match=f"{KEY}_FILE") as refused:
            read(wrong)
        assert "canary" not in refused.value.message
    file.write_bytes(b"\xff\x00")
    with pytest.raises(SettingsInvalid, match=f"{KEY}_FILE"):
        read(mounted)


@pytest.mark.covers("VER-19")
@pytest.mark.both_databases
@pytest.mark.loopback
async def test_doctor_and_the_list_of_accounts_tell_how_old_the_key_is(database_url: str) -> None:
    async with sandbox(database=database_url, back_office=BackOfficeGroup()) as running:
        settings, storage = running.container.settings, running.container.storage
        (account,) = await accounts(running)
        environment = {
            "CONNECTOR_PUBLIC_URL": "https://connect.example",
            "CONNECTOR_DATABASE__URL": database_url,
            "COLUMNS": "200",
        }
        for days, verdict in ((179, "ok"), (181, "warning")):
            async with storage.work.writing() as tx:
                stored = await tx.tokens.of_account(account.id)
                assert stored is not None
                since = storage.clock() - timedelta(days=days)
                await tx.tokens.put(replace(stored, updated_at=since))
            told = [one async for one in doctor.examine(settings)]
            (found,) = [one for one in told if one.subject == "Qonto API keys"]
            assert found.verdict == verdict
            assert f"{days} days old" in found.message
            _, out, _ = await run("account", "list", "--json", env=environment)
            (row,) = json.loads(out)
            assert row["apiKey"] == f"{days} days old" + (", renew it" if days > 180 else "")


@pytest.mark.loopback
async def test_the_account_is_linked_once_and_again_when_the_key_changes(
    database_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    async with sandbox(database=database_url) as running:
        simulator = running.simulators["qonto"]
        own = OwnAccount(simulator.login, simulator.secret)
        for _ in range(2):
            await ensure(running.container, own)
        assert await calls(running) == 1
        (account,) = await accounts(running)
        assert account.status == "ACTIVE"
        access = await running.container.oauth.vault.get(account.id)
        assert access.headers == {"Authorization": f"{own.organization_id}:{own.api_key}"}
        async with running.container.storage.work.reading() as tx:
            assert await tx.accounts.keys_of([account.id]) == []
        with pytest.raises(AccessRefused):
            await ensure(running.container, OwnAccount(own.organization_id, "wrong"))
        assert own.api_key not in caplog.text


async def accounts(running: Sandbox):
    async with running.container.storage.work.reading() as tx:
        return await tx.accounts.of_tenant("ten_default")


async def calls(running: Sandbox) -> int:
    """Count what was asked of Qonto."""
    async with running.client() as client:
        base = running.simulators["qonto"].base_url
        journal = (await client.get(f"{base}/_simulator/journal")).json()["requests"]
    return len([entry for entry in journal if entry["path"] == "/v2/organization"])
