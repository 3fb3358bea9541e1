"""Commands for trying the service out against a simulated Qonto."""

from typing import Annotated

import typer

from connector.app.options import AsJson


def sandbox(
    port: Annotated[int, typer.Option(help="The connector's port; 0 is any free one.")] = 8080,
    simulator_port: Annotated[
        int, typer.Option(help="The port of the sandbox-mode simulator; 0 is any free one.")
    ] = 8090,
    database: Annotated[
        str | None, typer.Option(help="A database URL; a temporary file without it.")
    ] = None,
    copy_to: Annotated[
        str | None, typer.Option(help="Where the accounts' records are copied to.")
    ] = None,
    documents_to: Annotated[
        str | None, typer.Option(help="Where their documents are stored, with --copy-to.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Serve connector and simulators, with linked accounts.

    On loopback only. Ends with SIGTERM or Ctrl-C.

    Example: qonto-connector sandbox --port 0 --simulator-port 0 --json
    """
    from connector.app.actions import trial

    trial.run_sandbox(
        port=port,
        simulator_port=simulator_port,
        database=database,
        copy_to=copy_to,
        documents_to=documents_to,
        as_json=as_json,
    )


def demo() -> None:
    """Play the whole journey against a simulated Qonto, then exit.

    Example: qonto-connector demo
    """
    from connector.app.actions import trial

    trial.play_demo()
