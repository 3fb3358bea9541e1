"""Copies the database."""

from pathlib import Path

from connector.app import backup
from connector.app.actions.ground import settings
from connector.app.opening import open_database
from connector.app.terminal import out


def back_up(target: Path) -> None:
    """Copy the SQLite database to a new file, while it is in use."""
    size = backup.backup(open_database(settings()), target)
    out.print(f"{target}: {size} bytes, integrity checked", highlight=False)
    out.print("The copy opens only with the sealing keys: keep them, and keep them elsewhere.")
