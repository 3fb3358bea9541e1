"""Commands that run the service and look after it."""

from pathlib import Path
from typing import Annotated

import typer

from connector.app.options import AsJson


def serve(
    worker: Annotated[bool, typer.Option(help="Also deliver webhooks from this process.")] = True,
    host: Annotated[str | None, typer.Option(help="Instead of CONNECTOR_SERVER__HOST.")] = None,
    port: Annotated[int | None, typer.Option(help="Instead of CONNECTOR_SERVER__PORT.")] = None,
) -> None:
    """Serve the API, and deliver webhooks.

    Ends with SIGTERM or Ctrl-C.

    Example: qonto-connector serve --port 8080
    """
    from connector.app.actions import service

    service.serve(worker=worker, host=host, port=port)


def worker() -> None:
    """Deliver webhooks in a process of its own. Any number of them on PostgreSQL.

    On SQLite the server must run with --no-worker beside it.

    Example: qonto-connector worker
    """
    from connector.app.actions import service

    service.work()


def migrate(
    check: Annotated[bool, typer.Option("--check", help="Only say whether it's needed.")] = False,
) -> None:
    """Create or upgrade the database's tables.

    Example: CONNECTOR_DATABASE__URL=sqlite:///data/connector.db qonto-connector migrate
    """
    from connector.app.actions import upkeep

    upkeep.migrate(check=check)


def doctor(as_json: AsJson = False) -> None:
    """Look the deployment over and say what to do. Exit code 1 when something must be done.

    Example: qonto-connector doctor
    """
    from connector.app.actions import diagnosis

    diagnosis.show(as_json)


def backup(
    target: Annotated[Path, typer.Argument(help="A file that doesn't exist yet.")],
) -> None:
    """Copy the SQLite database to a file, while it is in use.

    Example: qonto-connector backup /backups/connector-2026-11-20.db
    """
    from connector.app.actions import copying

    copying.back_up(target)
