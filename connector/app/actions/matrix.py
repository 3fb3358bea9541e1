"""Shows what can be done with each resource."""

import msgspec

from connector.app.actions.ground import settings
from connector.app.capabilities_operation import Matrices
from connector.app.container import assemble
from connector.app.operations import operations
from connector.app.terminal import print_rows, run
from connector.capabilities import ACTIONS, Capabilities


def show(target: str, as_json: bool) -> None:
    """Print the matrix of a target system, as GET /capabilities answers it."""

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
