"""Commands for assistants: `mcp`, which serves one, and `account assistant`, what was allowed."""

from typing import Annotated

import typer

from connector.app.options import AccountArgument, AsJson

account_assistants = typer.Typer(
    help="What assistants' clients were allowed.", no_args_is_help=True
)


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


@account_assistants.command("list")
def account_assistant_list(account: AccountArgument, as_json: AsJson = False) -> None:
    """List the clients that were let in to an account by OAuth, and what they may do.

    Example: qonto-connector account assistant list acct_01K9...
    """
    from connector.app.actions import assistant_grants

    assistant_grants.show(account, as_json)


@account_assistants.command("revoke")
def account_assistant_revoke(
    grant: Annotated[str, typer.Argument(help="What was allowed, agr_...")],
) -> None:
    """End what a client was allowed, with all its tokens, at once.

    Example: qonto-connector account assistant revoke agr_01K9...
    """
    from connector.app.actions import assistant_grants

    assistant_grants.revoke(grant)
