"""Commands about payout files: `payouts check`, `payouts run`, `payouts status`."""

from pathlib import Path
from typing import Annotated

import typer

from connector.app.options import AsJson

payouts = typer.Typer(help="Files of many payments.", no_args_is_help=True)

PayoutFile = Annotated[
    Path, typer.Argument(exists=True, dir_okay=False, help="CSV in UTF-8, or pain.001.")
]
PayingAccount = Annotated[str, typer.Option("--account", help="The account's id, acct_...")]
Confirm = Annotated[
    str, typer.Option(help="Codes of doubts that are meant all the same, with commas between.")
]
DebitIban = Annotated[str | None, typer.Option(help="The account that pays; the main one without.")]


@payouts.command("check")
def payouts_check(
    file: PayoutFile,
    confirm: Confirm = "",
    debit_iban: DebitIban = None,
    as_json: AsJson = False,
) -> None:
    """Check a payout file, and say what it comes to.

    Nothing leaves this machine. Everything that is wrong is told, each with its place and what to
    do about it; then the exit code is 1.

    Example: qonto-connector payouts check salaries.csv
    """
    from connector.app.actions import payout_files

    payout_files.check(file, confirm, debit_iban, as_json)


@payouts.command("run")
def payouts_run(
    file: PayoutFile,
    account: PayingAccount,
    pay: Annotated[
        bool, typer.Option("--pay", help="Pay the lines, rather than propose them to people.")
    ] = False,
    total: Annotated[
        str | None, typer.Option(help="What it comes to, to confirm it without being asked.")
    ] = None,
    count: Annotated[
        int | None, typer.Option(help="How many payments it has, to confirm it likewise.")
    ] = None,
    confirm: Confirm = "",
    debit_iban: DebitIban = None,
    key: Annotated[
        str, typer.Option(help="A name for this run, to run an equal file a second time.")
    ] = "",
    as_json: AsJson = False,
) -> None:
    """Run a payout file: check it, confirm it by its total and count, and propose its lines.

    Ctrl-C stops it after what is under way. Run it again to go on: no line is done twice. Ends with
    exit code 1 when a line was refused, or when it was stopped.

    Example: qonto-connector payouts run salaries.csv --account acct_01K9...
    """
    from connector.app.actions import payout_files

    payout_files.run_file(
        payout_files.FileOptions(
            file, account, "PAY" if pay else "PROPOSE", total, count, confirm, debit_iban, key
        ),
        as_json,
    )


@payouts.command("status")
def payouts_status(
    payout: Annotated[
        str | None, typer.Argument(help="The payout's id, po_...; the newest ones without.")
    ] = None,
    account: Annotated[
        str | None, typer.Option(help="The account's id, acct_..., to list its payouts.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Show how far payouts are, and what came of the lines that weren't paid.

    Example: qonto-connector payouts status po_01K9...
    """
    from connector.app.actions import payout_files

    payout_files.status(payout, account, as_json)
