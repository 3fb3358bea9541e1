"""Runs the long-running processes."""

import os

from connector.app import one_company, processes
from connector.app.actions.ground import settings
from connector.app.terminal import err, run


def serve(*, worker: bool, host: str | None, port: int | None) -> None:
    """Serve until SIGTERM or Ctrl-C; what is given counts instead of the settings."""
    read = settings()
    changed = {name: value for name, value in (("host", host), ("port", port)) if value is not None}
    server = read.server.model_copy(update=changed)
    read = read.model_copy(update={"server": server})
    own = one_company.read(os.environ)
    run(
        processes.serve(
            read,
            worker=worker,
            announce=lambda address: err.print(f"listening on {address}", highlight=False),
            own=own,
        )
    )


def work() -> None:
    """Deliver until SIGTERM or Ctrl-C."""
    run(
        processes.work(
            settings(),
            announce=lambda owner: err.print(f"delivering as {owner}", highlight=False),
        )
    )
