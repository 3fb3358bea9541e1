"""Keeps a database busy with its history: reads the whole log, and deletes from it in chunks.

Run as a program; settings from the environment. It says when it has begun, and runs until told.
"""

import uvloop
from sqlalchemy import text

from connector.app.serving import shutdown_signal
from connector.app.settings import load
from storage.engine import Database, StorageSettings

_READ = text(
    "SELECT status, count(*), max(attempts.duration_ms) FROM deliveries"
    " JOIN attempts ON attempts.delivery_id = deliveries.id"
    " JOIN events ON events.id = deliveries.event_id GROUP BY status"
)
_DELETE = text(
    "DELETE FROM attempts WHERE delivery_id IN (SELECT id FROM deliveries"
    " WHERE status = 'DELIVERED' ORDER BY id LIMIT 100 OFFSET :past)"
)


async def _main() -> None:
    database = Database(StorageSettings(url=load().database.url.get_secret_value()))
    print("busy", flush=True)
    past = 0
    with shutdown_signal() as shutdown:
        while not shutdown.is_set():
            async with database.reading() as connection:
                await connection.execute(_READ)
            async with database.writing() as connection:
                await connection.execute(_DELETE, {"past": past})
            past += 100
    await database.close()


if __name__ == "__main__":
    uvloop.run(_main())
