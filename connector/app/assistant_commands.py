"""The command `mcp`: a session of the Model Context Protocol over standard input and output."""

from typing import Annotated

import typer


def mcp(
    account: Annotated[str, typer.Option(help="The account's id, acct_...")],
    write: Annotated[
        bool, typer.Option("--write", help="Offer the tools too that change something.")
    ] = False,
) -> None:
    """Serve an assistant on this machine with one account, until its end.

    Desktop clients start it by themselves. It works on the database of the settings, as other
    commands do; the log goes to standard error.

    Example: qonto-connector mcp --account acct_01K9... --write
    """
    from connector.app.actions import assistant

    assistant.serve(account, may_write=write)
