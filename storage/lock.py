"""One server per SQLite file: a second `serve` or `worker` on it is refused at the start."""

import fcntl
import os
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from storage.errors import Conflict


class DatabaseInUse(Conflict):
    code = "DATABASE_IN_USE"


@contextmanager
def exclusive(path: Path) -> Generator[None]:
    """Hold the lock file beside this database. Raises DatabaseInUse when another process does.

    The kernel drops the lock with its process, so a crash leaves nothing to clean up.
    """
    handle = os.open(path.with_name(path.name + ".lock"), os.O_CREAT | os.O_RDWR, 0o600)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise DatabaseInUse(
                f"another qonto-connector already serves {path}; stop it, or use PostgreSQL for "
                "several processes"
            ) from error
        yield
    finally:
        os.close(handle)
