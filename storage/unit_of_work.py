"""One transaction, with every repository as an attribute.

    async with work.writing() as tx:
        account = await tx.accounts.get(account_id)
        await tx.subscriptions.add(...)

It commits on a clean exit and rolls back otherwise; repositories never commit. Keep it short: no
call to another service belongs inside.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import cached_property

from sqlalchemy.ext.asyncio import AsyncConnection

from storage.engine import Database
from storage.repositories.deliveries import Deliveries
from storage.repositories.events import Events
from storage.repositories.subscriptions import Subscriptions
from storage.repositories.upstream_subscriptions import UpstreamSubscriptions


class Transaction:
    """The repositories, all on one connection."""

    def __init__(self, connection: AsyncConnection) -> None:
        self.connection = connection

    @cached_property
    def subscriptions(self) -> Subscriptions:
        return Subscriptions(self.connection)

    @cached_property
    def upstream_subscriptions(self) -> UpstreamSubscriptions:
        return UpstreamSubscriptions(self.connection)

    @cached_property
    def events(self) -> Events:
        return Events(self.connection)

    @cached_property
    def deliveries(self) -> Deliveries:
        return Deliveries(self.connection)


class UnitOfWork:
    """Opens transactions with repositories."""

    def __init__(self, database: Database) -> None:
        self.database = database

    @asynccontextmanager
    async def writing(self) -> AsyncIterator[Transaction]:
        """Open a transaction that may write. Raises StorageUnavailable."""
        async with self.database.writing() as connection:
            yield Transaction(connection)

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[Transaction]:
        """Open a transaction that only reads. Raises StorageUnavailable."""
        async with self.database.reading() as connection:
            yield Transaction(connection)
