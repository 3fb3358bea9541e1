"""The command line shows what users wrote as they wrote it."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from connector.app import cli
from connector.app.actions import diagnosis
from connector.app.cli import app
from connector.app.demo import Teller
from connector.app.doctor import Finding
from connector.app.terminal import Plain, err, out, print_rows
from storage.errors import Invalid
from storage.sealing import MasterKey

NAMES = ["Acme [/books]", "[red]Acme[/red]", "[link=https://evil.example]", ":bomb:", "a\\[b]"]


@pytest.fixture
def environment(sqlite_template: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    database = tmp_path / "connector.db"
    database.write_bytes(sqlite_template.read_bytes())
    monkeypatch.setenv("CONNECTOR_DATABASE__URL", f"sqlite:///{database}")
    monkeypatch.setenv("CONNECTOR_PUBLIC_URL", "https://connect.example")
    monkeypatch.setenv("CONNECTOR_SEALING__KEYS", MasterKey.generate("test").reveal())


@pytest.mark.usefixtures("environment")
@pytest.mark.parametrize("name", NAMES)
def test_a_tenants_key_is_shown_whatever_the_tenant_is_called(
    name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    made = CliRunner().invoke(app, ["tenant", "create", name])
    assert made.exit_code == 0, made.exception
    shown = capsys.readouterr().out + made.output
    assert "sk_" in shown
    assert name in shown
    listed = CliRunner().invoke(app, ["tenant", "list"])
    assert name in capsys.readouterr().out + listed.output


@pytest.mark.parametrize("name", NAMES)
def test_errors_findings_and_rows_are_shown_as_they_are(
    name: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fails() -> None:
        raise Invalid(f"no such thing: {name}")

    monkeypatch.setattr(cli, "app", fails)
    with pytest.raises(SystemExit):
        cli.invoke()
    assert f"error: no such thing: {name}" in capsys.readouterr().err
    print_rows([{"name": name}], as_json=False)
    assert name in capsys.readouterr().out

    async def examine(_settings: object):
        yield Finding("ok", "subject", name)

    monkeypatch.setattr("connector.app.doctor.examine", examine)
    monkeypatch.setattr(diagnosis, "settings", lambda: None)
    diagnosis.show(as_json=False)
    assert f"ok       subject: {name}" in capsys.readouterr().out
    teller = Teller(Plain())
    for tell in (teller.title, teller.done, teller.note, lambda text: teller.step("1", text)):
        tell(name)
        assert name in capsys.readouterr().out


def test_control_characters_are_shown_and_not_obeyed(capsys: pytest.CaptureFixture[str]) -> None:
    for terminal in (out, err):
        terminal.print("a\x1b[2Jb\x9bc", "line\nnext")
    shown = capsys.readouterr()
    for text in (shown.out, shown.err):
        assert text == "a\\x1b[2Jb\\x9bc line\nnext\n"
    print_rows([{"name": "a\x1b]8;;x"}], as_json=False)
    assert "\x1b" not in capsys.readouterr().out
