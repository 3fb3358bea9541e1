"""One process per role and SQLite file: a second server or worker on it is refused at the start."""

import fcntl
import os
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from storage.errors import Conflict


class DatabaseInUse(Conflict):
    code = "DATABASE_IN_USE"


@contextmanager
def exclusive(path: Path, role: str) -> Generator[None]:
    """Hold the lock file of a role beside this database. Raises DatabaseInUse when it is held.

    The kernel drops the lock with its process, so a crash leaves nothing to clean up.
    """
    handle = os.open(path.with_name(f"{path.name}.{role}.lock"), os.O_CREAT | os.O_RDWR, 0o600)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise DatabaseInUse(
                f"another process is the {role} of {path} already; stop it, or use PostgreSQL, "
                "which any number of processes can share"
            ) from error
        yield
    finally:
        os.close(handle)
