"""One transaction, with every repository as an attribute.

    async with work.writing() as tx:
        account = await tx.accounts.get(account_id)
        await tx.subscriptions.add(...)

It commits on a clean exit and rolls back otherwise; repositories never commit. Keep it short: no
call to another service belongs inside.
"""

from collections.abc import AsyncGenerator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from functools import cached_property
from typing import Any

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


class Transaction:
    """The repositories, all on one connection."""

    def __init__(self, connection: SqlConnection) -> None:
        self.connection = connection

    @cached_property
    def tenants(self) -> Tenants:
        return Tenants(self.connection)

    @cached_property
    def api_keys(self) -> ApiKeys:
        return ApiKeys(self.connection)

    @cached_property
    def audit(self) -> Audit:
        return Audit(self.connection)

    @cached_property
    def page_styles(self) -> PageStyles:
        return PageStyles(self.connection)

    @cached_property
    def sealed(self) -> SealedValues:
        return SealedValues(self.connection)

    @cached_property
    def systems(self) -> Systems:
        return Systems(self.connection)

    @cached_property
    def accounts(self) -> Accounts:
        return Accounts(self.connection)

    @cached_property
    def connections(self) -> Connections:
        return Connections(self.connection)

    @cached_property
    def links(self) -> Links:
        return Links(self.connection)

    @cached_property
    def tokens(self) -> Tokens:
        return Tokens(self.connection)

    @cached_property
    def notices(self) -> Notices:
        return Notices(self.connection)

    @cached_property
    def subscriptions(self) -> Subscriptions:
        return Subscriptions(self.connection)

    @cached_property
    def upstream_subscriptions(self) -> UpstreamSubscriptions:
        return UpstreamSubscriptions(self.connection)

    @cached_property
    def tenant_webhooks(self) -> TenantWebhooks:
        return TenantWebhooks(self.connection)

    @cached_property
    def rate_budgets(self) -> RateBudgets:
        return RateBudgets(self.connection)

    @cached_property
    def unlinkings(self) -> Unlinkings:
        return Unlinkings(self.connection)

    @cached_property
    def endpoints(self) -> Endpoints:
        return Endpoints(self.connection)

    @cached_property
    def duties(self) -> Duties:
        return Duties(self.connection)

    @cached_property
    def erasure(self) -> Erasure:
        return Erasure(self.connection)

    @cached_property
    def events(self) -> Events:
        return Events(self.connection)

    @cached_property
    def acceptances(self) -> Acceptances:
        return Acceptances(self.connection)

    @cached_property
    def known_records(self) -> KnownRecords:
        return KnownRecords(self.connection)

    @cached_property
    def watermarks(self) -> Watermarks:
        return Watermarks(self.connection)

    @cached_property
    def deliveries(self) -> Deliveries:
        return Deliveries(self.connection)

    @cached_property
    def due_deliveries(self) -> DueDeliveries:
        return DueDeliveries(self.connection)

    @cached_property
    def delivery_log(self) -> DeliveryLog:
        return DeliveryLog(self.connection)

    @cached_property
    def replays(self) -> Replays:
        return Replays(self.connection)

    @cached_property
    def retention(self) -> Retention:
        return Retention(self.connection)


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
