"""Where the data is, and how long a database may take."""

from dataclasses import dataclass
from typing import Any, cast

import asyncpg

from storage.postgres import connecting, read_address

BROKEN = (asyncpg.InterfaceError, asyncpg.InternalClientError, asyncpg.PostgresError, OSError)
"""What asyncpg raises when a connection is lost, TimeoutError included.

An InternalClientError shows in one that was told of the server's end while nobody used it.
"""

PATIENCE = 10
"""Seconds that are waited for a connection when all of a process' are in use."""

_PING_SECONDS = 5.0
"""How long a connection may take to show that it lives."""


@dataclass(frozen=True)
class StorageSettings:
    """Where the data is: `sqlite:///file.db` or `postgresql://user:password@host/name`."""

    url: str = "sqlite:///qonto-connector.db"
    pool_size: int = 10
    """Connections to PostgreSQL at most, and as many for hot transactions."""
    statement_seconds: float | None = 30.0
    """How long PostgreSQL may take for one statement; None lets it take any time. A connection
    that died without a word would else be waited for as long as the kernel pleases."""
    checks_references: bool = True
    """Whether SQLite checks foreign keys in each statement; revisions check them at their end."""
    transaction_pooling: bool = False
    """Whether a pooler stands in between that gives each transaction any connection: PgBouncer's
    transaction mode."""
    trust_seconds: float = 1.0
    """How long after its last use a connection to PostgreSQL is believed to live."""

    def driver(self) -> dict[str, Any]:
        """Return what connecting to PostgreSQL takes. Raises ValueError for a URL that's wrong."""
        return connecting(
            read_address(self.url),
            seconds=10,
            statement=self.statement_seconds,
            pooled=self.transaction_pooling,
        )

    async def connect(self) -> Any:
        """Open a connection of the driver's own, for whoever looks at the way there.

        Raises ValueError, and what BROKEN lists.
        """
        dsn = read_address(self.url).dsn
        return cast(Any, await asyncpg.connect(dsn, timeout=10, statement_cache_size=0))

    async def ping(self, driver: Any) -> None:
        """See whether a connection of asyncpg lives. Raises what shows that it doesn't."""
        wait = min(_PING_SECONDS, self.statement_seconds or _PING_SECONDS)
        if self.transaction_pooling:
            await driver.execute("SELECT 1", timeout=wait)  # in one trip, with nothing prepared
        else:
            await driver.fetchrow(";", timeout=wait)
