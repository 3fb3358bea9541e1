"""Who imports whom inside the simulator: nothing in a circle."""

from __future__ import annotations

import ast
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest
import qonto_simulator

ROOT = Path(qonto_simulator.__file__).parent


def imports(root: Path) -> dict[str, set[str]]:
    """The modules that each module of a package imports, wherever the statement stands."""
    files = {_name(root, path): path for path in root.rglob("*.py")}
    found: dict[str, set[str]] = {}
    for name, path in files.items():
        package = name if path.name == "__init__.py" else name.rpartition(".")[0]
        targets: set[str] = set()
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Import):
                targets |= {alias.name for alias in node.names}
            elif isinstance(node, ast.ImportFrom):
                above = package.split(".")[: len(package.split(".")) - node.level + 1]
                base = (
                    ".".join([*above, *filter(None, [node.module])]) if node.level else node.module
                )
                inner = {f"{base}.{alias.name}" for alias in node.names}
                targets |= (inner & files.keys()) or {base or ""}
        found[name] = (targets & files.keys()) - {name}
    return found


def circle(graph: dict[str, set[str]]) -> list[str]:
    """One circle of imports, if there is any."""
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as problem:
        return problem.args[1]
    return []


def _name(root: Path, path: Path) -> str:
    parts = path.relative_to(root.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def test_no_imports_go_in_a_circle_not_even_for_types() -> None:
    graph = imports(ROOT)
    assert "qonto_simulator.control.parts" in graph["qonto_simulator.control.desk"]
    assert circle(graph) == []


@pytest.mark.parametrize(
    "upward", ["from package.roof import Roof", "from ..roof import Roof", "from .. import roof"]
)
def test_a_circle_for_types_alone_is_found(tmp_path: Path, upward: str) -> None:
    package = tmp_path / "package"
    (package / "floor").mkdir(parents=True)
    (package / "__init__.py").write_text("")
    (package / "floor" / "__init__.py").write_text("")
    (package / "roof.py").write_text("from .floor.desk import Desk\n")
    desk = f"from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    {upward}\n"
    (package / "floor" / "desk.py").write_text(desk)
    assert {"package.roof", "package.floor.desk"} <= set(circle(imports(package)))
