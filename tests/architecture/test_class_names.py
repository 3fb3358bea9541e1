"""One name, one meaning: no public class of the product has a namesake."""

import ast
from collections import defaultdict
from collections.abc import Iterator

from tests.architecture.log_calls import sources


def named(tree: ast.Module) -> Iterator[tuple[str, str]]:
    """Return the public names of a module's classes and types, and what each is."""
    for node in tree.body:
        match node:
            case ast.ClassDef(name=name):
                yield name, "class"
            case (
                ast.Assign(targets=[ast.Name(id=name)], value=value)
                | ast.AnnAssign(target=ast.Name(id=name), value=value)
            ) if name[0].isupper() and not name.isupper() and not is_type_variable(value):
                yield name, "type"
            case _:
                pass


def is_type_variable(value: ast.expr | None) -> bool:
    """Say whether it is a module's own letter, as T is, which nobody imports."""
    return isinstance(value, ast.Call) and ast.unparse(value.func).endswith("TypeVar")


def namesakes(files: dict[str, str]) -> dict[str, list[str]]:
    """Return the names that stand for a class in one file and for something else in another.

    Types alone may share a name: they are written anew where they are short, and aren't values.
    """
    found: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for file, text in files.items():
        for name, kind in named(ast.parse(text)):
            if not name.startswith("_"):
                found[name].append((file, kind))
    return {
        name: [file for file, _ in places]
        for name, places in found.items()
        if len(places) > 1 and any(kind == "class" for _, kind in places)
    }


def test_no_public_class_has_a_namesake() -> None:
    assert namesakes(dict(sources())) == {}


def test_a_namesake_is_found() -> None:
    files = {
        "a.py": "class Item: ...\nclass _Row: ...\nKey = TypeVar('Key')\nShape = dict[str, int]",
        "b.py": "Item = dict[str, int]\nclass _Row: ...\nclass Key: ...\nShape = list[int]",
    }
    assert namesakes(files) == {"Item": ["a.py", "b.py"]}
