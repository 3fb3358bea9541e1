"""Which distributions a project needs, read from its pyproject.toml and what is installed here."""

import tomllib
from collections.abc import Iterable
from importlib.metadata import requires
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name


def only_for_build(project: Path) -> set[str]:
    """Return what builds the project's wheel, and isn't needed to run it."""
    declared = tomllib.loads((project / "pyproject.toml").read_text())["project"]
    runs: list[str] = declared["dependencies"]
    builds: list[str] = declared["optional-dependencies"]["build"]
    return needed(builds) - needed(runs)


def needed(requirements: Iterable[str]) -> set[str]:
    """Return every distribution that these requirements need on this machine."""
    found: set[str] = set()
    todo = [(Requirement(text), "") for text in requirements]
    seen: set[tuple[str, str]] = set()
    while todo:
        one, asked_by = todo.pop()
        if one.marker is not None and not one.marker.evaluate({"extra": asked_by}):
            continue
        name = canonicalize_name(one.name)
        found.add(name)
        for extra in ("", *one.extras):
            if (name, extra) not in seen:
                seen.add((name, extra))
                todo += [(Requirement(text), extra) for text in requires(name) or []]
    return found
