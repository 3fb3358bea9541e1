"""What can be known about the deployment files without a container engine."""

import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from connector.app.doctor import PROXYS_KEEP_ALIVE
from connector.app.settings import ServerGroup, load
from tests.docs.markdown import ROOT
from tests.docs.settings_keys import keys

DEPLOY = ROOT / "deploy"
DOCKERFILE = (DEPLOY / "Dockerfile").read_text()
COMPOSE = (DEPLOY / "compose.yaml").read_text()
SEVERAL = (DEPLOY / "compose.several.yaml").read_text()


def test_the_wheel_holds_the_four_packages_the_revisions_and_the_licence(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-build-isolation", "--no-deps"]
    subprocess.run(
        [*command, "--no-index", "--wheel-dir", str(tmp_path), str(ROOT)],
        check=True,
        capture_output=True,
        timeout=200,
    )
    (wheel,) = tmp_path.glob("qonto_connector-*.whl")
    with zipfile.ZipFile(wheel) as opened:
        names = set(opened.namelist())
    revisions = [f"storage/_migrations/versions/{path.name}" for path in _revisions()]
    assert {"storage/_migrations/env.py", *revisions} <= names
    assert not [name for name in names if "simulator" in name]
    assert {f"oauth/pages/templates/{name}" for name in ("page.css", "base.html")} <= names
    tops = {name.partition("/")[0] for name in names if ".dist-info/" not in name}
    assert tops == {"connector", "oauth", "webhooks", "storage"}
    assert any(name.endswith("licenses/LICENSE") for name in names)
    assert not [name for name in names if name.endswith(".pyc")]


def test_settings_named_in_the_container_files_exist() -> None:
    for text in (DOCKERFILE, COMPOSE, SEVERAL):
        for key in re.findall(r"\b(CONNECTOR_[A-Z_]+[A-Z])[:=]", text):
            assert key.removesuffix("_FILE") in keys(), key


@pytest.mark.parametrize("compose", [COMPOSE, SEVERAL], ids=["one", "several"])
def test_the_server_takes_what_compose_hands_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, compose: str
) -> None:
    secrets = {
        "sealing_keys": "2026-11:" + "A" * 43 + "=",
        "database_url": "postgresql://connector:word@postgres/connector",
        "monitoring_token": "tell",
    }
    for name, value in secrets.items():
        (tmp_path / name).write_text(value + "\n")
    for key in keys():
        monkeypatch.delenv(key, raising=False)
    environment = dict(re.findall(r"^    (CONNECTOR_\w+): (.*)$", compose, re.MULTILINE))
    for key, value in environment.items():
        value = re.sub(r"\$\{PUBLIC_HOST:\?[^}]*\}", "connect.example.com", value)
        value = re.sub(r"\$\{BALANCER:\?[^}]*\}", "10.0.0.2", value)
        value = re.sub(r"\$\{\w+:-(\w*)\}", r"\1", value)
        monkeypatch.setenv(key, value.replace("/run/secrets", str(tmp_path)))
    settings = load()
    assert settings.require_public_url() == "https://connect.example.com"
    assert settings.database.url.get_secret_value() == secrets["database_url"]
    assert settings.key_ring()
    assert settings.server.monitoring_token is not None


def test_machines_share_what_must_be_the_same_and_differ_from_one_in_the_database_only() -> None:
    """Neither PostgreSQL nor TLS is on them; what is asked for is set in the runbook."""
    services = re.findall(r"^  (\w+):\n    ", SEVERAL.partition("\nservices:\n")[2], re.MULTILINE)
    assert services == ["connector", "worker"]
    declared = set(re.findall(r"^  (\w+): \{file: \./secrets/\w+\}$", SEVERAL, re.MULTILINE))
    assert declared == set(re.findall(r"/run/secrets/(\w+)", SEVERAL))
    runbook = (DEPLOY / "runbook.md").read_text()
    for needed in re.findall(r"\$\{(\w+):\?", SEVERAL):
        assert f"{needed}=" in runbook, needed
    image = re.findall(r"image: (qonto-connector:.+)", COMPOSE)
    assert image == re.findall(r"image: (qonto-connector:.+)", SEVERAL)


def test_every_secret_of_compose_is_declared_and_made_in_the_runbook() -> None:
    declared = dict(re.findall(r"^  (\w+): \{file: \./secrets/(\w+)\}$", COMPOSE, re.MULTILINE))
    assert declared == {name: name for name in declared}
    used = set(re.findall(r"/run/secrets/(\w+)", COMPOSE))
    assert used == set(declared)
    runbook = (DEPLOY / "runbook.md").read_text()
    assert set(re.findall(r"> secrets/(\w+)", runbook)) == set(declared)


def test_compose_and_proxy_name_files_and_paths_that_exist() -> None:
    assert "dockerfile: deploy/Dockerfile" in COMPOSE
    for mounted in re.findall(r"- \./(\w+):", COMPOSE):
        assert (DEPLOY / mounted).is_file()
    proxy = (DEPLOY / "Caddyfile").read_text()
    assert re.search(r"@operator path .*?/metrics .*?/health/details ", proxy)
    assert "respond @operator 404" in proxy


def test_the_proxy_closes_idle_connections_before_the_service_does() -> None:
    (seconds,) = re.findall(r"^\s+keepalive (\d+)s$", (DEPLOY / "Caddyfile").read_text(), re.M)
    assert int(seconds) == PROXYS_KEEP_ALIVE < ServerGroup().keep_alive_seconds


def test_the_runbook_names_metrics_that_are_counted() -> None:
    sources = [ROOT / "connector/app/metrics.py", ROOT / "webhooks/metrics.py"]
    counted = set(
        re.findall(r'"(qonto_connector_\w+)"', "".join(path.read_text() for path in sources))
    )
    named = set(re.findall(r"qonto_connector_\w+", (DEPLOY / "runbook.md").read_text()))
    assert {name.removesuffix("_bucket") for name in named} == counted


def _revisions() -> list[Path]:
    return sorted((ROOT / "alembic" / "versions").glob("*.py"))
