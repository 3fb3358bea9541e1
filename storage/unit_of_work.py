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
from storage.repositories.acceptances import AcceptanceRepository
from storage.repositories.accounts import AccountRepository
from storage.repositories.api_keys import ApiKeyRepository
from storage.repositories.assistants import AssistantRepository
from storage.repositories.audit import AuditRepository
from storage.repositories.configurations import ConfigurationRepository
from storage.repositories.connections import ConnectionRepository
from storage.repositories.copied_documents import CopiedDocumentRepository
from storage.repositories.copied_records import CopiedRecordRepository
from storage.repositories.copies import CopyRepository
from storage.repositories.deliveries import DeliveryRepository
from storage.repositories.delivery_log import DeliveryLogRepository
from storage.repositories.due_deliveries import DueDeliveries
from storage.repositories.endpoints import EndpointRepository
from storage.repositories.erasure import ErasureRepository
from storage.repositories.events import EventRepository
from storage.repositories.jobs import JobRepository
from storage.repositories.known_records import KnownRecordRepository
from storage.repositories.links import LinkRepository
from storage.repositories.notices import NoticeRepository
from storage.repositories.page_styles import PageStyleRepository
from storage.repositories.payment_orders import PaymentOrderRepository
from storage.repositories.payment_settings import PaymentSettingsRepository
from storage.repositories.payouts import PayoutRepository
from storage.repositories.periodic_tasks import PeriodicTaskRepository
from storage.repositories.rate_budgets import RateBudgetRepository
from storage.repositories.replays import ReplayRepository
from storage.repositories.retention import RetentionRepository
from storage.repositories.sealed import SealedValueRepository
from storage.repositories.subscriptions import SubscriptionRepository
from storage.repositories.systems import SystemRepository
from storage.repositories.templates import TemplateRepository
from storage.repositories.tenant_webhooks import TenantWebhookRepository
from storage.repositories.tenants import TenantRepository
from storage.repositories.tokens import TokenRepository
from storage.repositories.unlinkings import UnlinkingRepository
from storage.repositories.upstream_subscriptions import UpstreamSubscriptionRepository
from storage.repositories.users import UserRepository
from storage.repositories.watermarks import WatermarkRepository
from storage.repositories.writes import WriteRepository

Repository = TypeVar("Repository")


def _on_connection(kind: Callable[[SqlConnection], Repository]) -> "cached_property[Repository]":
    """Make an attribute that is a repository on its transaction's connection."""

    def make(tx: "DatabaseTransaction") -> Repository:
        return kind(tx.connection)

    return cached_property(make)


class DatabaseTransaction:
    """The repositories, all on one connection."""

    def __init__(self, connection: SqlConnection) -> None:
        self.connection = connection

    tenants = _on_connection(TenantRepository)
    api_keys = _on_connection(ApiKeyRepository)
    assistants = _on_connection(AssistantRepository)
    audit = _on_connection(AuditRepository)
    page_styles = _on_connection(PageStyleRepository)
    sealed = _on_connection(SealedValueRepository)
    systems = _on_connection(SystemRepository)
    accounts = _on_connection(AccountRepository)
    connections = _on_connection(ConnectionRepository)
    links = _on_connection(LinkRepository)
    tokens = _on_connection(TokenRepository)
    notices = _on_connection(NoticeRepository)
    subscriptions = _on_connection(SubscriptionRepository)
    upstream_subscriptions = _on_connection(UpstreamSubscriptionRepository)
    tenant_webhooks = _on_connection(TenantWebhookRepository)
    rate_budgets = _on_connection(RateBudgetRepository)
    unlinkings = _on_connection(UnlinkingRepository)
    endpoints = _on_connection(EndpointRepository)
    periodic_tasks = _on_connection(PeriodicTaskRepository)
    erasure = _on_connection(ErasureRepository)
    events = _on_connection(EventRepository)
    acceptances = _on_connection(AcceptanceRepository)
    known_records = _on_connection(KnownRecordRepository)
    watermarks = _on_connection(WatermarkRepository)
    deliveries = _on_connection(DeliveryRepository)
    due_deliveries = _on_connection(DueDeliveries)
    delivery_log = _on_connection(DeliveryLogRepository)
    replays = _on_connection(ReplayRepository)
    retention = _on_connection(RetentionRepository)
    writes = _on_connection(WriteRepository)
    jobs = _on_connection(JobRepository)
    payouts = _on_connection(PayoutRepository)
    payment_orders = _on_connection(PaymentOrderRepository)
    payment_settings = _on_connection(PaymentSettingsRepository)
    copies = _on_connection(CopyRepository)
    copied_documents = _on_connection(CopiedDocumentRepository)
    copied_records = _on_connection(CopiedRecordRepository)
    users = _on_connection(UserRepository)
    configurations = _on_connection(ConfigurationRepository)
    templates = _on_connection(TemplateRepository)


class HotRepositories(DatabaseTransaction):
    """The same on the connection of a hot transaction."""

    def __init__(self, connection: HotConnection) -> None:
        super().__init__(connection)
        self._hot = connection

    @property
    def state(self) -> object:
        """A value that stays equal until anything but a hot transaction of this process has
        written."""
        return self._hot.state


class UnitOfWork:
    """Opens transactions with repositories."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.batches_at_once = 1 if database.is_sqlite else 2
        """How many hot transactions of one kind are worth having at once."""

    @asynccontextmanager
    async def writing(self) -> AsyncGenerator[DatabaseTransaction]:
        """Open a transaction that may write. Raises StorageUnavailable."""
        async with self.database.writing() as connection:
            yield DatabaseTransaction(connection)

    def hot(self, *, single: bool = False) -> AbstractAsyncContextManager[HotRepositories]:
        """Open a transaction that writes little and often. Raises StorageUnavailable.

        It's for what every event and every attempt takes: on SQLite a slow statement in it would
        hold up the whole process. With `single` each statement may be committed by itself.
        """
        return _Hot(self.database.hot(single=single))

    def hot_reading(self) -> AbstractAsyncContextManager[HotRepositories]:
        """Open the same for what only reads, little and often. Raises StorageUnavailable."""
        return _Hot(self.database.hot_reading())

    @asynccontextmanager
    async def reading(self) -> AsyncGenerator[DatabaseTransaction]:
        """Open a transaction that only reads. Raises StorageUnavailable."""
        async with self.database.reading() as connection:
            yield DatabaseTransaction(connection)


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
