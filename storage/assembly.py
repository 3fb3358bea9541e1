"""What every floor stands on, put together once."""

from dataclasses import dataclass

from storage.clock import Clock, system_clock
from storage.database_clock import DatabaseClock
from storage.engine import Database
from storage.sealing import KeyRing
from storage.unit_of_work import UnitOfWork


@dataclass(frozen=True, slots=True)
class Storage:
    """The database and its transactions, the keys that seal, and the time.

    `shared_clock` is that of leases which several processes take: on PostgreSQL its own.
    """

    database: Database
    work: UnitOfWork
    ring: KeyRing
    clock: Clock
    shared_clock: Clock


def assemble(database: Database, ring: KeyRing, clock: Clock) -> Storage:
    """Put the floor together; a test's own clock stands for the database's as well."""
    shared = clock if clock is not system_clock else DatabaseClock(database)
    return Storage(database, UnitOfWork(database), ring, clock, shared)
