"""Finds the calls that write to the log, and says what is wrong with them."""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass

from storage.log import Fields, Logger
from tests.docs.markdown import ROOT

PACKAGES = ("connector", "oauth", "webhooks", "storage")
LEVELS = {name for name in vars(Logger) if not name.startswith("_")}

_EVENT = re.compile(r"[a-z_]+\.[a-z_]+")


@dataclass(frozen=True)
class LogCall:
    """One call: the events that it may write, and the fields that it names."""

    where: str
    events: tuple[str, ...]
    fields: frozenset[str]
    faults: tuple[str, ...]


def sources() -> Iterator[tuple[str, str]]:
    """Return the name and the text of every file of ours that may write to the log."""
    for package in PACKAGES:
        for path in sorted((ROOT / package).rglob("*.py")):
            yield str(path.relative_to(ROOT)), path.read_text()


def log_calls(name: str, text: str) -> list[LogCall]:
    """List the calls of a file's `logger`."""
    tree = ast.parse(text)
    tables = _tables(tree)
    return [
        _read(f"{name}:{node.lineno}", node.func.attr, node, tables)
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and isinstance(node.func.value, ast.Name)
        and node.func.value.id == "logger"
    ]


def _tables(tree: ast.Module) -> dict[str, tuple[str, ...]]:
    """Return the module's tables of which every value is a literal text, by their names."""
    found: dict[str, tuple[str, ...]] = {}
    for node in tree.body:
        target = node.target if isinstance(node, ast.AnnAssign) else None
        if isinstance(target, ast.Name) and isinstance(node.value, ast.Dict):
            values = [_text(value) for value in node.value.values]
            found[target.id] = tuple(value for value in values if value is not None)
            if None in values:
                del found[target.id]
    return found


def _read(where: str, level: str, call: ast.Call, tables: dict[str, tuple[str, ...]]) -> LogCall:
    events: tuple[str, ...] = ()
    if len(call.args) == 1:
        match call.args[0]:
            case ast.Constant(value=str(event)):
                events = (event,)
            case ast.Subscript(value=ast.Name(id=table)):
                events = tables.get(table, ())
            case _:
                pass
    fields = frozenset(keyword.arg for keyword in call.keywords if keyword.arg is not None)
    faults = [
        f"{event} is not part.what_happened" for event in events if not _EVENT.fullmatch(event)
    ]
    faults += [f"{field} is not declared" for field in sorted(fields - set(Fields.__annotations__))]
    if level not in LEVELS:
        faults.append(f"{level} is not a level of the log")
    if not events:
        faults.append("its event is no literal")
    if any(keyword.arg is None for keyword in call.keywords):
        faults.append("it passes ** along")
    return LogCall(where, events, fields, tuple(faults))


def _text(node: ast.expr) -> str | None:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else None
