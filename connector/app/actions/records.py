"""How records of the relay are printed."""

import json
from typing import Any

import msgspec

from connector.app.terminal import out, print_rows


def show_record(facts: dict[str, Any], as_json: bool) -> None:
    """Print one record: a line for each fact, or JSON."""
    if as_json:
        print(json.dumps(facts))
        return
    for name, value in facts.items():
        if value is not None:
            shown = json.dumps(value) if isinstance(value, dict) else value
            out.print(f"{name:<20} {shown}", highlight=False, soft_wrap=True, markup=False)


def show_records(found: list[Any], columns: tuple[str, ...], as_json: bool) -> None:
    """Print records: all of them in JSON, the chosen columns in a table."""
    rows: list[dict[str, Any]] = [msgspec.to_builtins(one) for one in found]
    if as_json:
        print(json.dumps(rows))
        return
    print_rows([{name: _cell(row[name]) for name in columns} for row in rows], as_json=False)


def _cell(value: object) -> str:
    return "" if value is None else str(value)
