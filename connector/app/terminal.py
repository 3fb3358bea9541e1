"""What every command of the command line shares: settings, the event loop, and how it prints."""

import asyncio
import json
from collections.abc import AsyncGenerator, Coroutine
from contextlib import asynccontextmanager
from typing import Annotated, Any, TypeVar

import typer
import uvloop
from rich.console import Console
from rich.table import Table
from rich.text import Text

from connector.app import logs
from connector.app.container import Container, assemble
from connector.app.opening import open_database
from connector.app.settings import Settings, load
from storage import migrations
from storage.unit_of_work import DatabaseTransaction, UnitOfWork

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
        """Answer a text as it is shown."""
        return super().render_str(text.translate(_CONTROLS), **options)


out = Plain()
err = Plain(stderr=True)

AsJson = Annotated[bool, typer.Option("--json", help="Answer in JSON.")]


def run(work: Coroutine[Any, Any, Answer]) -> Answer:
    """Run a command's work to its end."""
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(work)


def settings(**overrides: Any) -> Settings:
    """Read the settings and set logging up by them. Raises SettingsInvalid."""
    read = load(**overrides)
    logs.configure(read.log)
    return read


@asynccontextmanager
async def assembled() -> AsyncGenerator[Container]:
    """Everything, for one command, on a database that is known to be current."""
    container = assemble(settings())
    try:
        await migrations.require_current(container.storage.database)
        yield container
    finally:
        await container.close()


@asynccontextmanager
async def reading() -> AsyncGenerator[DatabaseTransaction]:
    """One read transaction; needs no sealing key."""
    database = open_database(settings())
    try:
        await migrations.require_current(database)
        async with UnitOfWork(database).reading() as tx:
            yield tx
    finally:
        await database.close()


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
