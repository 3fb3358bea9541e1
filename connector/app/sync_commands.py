"""Commands for copies: `sync`, which makes runs here and now, and `sync-runs`."""

from enum import StrEnum
from typing import Annotated

import typer

from connector.app.options import AccountArgument, AsJson, Moment, in_utc


class SyncedKind(StrEnum):
    """What can be copied."""

    INVOICES = "invoices"
    BILLS = "bills"
    TRANSACTIONS = "transactions"
    ALL = "all"


def sync(
    account: Annotated[str, typer.Option(help="The account's id, acct_...")],
    kind: Annotated[SyncedKind, typer.Argument(help="What to copy.")] = SyncedKind.ALL,
    since: Moment = None,
    to: Annotated[
        str | None,
        typer.Option(help="Where records go, instead of to CONNECTOR_SYNC__TO."),
    ] = None,
    documents: Annotated[
        str | None,
        typer.Option(help="Where documents go, instead of to CONNECTOR_SYNC__DOCUMENTS."),
    ] = None,
    every: Annotated[
        int | None,
        typer.Option(min=1, max=10_080, help="Minutes between two runs of the account from now."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Copy an account's records and documents, as far as they changed since the last time.

    The first time begins with all there are, or at --since. Run it again after it was stopped:
    nothing is lost, and nothing is there twice. Ends with exit code 1 when a run failed.

    Example: qonto-connector sync --account acct_01K9... invoices --to sqlite:///copy.db
    """
    from connector.app.actions import syncing

    kinds = () if kind is SyncedKind.ALL else (kind.value,)
    syncing.sync(account, kinds, in_utc(since), to, documents, every, as_json=as_json)


def sync_runs(
    account: AccountArgument,
    kind: Annotated[SyncedKind, typer.Option(help="What was copied.")] = SyncedKind.ALL,
    most: Annotated[int, typer.Option("--limit", min=1, max=1000, help="How many.")] = 20,
    as_json: AsJson = False,
) -> None:
    """List the runs that copied an account's records, newest first.

    Example: qonto-connector sync-runs acct_01K9... --kind bills
    """
    from connector.app.actions import syncing

    syncing.show_runs(account, None if kind is SyncedKind.ALL else kind.value, most, as_json)
