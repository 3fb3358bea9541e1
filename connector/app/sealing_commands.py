"""Commands for the sealing keys: `keys new`, `keys list` and `keys rotate`."""

from typing import Annotated

import typer

from connector.app.options import AsJson

keys = typer.Typer(help="The sealing keys.", no_args_is_help=True)


@keys.command("new")
def keys_new(
    name: Annotated[str, typer.Argument(help="A name for it, such as its month.")] = "first",
) -> None:
    """Make a sealing key, written as CONNECTOR_SEALING__KEYS takes it.

    Example: qonto-connector keys new 2026-11 > sealing.key
    """
    from storage.sealing import MasterKey

    print(MasterKey.generate(name).reveal())


@keys.command("list")
def keys_list(as_json: AsJson = False) -> None:
    """Say which sealing keys are in use, by how many values, and which can be retired.

    Example: qonto-connector keys list
    """
    from connector.app.actions import sealing

    sealing.show_keys(as_json)


@keys.command("rotate")
def keys_rotate(as_json: AsJson = False) -> None:
    """Seal every stored secret under the first sealing key, while the service runs.

    Put the new key first, keep the old ones behind it, restart every process, then run this. It can
    be stopped and started again. Hashes of API and account keys move when the key is next used;
    those still waiting are listed. Exit code 1 when a value can't be read.

    Example: qonto-connector keys rotate
    """
    from connector.app.actions import sealing

    sealing.rotate(as_json)
