"""What documents name is there: commands, calls, make's targets and files."""

import re
from pathlib import Path
from typing import Any

import pytest
import typer

from connector.app.cli import app
from connector.app.operations import operations
from connector.faces.backoffice import OPERATIONS
from tests.docs.markdown import ROOT, documents

_COMMAND = re.compile(r"qonto-connector ((?:[a-z]+[ ]?)+)")
_CALL = re.compile(r"\b(GET|POST|PUT|PATCH|DELETE) `?(/[\w{}/.-]+)")
_FILE = re.compile(
    r"`((?:alembic|connector|deploy|docs|oauth|requirements|storage|tests|webhooks)/[\w./-]+)`"
)
_TARGET = re.compile(r"(?:^|`)make ([a-z-]+)", re.MULTILINE)
_PARAMETER = re.compile(r"\{\w+\}")

# Decisions and requirements also name what was there once, or is meant to come.
CURRENT = [one for one in documents() if one.name not in ("DECISIONS.md", "requirements.md")]


def _name(document: Path) -> str:
    return str(document.relative_to(ROOT))


@pytest.mark.parametrize("document", CURRENT, ids=_name)
def test_every_command_is_one(document: Path) -> None:
    for words in _COMMAND.findall(document.read_text()):
        assert _is_command(words.split()), words


def test_what_is_no_command_is_found() -> None:
    assert _is_command(["webhook", "replay", "whatever"])
    assert not _is_command(["webhook", "nonsense"])
    assert not _is_command(["nonsense"])


@pytest.mark.parametrize("document", CURRENT, ids=_name)
def test_every_call_is_served(document: Path) -> None:
    served = {
        (one.method, re.sub(_PARAMETER, "[^/]+", one.path)) for one in (*operations(), *OPERATIONS)
    }
    ours = {path.split("/")[1] for _, path in served}
    for method, path in _CALL.findall(document.read_text()):
        if path.split("/")[1] in ours and "..." not in path:
            assert any(
                method == other
                and re.fullmatch(pattern, re.sub(_PARAMETER, "one", path.rstrip("./")))
                for other, pattern in served
            ), f"{method} {path}"


@pytest.mark.parametrize("document", CURRENT, ids=_name)
def test_every_file_and_target_is_there(document: Path) -> None:
    text = document.read_text()
    makefile = (ROOT / "Makefile").read_text()
    for name in _FILE.findall(text):
        assert (ROOT / name).exists(), name
    for target in _TARGET.findall(text):
        assert re.search(rf"^{target}:", makefile, re.MULTILINE), target


def _is_command(words: list[str]) -> bool:
    """Say whether words begin with a whole command."""
    found: Any = typer.main.get_command(app)
    for word in words:
        if not hasattr(found, "commands"):
            return True
        if word not in found.commands:
            return False
        found = found.commands[word]
    return True
