"""One transaction, with every repository as an attribute.

    async with work.writing() as tx:
        account = await tx.accounts.get(account_id)
        await tx.subscriptions.add(...)

It commits on a clean exit and rolls back otherwise; repositories never commit. Keep it short: no
call to another service belongs inside.
"""

from collections.abc import AsyncGenerator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from functools import cached_property
from typing import Any, TypeVar

from storage.connection import HotConnection, SqlConnection
from storage.engine import Database
from storage.hot import HotTransaction
from storage.repositories.acceptances import Acceptances
from storage.repositories.accounts import Accounts
from storage.repositories.api_keys import ApiKeys
from storage.repositories.audit import Audit
from storage.repositories.connections import Connections
from storage.repositories.deliveries import Deliveries
from storage.repositories.delivery_log import DeliveryLog
from storage.repositories.due_deliveries import DueDeliveries
from storage.repositories.duties import Duties
from storage.repositories.endpoints import Endpoints
from storage.repositories.erasure import Erasure
from storage.repositories.events import Events
from storage.repositories.known_records import KnownRecords
from storage.repositories.links import Links
from storage.repositories.notices import Notices
from storage.repositories.page_styles import PageStyles
from storage.repositories.rate_budgets import RateBudgets
from storage.repositories.replays import Replays
from storage.repositories.retention import Retention
from storage.repositories.sealed import SealedValues
from storage.repositories.subscriptions import Subscriptions
from storage.repositories.systems import Systems
from storage.repositories.tenant_webhooks import TenantWebhooks
from storage.repositories.tenants import Tenants
from storage.repositories.tokens import Tokens
from storage.repositories.unlinkings import Unlinkings
from storage.repositories.upstream_subscriptions import UpstreamSubscriptions
from storage.repositories.watermarks import Watermarks

Repository = TypeVar("Repository")


def _on_connection(kind: Callable[[SqlConnection], Repository]) -> "cached_property[Repository]":
    """Make an attribute that is a repository on its transaction's connection."""

    def make(tx: "Transaction") -> Repository:
        return kind(tx.connection)

    return cached_property(make)


class Transaction:
    """The repositories, all on one connection."""

    def __init__(self, connection: SqlConnection) -> None:
        self.connection = connection

    tenants = _on_connection(Tenants)
    api_keys = _on_connection(ApiKeys)
    audit = _on_connection(Audit)
    page_styles = _on_connection(PageStyles)
    sealed = _on_connection(SealedValues)
    systems = _on_connection(Systems)
    accounts = _on_connection(Accounts)
    connections = _on_connection(Connections)
    links = _on_connection(Links)
    tokens = _on_connection(Tokens)
    notices = _on_connection(Notices)
    subscriptions = _on_connection(Subscriptions)
    upstream_subscriptions = _on_connection(UpstreamSubscriptions)
    tenant_webhooks = _on_connection(TenantWebhooks)
    rate_budgets = _on_connection(RateBudgets)
    unlinkings = _on_connection(Unlinkings)
    endpoints = _on_connection(Endpoints)
    duties = _on_connection(Duties)
    erasure = _on_connection(Erasure)
    events = _on_connection(Events)
    acceptances = _on_connection(Acceptances)
    known_records = _on_connection(KnownRecords)
    watermarks = _on_connection(Watermarks)
    deliveries = _on_connection(Deliveries)
    due_deliveries = _on_connection(DueDeliveries)
    delivery_log = _on_connection(DeliveryLog)
    replays = _on_connection(Replays)
    retention = _on_connection(Retention)


class HotRepositories(Transaction):
    """The same on the connection of a hot transaction."""

    def __init__(self, connection: HotConnection) -> None:
        super().__init__(connection)
        self._hot = connection

    @property
    def state(self) -> object:
        """What is equal as long as nobody has written but hot transactions of this process."""
        return self._hot.state


class UnitOfWork:
    """Opens transactions with repositories."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.batches_at_once = 1 if database.is_sqlite else 2
        """How many hot transactions of one kind are worth having at once."""

    @asynccontextmanager
    async def writing(self) -> AsyncGenerator[Transaction]:
        """Open a transaction that may write. Raises StorageUnavailable."""
        async with self.database.writing() as connection:
            yield Transaction(connection)

    def hot(self, *, single: bool = False) -> AbstractAsyncContextManager[HotRepositories]:
        """Open a transaction that writes little and often. Raises StorageUnavailable.

        It's for what every event and every try takes: on SQLite a slow statement in it would hold
        up the whole process. With `single` each statement may be committed by itself.
        """
        return _Hot(self.database.hot(single=single))

    def hot_reading(self) -> AbstractAsyncContextManager[HotRepositories]:
        """Open the same for what only reads, little and often. Raises StorageUnavailable."""
        return _Hot(self.database.hot_reading())

    @asynccontextmanager
    async def reading(self) -> AsyncGenerator[Transaction]:
        """Open a transaction that only reads. Raises StorageUnavailable."""
        async with self.database.reading() as connection:
            yield Transaction(connection)


class _Hot(AbstractAsyncContextManager[HotRepositories]):
    """The repositories on the connection of a hot transaction."""

    def __init__(self, hot: HotTransaction[Any]) -> None:
        self._hot = hot

    async def __aenter__(self) -> HotRepositories:
        return HotRepositories(await self._hot.__aenter__())

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: Any
    ) -> None:
        await self._hot.__aexit__(kind, error, trace)
