"""What every command shares once it runs: the event loop, and how it prints."""

import asyncio
import gc
import json
import sys
from collections.abc import Coroutine
from typing import Any, NoReturn, TypeVar

import uvloop
from rich.console import Console
from rich.table import Table
from rich.text import Text

Answer = TypeVar("Answer")

_CONTROLS = {
    code: f"\\x{code:02x}" for code in (*range(32), *range(127, 160)) if code not in (9, 10)
}


class Plain(Console):
    """A terminal that shows what others wrote as they wrote it.

    Names, addresses and errors have words of users in them: nothing there is a command to the
    terminal, neither as markup nor as a control character. Styled text is a `Text`.
    """

    def __init__(self, *, stderr: bool = False, width: int | None = None) -> None:
        super().__init__(stderr=stderr, width=width, markup=False, emoji=False, highlight=False)

    def render_str(self, text: str, **options: Any) -> Text:
        """Return a text as it is shown."""
        return super().render_str(text.translate(_CONTROLS), **options)


out = Plain()
err = Plain(stderr=True)


def run(work: Coroutine[Any, Any, Answer]) -> Answer:
    """Run a command's work to its end."""
    if not gc.isenabled():
        gc.freeze()  # what was imported for it
        gc.enable()
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(work)


def fail(message: str) -> NoReturn:
    """Print why the command can't go on, and end with exit code 1."""
    err.print(Text("error:", "red"), message, soft_wrap=True)
    sys.exit(1)


def print_rows(rows: list[dict[str, str]], as_json: bool) -> None:
    """Print rows that all have the same names: as a table, or as a JSON list."""
    if as_json:
        print(json.dumps(rows))
        return
    if not rows:
        out.print("none yet")
        return
    table = Table(*rows[0], box=None, pad_edge=False)
    for row in rows:
        table.add_row(*row.values())
    # ids are there to be copied: rather a line too long for the terminal than an id cut short
    needed = out.measure(table, options=out.options.update(max_width=10_000)).maximum
    Plain(width=max(needed, out.width)).print(table)
