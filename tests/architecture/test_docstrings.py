"""Docstrings say what is returned: "Answer" is left to what is answered over HTTP."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = ("connector", "oauth", "webhooks", "storage", "simulator", "tests")

OVER_HTTP = {
    "connector/app/docs_operations.py": {"answer"},
    "simulator/qonto_simulator/resources/attachments.py": {"create"},
}
"""Functions that answer a request themselves."""


def begun_with_answer(text: str) -> Iterator[str]:
    """Return the names of functions whose docstring's first word is Answer or Answers."""
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            said = ast.get_docstring(node) or ""
            if re.match(r"Answers?\b", said):
                yield node.name


def test_no_docstring_begins_with_answer_unless_it_is_about_http() -> None:
    found = {
        str(path.relative_to(ROOT)): names
        for package in PACKAGES
        for path in sorted((ROOT / package).rglob("*.py"))
        if (names := set(begun_with_answer(path.read_text())))
    }
    assert found == OVER_HTTP


@pytest.mark.parametrize(
    ("docstring", "names"),
    [("Answer the key.", ["f"]), ("Answers how many.", ["f"]), ("Return the answer.", [])],
)
def test_a_docstring_that_begins_with_answer_is_found(docstring: str, names: list[str]) -> None:
    assert list(begun_with_answer(f'async def f():\n    """{docstring}"""')) == names
