"""Commands for operators: `invoice ...`, to make, issue and fetch invoices of any account."""

from pathlib import Path
from typing import Annotated

import typer

from connector.app.options import AccountArgument, AsJson

invoices = typer.Typer(
    help="Invoices of a linked account: made, issued, finalized, fetched.", no_args_is_help=True
)

BodyFile = Annotated[
    Path, typer.Argument(help="A JSON file as the API takes it; - reads standard input.")
]
InvoiceArgument = Annotated[str, typer.Argument(help="The invoice's id.")]
Key = Annotated[
    str | None,
    typer.Option(help="An Idempotency-Key of your own: with the same one it is done once."),
]
OnlyCheck = Annotated[bool, typer.Option("--dry-run", help="Only check it.")]
Confirm = Annotated[
    list[str] | None, typer.Option(help="The code of a doubt that is meant all the same.")
]


@invoices.command("create")
def invoice_create(
    account: AccountArgument,
    file: BodyFile,
    key: Key = None,
    dry_run: OnlyCheck = False,
    confirm: Confirm = None,
    as_json: AsJson = False,
) -> None:
    """Make a draft of an invoice.

    Example: qonto-connector invoice create acct_01K9... draft.json --dry-run
    """
    from connector.app.actions import invoices

    invoices.create(account, file, key, confirm or [], dry_run=dry_run, as_json=as_json)


@invoices.command("issue")
def invoice_issue(
    account: AccountArgument,
    file: BodyFile,
    key: Key = None,
    dry_run: OnlyCheck = False,
    confirm: Confirm = None,
    out: Annotated[
        Path | None, typer.Option(help="Where to write the PDF: a file, or a folder.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Issue an invoice: customer, draft, legal number, file, e-invoicing, telling each step.

    Example: qonto-connector invoice issue acct_01K9... invoice.json --out invoices/
    """
    from connector.app.actions import invoices

    invoices.issue(account, file, key, confirm or [], out, dry_run=dry_run, as_json=as_json)


@invoices.command("finalize")
def invoice_finalize(
    account: AccountArgument,
    invoice: InvoiceArgument,
    key: Key = None,
    confirm: Confirm = None,
    as_json: AsJson = False,
) -> None:
    """Give a draft its legal number. It can't be undone.

    Example: qonto-connector invoice finalize acct_01K9... 01a2...
    """
    from connector.app.actions import invoices

    invoices.act(account, invoice, "finalize", key, confirm or [], as_json)


@invoices.command("cancel")
def invoice_cancel(
    account: AccountArgument, invoice: InvoiceArgument, key: Key = None, as_json: AsJson = False
) -> None:
    """Cancel an unpaid invoice. It can't be undone.

    Example: qonto-connector invoice cancel acct_01K9... 01a2...
    """
    from connector.app.actions import invoices

    invoices.act(account, invoice, "cancel", key, [], as_json)


@invoices.command("send-e-invoice")
def invoice_send_e_invoice(
    account: AccountArgument, invoice: InvoiceArgument, key: Key = None, as_json: AsJson = False
) -> None:
    """Send an invoice through the e-invoicing network, never by e-mail instead.

    Example: qonto-connector invoice send-e-invoice acct_01K9... 01a2...
    """
    from connector.app.actions import invoices

    invoices.act(account, invoice, "sendAsEInvoice", key, [], as_json)


@invoices.command("show")
def invoice_show(
    account: AccountArgument, invoice: InvoiceArgument, as_json: AsJson = False
) -> None:
    """Show an invoice.

    Example: qonto-connector invoice show acct_01K9... 01a2... --json
    """
    from connector.app.actions import invoices

    invoices.show(account, invoice, as_json)


@invoices.command("pdf")
def invoice_pdf(
    account: AccountArgument,
    invoice: InvoiceArgument,
    out: Annotated[Path, typer.Option(help="Where to write it: a file, or a folder.")] = Path(),
) -> None:
    """Fetch the file of an invoice; its name is printed.

    Example: qonto-connector invoice pdf acct_01K9... 01a2... --out invoices/
    """
    from connector.app.actions import invoices

    invoices.pdf(account, invoice, out)
