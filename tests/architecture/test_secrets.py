"""No secret is in the repository, and files that usually hold some are kept out."""

import re
import subprocess

import pytest

from oauth.keys import new_account_key, new_api_key, new_code
from storage.sealing import KeyRing, MasterKey
from tests.docs.markdown import ROOT

SHAPES = {
    "a private key": re.compile(rb"-----BEGIN [A-Z ]*PRIVATE KEY-----"),
    "a key of ours": re.compile(rb"\b(?:sk_|acc_|xc_)[A-Za-z0-9_-]{43}(?![A-Za-z0-9_-])"),
    "a webhook secret": re.compile(rb"\bwhsec_[A-Za-z0-9+/]{43}="),
    "a sealing key": re.compile(rb"\b[\w.-]+:(?!A{43})[A-Za-z0-9+/]{43}=(?![A-Za-z0-9+/=])"),
    "an AWS key": re.compile(rb"\bAKIA[0-9A-Z]{16}\b"),
    "a GitHub token": re.compile(rb"\bgh[pousr]_[A-Za-z0-9]{36}"),
}


def git(*words: str) -> str:
    command = ["git", "-C", str(ROOT), *words]
    return subprocess.run(command, capture_output=True, check=True, text=True).stdout


@pytest.mark.covers("VER-18")
def test_no_tracked_file_holds_a_secret() -> None:
    found = [
        f"{what} in {name}"
        for name in git("ls-files").splitlines()
        if (ROOT / name).is_file()
        for what, shape in SHAPES.items()
        if shape.search((ROOT / name).read_bytes())
    ]
    assert found == []


@pytest.mark.covers("VER-18")
@pytest.mark.parametrize("name", [".env", ".env.local", "deploy/.env", "connector.db"])
def test_files_that_hold_secrets_are_ignored(name: str) -> None:
    assert git("check-ignore", name).strip() == name


def test_the_shapes_find_what_this_service_makes() -> None:
    ring = KeyRing([MasterKey.generate("2026-11")])
    for made in (new_api_key(ring), new_account_key(ring), new_code(ring)):
        assert SHAPES["a key of ours"].search(f'"{made.secret}"'.encode())
    assert SHAPES["a sealing key"].search(MasterKey.generate("2026-11").reveal().encode())
