"""What the images are built from: files that are let through, pinned packages, pinned bases."""

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from deploy.pin_images import FILES, NotFound, pin, unpinned
from tests.docs.markdown import ROOT, table_rows
from tests.support.distributions import only_for_build

IMAGES = {
    "connector": (ROOT / "deploy" / "Dockerfile", ROOT),
    "simulator": (ROOT / "simulator" / "Containerfile", ROOT / "simulator"),
}
each_image = pytest.mark.parametrize("image", IMAGES)


@each_image
def test_an_image_copies_files_that_exist_and_no_others_are_let_through(image: str) -> None:
    containerfile, context = IMAGES[image]
    copied = {
        source
        for line in re.findall(r"^COPY (?!--from)(.+)$", containerfile.read_text(), re.MULTILINE)
        for source in line.split()[:-1]
    }
    rules = (context / ".dockerignore").read_text().splitlines()
    rules = [rule for rule in rules if rule and not rule.startswith("#")]
    assert rules[0] == "*"
    assert {rule[1:] for rule in rules if rule.startswith("!")} == copied
    assert all((context / source).exists() for source in copied)
    assert not copied & {".", ".git", "tests", "deploy", "deploy/secrets"}


@each_image
def test_an_image_drops_exactly_what_only_builds_the_wheel(image: str) -> None:
    containerfile, context = IMAGES[image]
    (listed,) = re.findall(r"uninstall --yes \\\n\s+(.+?) \\\n", containerfile.read_text())
    assert set(listed.split()) == only_for_build(context)


@each_image
def test_an_image_installs_only_what_is_pinned_by_hash_or_built_in_it(image: str) -> None:
    text = IMAGES[image][0].read_text().replace("\\\n", " ")
    installs = re.findall(r"pip(?: --python \S+)? (?:install|wheel) .*?(?= &&|$)", text, re.M)
    assert len(installs) == 4
    for command in installs:
        assert "--require-hashes" in command or "--no-index" in command, command
    final = text.rpartition("\nFROM ")[2]
    assert "pip install" not in final
    assert "/bin/pip*" in final


@each_image
def test_an_image_runs_as_a_number_that_is_not_root_and_says_how_it_is(image: str) -> None:
    text = IMAGES[image][0].read_text()
    stages = re.findall(r"^FROM (\S+)", text, re.MULTILINE)
    final = text.rpartition("\nFROM ")[2]
    assert stages[-1] == "base"
    assert re.findall(r"^USER (.+)$", final, re.MULTILINE) == ["10001:10001"]
    assert "HEALTHCHECK" in final


def test_base_images_are_pinned_by_digest() -> None:
    """Wholly or not at all; until somebody with a registry has run it, this says so."""
    lacking = unpinned(ROOT)
    if len(lacking) == len(_all_named(ROOT)):
        pytest.skip(f"by tag only, run `make pin-images` with a registry: {', '.join(lacking)}")
    assert lacking == []


def test_the_runbook_says_how_each_base_image_is_pinned() -> None:
    rows = table_rows(ROOT / "deploy" / "runbook.md", r"`[\w.-]+:[\w.-]+`")
    told = {row[0].strip("`"): row[2] for row in rows}
    by_tag = {line.partition(": ")[2] for line in unpinned(ROOT)}
    assert set(told) == {line.partition(": ")[2].partition("@")[0] for line in _all_named(ROOT)}
    assert {image for image, how in told.items() if how == "tag"} == by_tag
    assert set(told.values()) <= {"tag", "digest"}


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    for name in (*FILES, "deploy/pin_images.py"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        shutil.copy(ROOT / name, tmp_path / name)
    return tmp_path


def test_every_base_image_gets_the_digest_that_the_registry_names(checkout: Path) -> None:
    asked: list[str] = []

    def registry(image: str) -> str:
        asked.append(image)
        return f"sha256:{hashlib.sha256(image.encode()).hexdigest()}"

    before = {name: (checkout / name).read_text() for name in FILES}
    pin(checkout, registry)
    assert sorted(asked) == ["caddy:2", "postgres:18", "python:3.12-slim"]
    assert unpinned(checkout) == []
    for name, text in before.items():
        after = (checkout / name).read_text()
        assert re.sub(r"@sha256:[0-9a-f]{64}", "", after) == text
    once = {name: (checkout / name).read_text() for name in FILES}
    pin(checkout, registry)
    assert once == {name: (checkout / name).read_text() for name in FILES}


@pytest.mark.parametrize("said", ["", "latest", "sha256:123"])
def test_nothing_is_written_when_one_answer_is_no_digest(checkout: Path, said: str) -> None:
    before = {name: (checkout / name).read_text() for name in FILES}
    with pytest.raises(NotFound):
        pin(checkout, lambda image: said if image == "postgres:18" else "sha256:" + "0" * 64)
    assert before == {name: (checkout / name).read_text() for name in FILES}


@pytest.mark.parametrize("tool", ["skopeo", "docker"])
def test_the_registry_is_asked_by_the_tool_that_is_there(
    checkout: Path, tmp_path: Path, tool: str
) -> None:
    manifest = json.dumps({"manifests": []})
    digest = f"sha256:{hashlib.sha256(manifest.encode()).hexdigest()}"
    answers = {"skopeo": manifest, "docker": digest + "\n"}
    tools = tmp_path / "tools"
    tools.mkdir()
    (tools / tool).write_text(f"#!{sys.executable}\nprint({answers[tool]!r}, end='')\n")
    (tools / tool).chmod(0o755)
    done = _run(checkout, PATH=str(tools))
    assert done.returncode == 0, done.stderr
    assert f"postgres:18@{digest}" in done.stdout
    assert f"image: caddy:2@{digest}\n" in (checkout / "deploy" / "compose.yaml").read_text()


def test_without_a_tool_it_says_so_and_changes_nothing(checkout: Path) -> None:
    done = _run(checkout, PATH="")
    assert done.returncode == 1
    assert done.stderr.startswith("nothing was changed: neither skopeo nor docker")


def _run(checkout: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, str(checkout / "deploy" / "pin_images.py")],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def _all_named(root: Path) -> list[str]:
    """Return every place that names an image of somebody else."""
    places: list[str] = []
    for name in FILES:
        found = re.findall(r"^(?:FROM| +image:) (\S+:\S+)", (root / name).read_text(), re.MULTILINE)
        places += [f"{name}: {image}" for image in found if not image.startswith("qonto-")]
    return places
