"""Commands about bills: `bills upload`."""

from pathlib import Path
from typing import Annotated

import typer

from connector.app.options import AsJson

bills = typer.Typer(help="Bills of a linked account.", no_args_is_help=True)


# without this a group of one command would be that command
@bills.callback()
def _group() -> None: ...


@bills.command("upload")
def bills_upload(
    folder: Annotated[Path, typer.Argument(exists=True, file_okay=False, help="Where they lie.")],
    account: Annotated[str, typer.Option(help="The account's id, acct_...")],
    as_json: AsJson = False,
) -> None:
    """Make a bill of each PDF in a folder.

    Run it again after it was stopped, or when more files are there: none becomes a bill twice. What
    was done is noted in the folder, in .qonto-uploads.jsonl. Ends with exit code 1 when a file
    failed.

    Example: qonto-connector bills upload invoices/ --account acct_01K9...
    """
    from connector.app.actions import bill_folder

    bill_folder.upload(folder, account, as_json)
