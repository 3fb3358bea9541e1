"""The command line. Each command reads settings from CONNECTOR_* (see deploy/env.example).

Here and in `*_commands.py` is what can be typed: names, options, help texts. What a command does is
in `connector.app.actions` and imported when it runs, so that help, completion and a typing mistake
cost no more than the interpreter's start.
"""

import gc
from typing import Annotated

import typer

from connector.app import (
    account_commands,
    assistant_commands,
    audit_commands,
    bill_commands,
    capability_commands,
    invoice_commands,
    key_commands,
    payment_commands,
    payout_commands,
    relay_commands,
    sealing_commands,
    service_commands,
    sync_commands,
    trial_commands,
    user_commands,
)
from storage.errors import ServiceError

app = typer.Typer(
    name="qonto-connector",
    help="Link Qonto accounts, read them through one model, relay their webhooks.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    # plain help: frames and colours take as long to import as everything else here together
    rich_markup_mode=None,
    # wide enough for the examples in help texts to stay on their line
    context_settings={"max_content_width": 100},
)
for command in (
    service_commands.serve,
    service_commands.worker,
    service_commands.migrate,
    service_commands.doctor,
    service_commands.backup,
    capability_commands.capabilities,
    assistant_commands.mcp,
    sync_commands.sync,
    trial_commands.sandbox,
    trial_commands.demo,
):
    app.command()(command)
app.command("sync-runs")(sync_commands.sync_runs)
app.add_typer(account_commands.tenants, name="tenant")
app.add_typer(account_commands.accounts, name="account")
app.add_typer(bill_commands.bills, name="bills")
app.add_typer(payout_commands.payouts, name="payouts")
app.add_typer(relay_commands.webhooks, name="webhook")
app.add_typer(relay_commands.retention, name="retention")
app.add_typer(invoice_commands.invoices, name="invoice")
app.add_typer(audit_commands.audit, name="audit")
app.add_typer(sealing_commands.keys, name="keys")
account_commands.tenants.add_typer(key_commands.tenant_keys, name="key")
account_commands.tenants.add_typer(payment_commands.tenant_payments, name="payments")
account_commands.tenants.add_typer(user_commands.tenant_users, name="user")
account_commands.accounts.add_typer(key_commands.account_keys, name="key")
account_commands.accounts.add_typer(assistant_commands.account_assistants, name="assistant")


def main() -> None:
    """Run the command line in a process of its own."""
    # what is imported stays: to look it through for garbage, again and again, takes a quarter of
    # the time until `serve` answers; `terminal.run` turns the collector on
    gc.disable()
    invoke()


def invoke() -> None:
    """Run a command; a known failure is one line on standard error and exit code 1."""
    try:
        app()
    except (ServiceError, OSError) as error:
        from connector.app.terminal import fail

        shutdown = error.message if isinstance(error, ServiceError) else error.strerror
        fail(shutdown or f"{error}")


def _show_version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        print(f"qonto-connector {version('qonto-connector')}")
        raise typer.Exit


@app.callback()
def _root(
    _version: Annotated[
        bool,
        typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version."),
    ] = False,
) -> None: ...
