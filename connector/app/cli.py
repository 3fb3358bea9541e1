"""The command line. Each command reads settings from CONNECTOR_* (see deploy/env.example)."""

import json
import os
import sys
from dataclasses import asdict
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer
from rich.text import Text

from connector.app import (
    audit_commands,
    capability_commands,
    key_commands,
    one_company,
    processes,
    relay_commands,
    sealing_commands,
)
from connector.app import backup as backups
from connector.app import doctor as doctors
from connector.app.container import assemble
from connector.app.listen import Received, Receiver
from connector.app.opening import open_database
from connector.app.serving import bind, serving, until_told
from connector.app.terminal import AsJson, assembled, err, out
from connector.app.terminal import print_rows as _print
from connector.app.terminal import reading as _reading
from connector.app.terminal import run as _run
from connector.app.terminal import settings as _settings
from connector.app.text_files import read_text
from connector.app.unlink_operation import describe
from connector.app.unlinking import Receipt
from oauth.tenants import NewTenant
from storage import migrations
from storage.clock import iso_millis
from storage.errors import ServiceError
from storage.repositories.accounts import Account

app = typer.Typer(
    name="qonto-connector",
    help="Link Qonto accounts, read them through one model, relay their webhooks.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)
tenants = typer.Typer(help="The SaaS vendors that use this service.", no_args_is_help=True)
accounts = typer.Typer(help="The linked accounts.", no_args_is_help=True)
app.add_typer(tenants, name="tenant")
app.add_typer(accounts, name="account")
app.add_typer(relay_commands.webhooks, name="webhook")
app.add_typer(relay_commands.retention, name="retention")
app.add_typer(audit_commands.audit, name="audit")
app.command()(capability_commands.capabilities)
app.add_typer(sealing_commands.keys, name="keys")
tenants.add_typer(key_commands.tenant_keys, name="key")
accounts.add_typer(key_commands.account_keys, name="key")


def main() -> None:
    """Run the command line; a known failure is one line on standard error and exit code 1."""
    try:
        app()
    except ServiceError as error:
        _fail(error.message)
    except OSError as error:
        _fail(f"{error.strerror or error}")


def _fail(message: str) -> NoReturn:
    err.print(Text("error:", "red"), message, soft_wrap=True)
    sys.exit(1)


# -- running --------------------------------------------------------------------------------------


@app.command()
def serve(
    worker: Annotated[bool, typer.Option(help="Also deliver webhooks from this process.")] = True,
    host: Annotated[str | None, typer.Option(help="Instead of CONNECTOR_SERVER__HOST.")] = None,
    port: Annotated[int | None, typer.Option(help="Instead of CONNECTOR_SERVER__PORT.")] = None,
) -> None:
    """Serve the API, and deliver webhooks, until SIGTERM or Ctrl-C.

    Example: qonto-connector serve --port 8080
    """
    settings = _settings()
    changed = {name: value for name, value in (("host", host), ("port", port)) if value is not None}
    server = settings.server.model_copy(update=changed)
    settings = settings.model_copy(update={"server": server})
    own = one_company.read(os.environ)
    _run(
        processes.serve(
            settings,
            worker=worker,
            announce=lambda address: err.print(f"listening on {address}", highlight=False),
            own=own,
        )
    )


@app.command()
def worker() -> None:
    """Deliver webhooks in a process of its own. Any number of them on PostgreSQL.

    On SQLite the server must run with --no-worker beside it.

    Example: qonto-connector worker
    """
    _run(
        processes.work(
            _settings(),
            announce=lambda owner: err.print(f"delivering as {owner}", highlight=False),
        )
    )


@app.command()
def migrate(
    check: Annotated[bool, typer.Option("--check", help="Only say whether it's needed.")] = False,
) -> None:
    """Create or upgrade the database's tables.

    Example: CONNECTOR_DATABASE__URL=sqlite:///data/connector.db qonto-connector migrate
    """

    async def run() -> str:
        database = open_database(_settings())
        try:
            if check:
                await migrations.require_current(database)
            else:
                await migrations.upgrade(database)
            return await migrations.current(database) or "empty"
        finally:
            await database.close()

    out.print(f"the database is at revision {_run(run())}", highlight=False)


@app.command()
def doctor(as_json: AsJson = False) -> None:
    """Look the deployment over and say what to do. Exit code 1 when something must be done.

    Example: qonto-connector doctor
    """

    async def run() -> list[doctors.Finding]:
        return [finding async for finding in doctors.examine(_settings())]

    findings = _run(run())
    if as_json:
        print(json.dumps([asdict(finding) for finding in findings]))
    else:
        colours = {"ok": "green", "warning": "yellow", "problem": "red"}
        for finding in findings:
            mark = Text(f"{finding.verdict:<7} ", colours[finding.verdict])
            out.print(mark, f"{finding.subject}: {finding.message}")
    if any(finding.verdict == "problem" for finding in findings):
        sys.exit(1)


@app.command()
def backup(
    target: Annotated[Path, typer.Argument(help="A file that doesn't exist yet.")],
) -> None:
    """Copy the SQLite database to a file, while it is in use.

    Example: qonto-connector backup /backups/connector-2026-11-20.db
    """
    size = backups.backup(open_database(_settings()), target)
    out.print(f"{target}: {size} bytes, integrity checked", highlight=False)
    out.print("The copy opens only with the sealing keys: keep them, and keep them elsewhere.")


# -- tenants and accounts -------------------------------------------------------------------------


@tenants.command("create")
def tenant_create(
    name: str,
    callback_url: Annotated[
        list[str] | None,
        typer.Option(help="Where links may end: an origin and a path prefix. Repeatable."),
    ] = None,
    key_in_redirect: Annotated[
        bool, typer.Option(help="Hand account keys over in the redirect's query, as Maesn does.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Add a vendor and print its API key, which is shown this once.

    Example: qonto-connector tenant create "Acme Books" --callback-url https://app.acme.example/qonto
    """

    async def run() -> NewTenant:
        container = assemble(_settings())
        try:
            made = await container.oauth.tenants.create(name, key_in_redirect=key_in_redirect)
            for url in callback_url or ():
                await container.oauth.tenants.add_callback_urls(made.tenant, url)
            return made
        finally:
            await container.close()

    made = _run(run())
    if as_json:
        print(json.dumps({"id": made.tenant.id, "name": made.tenant.name, "apiKey": made.api_key}))
    else:
        out.print(f"tenant   {made.tenant.id}  {made.tenant.name}", highlight=False)
        out.print(f"API key  {made.api_key}", highlight=False, soft_wrap=True)
        out.print("The key is shown this once; only a hash of it is kept.")


@tenants.command("list")
def tenant_list(as_json: AsJson = False) -> None:
    """List the vendors.

    Example: qonto-connector tenant list
    """

    async def run() -> list[dict[str, str]]:
        async with _reading() as tx:
            return [
                {"id": one.id, "name": one.name, "created": iso_millis(one.created_at)}
                for one in await tx.tenants.all()
            ]

    _print(_run(run()), as_json)


@accounts.command("list")
def account_list(as_json: AsJson = False) -> None:
    """List the linked accounts of every vendor.

    Example: qonto-connector account list --json
    """

    async def run() -> list[dict[str, str]]:
        async with _reading() as tx:
            return [_account(one) for one in await tx.accounts.all()]

    _print(_run(run()), as_json)


@accounts.command("unlink")
def account_unlink(
    account_id: str,
    erase: Annotated[
        bool, typer.Option("--erase", help="Erase everything kept about the account as well.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """End an account's link: its keys, its subscriptions, its consent at Qonto, its tokens.

    Example: qonto-connector account unlink acct_01K9ZK6D3T5X8Q2M4N7P9R1S3V --erase
    """

    async def run() -> Receipt:
        async with assembled() as container:
            return await container.unlinker.unlink(account_id, erase=erase)

    receipt = _run(run())
    if as_json:
        print(json.dumps(asdict(receipt)))
        return
    out.print(describe(receipt, erase=erase), highlight=False)
    for table, rows in receipt.erased.items():
        out.print(f"{table:<24} {rows}", highlight=False)


def _account(account: Account) -> dict[str, str]:
    return {
        "id": account.id,
        "tenant": account.tenant_id,
        "target": account.target,
        "organization": account.organization_name or account.organization_id,
        "status": account.status,
        "reference": account.reference or "",
        "linked": iso_millis(account.linked_at),
    }


# -- trying it out --------------------------------------------------------------------------------


@relay_commands.webhooks.command("listen")
def webhook_listen(
    port: Annotated[int, typer.Option(help="Port on 127.0.0.1; 0 is any free one.")] = 9999,
    secret_file: Annotated[
        Path | None, typer.Option(help="A file with the subscription's secret (64 hex characters).")
    ] = None,
) -> None:
    """Receive events on this machine, verify their signatures and print them.

    The secret comes from a file or from WEBHOOK_SECRET, never from the command line, where other
    users of the machine could read it.

    Example: WEBHOOK_SECRET=2f1f... qonto-connector webhook listen --port 9999
    """
    secret = _read_secret(secret_file) if secret_file else os.environ.get("WEBHOOK_SECRET")

    def heard(received: Received) -> None:
        genuine = received.problem is None
        verdict = Text("verified", "green") if genuine else received.problem
        out.print(f"{received.id} ", verdict, "", json.dumps(received.body), soft_wrap=True)

    async def run() -> None:
        receiver = Receiver(secret, heard)
        with until_told() as told:
            async with serving(receiver.app, bind("127.0.0.1", port)) as address:
                err.print(f"listening on {address}, any path", highlight=False)
                await told.wait()

    _run(run())


def _read_secret(file: Path) -> str:
    try:
        return read_text(file)
    except ValueError as error:
        _fail(f"{file} {error}")


@app.command()
def sandbox(
    port: Annotated[int, typer.Option(help="The connector's port; 0 is any free one.")] = 8080,
    simulator_port: Annotated[
        int, typer.Option(help="The port of the sandbox-mode simulator; 0 is any free one.")
    ] = 8090,
    database: Annotated[
        str | None, typer.Option(help="A database URL; a temporary file without it.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Serve connector and simulators on loopback with linked accounts, until SIGTERM or Ctrl-C.

    Example: qonto-connector sandbox --port 0 --simulator-port 0 --json
    """
    _require_simulator()
    from connector.app.sandbox import run_sandbox

    _run(
        run_sandbox(
            port=port,
            simulator_port=simulator_port,
            database=database,
            announce=lambda facts: _announce(facts, as_json),
        )
    )


@app.command()
def demo() -> None:
    """Play the whole journey against a simulated Qonto, then exit.

    Example: qonto-connector demo
    """
    _require_simulator()
    from connector.app.demo import play

    _run(play(out))


def _require_simulator() -> None:
    if find_spec("qonto_simulator") is None:
        _fail(
            "this command needs the distribution qonto-simulator, which isn't installed; "
            "from a checkout: pip install ./simulator"
        )


def _announce(facts: dict[str, Any], as_json: bool) -> None:
    if as_json:
        print(json.dumps(facts), flush=True)
        return
    for name, value in facts.items():
        shown = json.dumps(value) if isinstance(value, dict) else value
        out.print(f"{name:<14} {shown}", highlight=False, soft_wrap=True)
