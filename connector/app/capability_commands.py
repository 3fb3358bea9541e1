"""The command that prints what can be done with each resource."""

from typing import Annotated

import msgspec
import typer

from connector.app.capabilities_operation import Matrices
from connector.app.container import assemble
from connector.app.operations import operations
from connector.app.terminal import AsJson, print_rows, run, settings
from connector.capabilities import ACTIONS, Capabilities


def capabilities(
    target: Annotated[str, typer.Option(help="A target system.")] = "qonto",
    as_json: AsJson = False,
) -> None:
    """Print what can be read, written and watched, as GET /capabilities answers it.

    Example: qonto-connector capabilities --target qonto-sandbox
    """

    async def find() -> Capabilities:
        container = assemble(settings())
        try:
            return Matrices(container.registry, operations()).of(target)
        finally:
            await container.close()

    found = run(find())
    if as_json:
        print(msgspec.json.encode(found).decode())
        return
    words = {"supported": "yes", "not_enabled": "not yet", "not_supported": "-"}
    print_rows(
        [
            {"resource": row.resource} | {one: words[row.cell(one).here] for one in ACTIONS}
            for row in found.resources
        ],
        as_json=False,
    )
