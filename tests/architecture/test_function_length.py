"""A function can be read at one sight."""

import ast

from tests.architecture.log_calls import sources

MOST_LINES = 80


def long_functions(file: str, text: str, most: int = MOST_LINES) -> set[tuple[str, str]]:
    """Return the functions of a file that have more lines than that, as written."""
    return {
        (file, node.name)
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and (node.end_lineno or node.lineno) - node.lineno + 1 > most
    }


def test_no_function_is_longer_than_eighty_lines() -> None:
    found = {one for file, text in sources() for one in long_functions(file, text)}
    assert found == set()


def test_a_long_function_is_found() -> None:
    text = "class A:\n    async def f(self):\n        a = 1\n        return a\n"
    assert long_functions("a.py", text, most=2) == {("a.py", "f")}
    assert long_functions("a.py", text, most=3) == set()
