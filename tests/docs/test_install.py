"""What `make demo` says while it installs, and when it can't."""

import subprocess
import sys
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType

import pytest

from tests.docs.markdown import ROOT

SCRIPT = ROOT / "requirements" / "install.py"


@pytest.fixture(scope="module")
def install() -> ModuleType:
    spec = spec_from_file_location("install", SCRIPT)
    assert spec and spec.loader
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_each_package_is_said_as_pip_comes_to_it(install: ModuleType) -> None:
    lines = [
        "Collecting alembic==1.20.0 (from -r requirements/base.txt (line 7))\n",
        "  Obtaining dependency information for alembic==1.20.0 from https://index.example\n",
        "  Downloading alembic-1.20.0-py3-none-any.whl (247 kB)\n",
        "Collecting mako==1.3 (from -r requirements/base.txt (line 9))\n",
        "Installing collected packages: mako, alembic\n",
        "Successfully installed alembic-1.20.0 mako-1.3\n",
    ]
    assert list(install.told(lines, 2)) == [
        "    1 of 2  alembic==1.20.0",
        "    2 of 2  mako==1.3",
        "  unpacking ...",
    ]


def test_packages_are_counted_without_their_hashes(install: ModuleType) -> None:
    assert install.packages("a==1 \\\n    --hash=sha256:00==\nb-c==2.0 ; x == 'y'\n# d==1\n") == 2


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("NewConnectionError('Temporary failure in name resolution')", "can't be reached"),
        ("ERROR: Could not find a version that satisfies x (from versions: none)", "be reached"),
        ("ERROR: Package 'x' requires a different Python: 3.10.1 not in '>=3.11'", "3.11, 3.12"),
        ("OSError: [Errno 28] No space left on device", "disk is full"),
        ("ERROR: THESE PACKAGES DO NOT MATCH THE HASHES FROM THE REQUIREMENTS", "pinned"),
        ("certificate verify failed (SSLError(SSLCertVerificationError", "PIP_CERT"),
        ("something else", "says why above"),
    ],
)
def test_what_went_wrong_is_said_in_plain_words(install: ModuleType, said: str, told: str) -> None:
    assert told in install.explained(said)


@pytest.mark.loopback
def test_without_a_network_it_says_so_and_fails(tmp_path: Path) -> None:
    """Nothing listens at the index that is named here."""
    wanted = tmp_path / "requirements.txt"
    wanted.write_text("no-such-package-anywhere==1.0\n")
    done = subprocess.run(
        [sys.executable, SCRIPT, "--index-url", "http://127.0.0.1:1/simple", "-r", wanted],
        capture_output=True,
        text=True,
        timeout=200,
        check=False,
    )
    assert done.returncode == 1
    assert f"installing {wanted}: 1 packages" in done.stdout
    assert "The package index can't be reached" in done.stderr


def test_an_old_or_missing_python_is_said_in_plain_words(tmp_path: Path) -> None:
    for name in ("requirements/base.txt", "simulator/requirements.txt", "simulator/pyproject.toml"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    (tmp_path / "pyproject.toml").touch()
    done = subprocess.run(
        ["make", "-f", ROOT / "Makefile", "-C", tmp_path, "PYTHON=/no/such/python", "demo"],
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert done.returncode != 0
    assert "Python 3.11 or newer is needed, and /no/such/python isn't that" in done.stdout
    assert not (tmp_path / ".venv").exists()
