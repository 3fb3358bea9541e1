"""Deliveries with all that sending them takes.

Planning an event has all of it at hand; a claim reads it. Both put the same values together.
"""

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, literal_column, select

from storage.connection import SqlConnection
from storage.repositories import record_order
from storage.repositories.deliveries import Delivery
from storage.repositories.events import Event
from storage.repositories.notices import Notice
from storage.repositories.subscriptions import Subscription
from storage.repositories.tenants import Tenant
from storage.tables import (
    AccountRow,
    DeliveryRow,
    EventRow,
    NoticeRow,
    SubscriptionRow,
    TenantRow,
    TenantWebhookRow,
)
from storage.values import Value, as_value, as_values, columns_of, table_of

_table = table_of(DeliveryRow)
_accounts = table_of(AccountRow)
_events = table_of(EventRow)
_notices = table_of(NoticeRow)
_subscriptions = table_of(SubscriptionRow)
_tenants = table_of(TenantRow)
_tenant_webhooks = table_of(TenantWebhookRow)


class DueEvent(Value, frozen=True):
    """An event, and the subscription that it is sent for."""

    event: Event
    subscription: Subscription


class DueNotice(Value, frozen=True):
    """A notice, and the tenant that it is signed for."""

    notice: Notice
    tenant: Tenant


class DueDelivery(Value, frozen=True):
    """A leased delivery, and what it brings; `reference` is what the vendor calls the account."""

    delivery: Delivery
    reference: str | None
    message: DueEvent | DueNotice
    must_wait: bool = False
    """An earlier delivery of the same record isn't done yet."""

    def __repr__(self) -> str:
        return f"DueDelivery({self.delivery.id!r})"  # sealed or not, a secret is nobody's to see

    @property
    def callback_url(self) -> str:
        """Where it is sent."""
        match self.message:
            case DueEvent(subscription=subscription):
                return subscription.callback_url
            case DueNotice(notice=notice):
                return notice.callback_url

    @property
    def receiver_id(self) -> str | None:
        """The subscription or the tenant's webhook that it is sent for, if it is for one."""
        match self.message:
            case DueEvent(subscription=subscription):
                return subscription.id
            case DueNotice(notice=notice):
                return notice.tenant_webhook_id


def _select(*columns: ColumnElement[Any]) -> "Select[*tuple[Any, ...]]":
    """Select these columns of deliveries, the account's reference, whether to wait, the event."""
    return (
        select(
            *columns,
            _accounts.c.reference,
            record_order.must_wait.label("must_wait"),
            *(
                record_order.event_type.label("due_type") if one is _events.c.event_type else one
                for one in columns_of(Event, _events)
            ),
        )
        .join(_accounts, _accounts.c.id == _table.c.account_id)
        .outerjoin(_events, _events.c.id == _table.c.event_id)
    )


_leased = _select(*columns_of(Delivery, _table)).where(
    _table.c.status == literal_column("'PENDING'")
)
_known = _select(_table.c.id)
_live_subscriptions = select(*columns_of(Subscription, _subscriptions)).where(
    _subscriptions.c.deleted_at.is_(None)
)
_live_notices = (
    select(*columns_of(Notice, _notices), *columns_of(Tenant, _tenants))
    .join(_tenants, _tenants.c.id == _notices.c.tenant_id)
    .outerjoin(_tenant_webhooks, _tenant_webhooks.c.id == _notices.c.tenant_webhook_id)
    .where(_tenant_webhooks.c.deleted_at.is_(None))
)
_FIELDS = len(Delivery.__struct_fields__)


class DueDeliveries:
    def __init__(self, connection: SqlConnection) -> None:
        self._connection = connection

    async def read(self, delivery_ids: Sequence[str], owner: str) -> dict[str, DueDelivery]:
        """Return, by id, those that are still wanted and leased to `owner`.

        Asked right before an attempt: a delivery whose subscription has ended is not among them.
        """
        rows = await self._connection.execute(
            _leased.where(_table.c.id.in_(delivery_ids), _table.c.lease_owner == owner)
        )
        return await self._due([(Delivery(*row[:_FIELDS]), row[_FIELDS:]) for row in rows])

    async def of(self, claimed: Sequence[Delivery]) -> dict[str, DueDelivery]:
        """Return the same of deliveries that this transaction has claimed."""
        known = {delivery.id: delivery for delivery in claimed}
        rows = await self._connection.execute(_known.where(_table.c.id.in_(known)))
        return await self._due([(known[row[0]], row[1:]) for row in rows])

    async def _due(self, rows: Sequence[tuple[Delivery, Sequence[Any]]]) -> dict[str, DueDelivery]:
        subscriptions = await self._subscriptions({one.subscription_id or "" for one, _ in rows})
        notices = await self._notices({one.notice_id or "" for one, _ in rows})
        found: dict[str, DueDelivery] = {}
        for delivery, (reference, must_wait, *event) in rows:
            message: DueEvent | DueNotice | None = notices.get(delivery.notice_id or "")
            if subscription := subscriptions.get(delivery.subscription_id or ""):
                message = DueEvent(Event(*event), subscription)
            if message is not None:
                found[delivery.id] = DueDelivery(delivery, reference, message, must_wait)
        return found

    async def _subscriptions(self, ids: set[str]) -> dict[str, Subscription]:
        rows = await self._rows(_live_subscriptions, _subscriptions.c.id, ids)
        return {row.id: as_value(Subscription, row) for row in rows}

    async def _notices(self, ids: set[str]) -> dict[str, DueNotice]:
        rows = await self._rows(_live_notices, _notices.c.id, ids)
        return {row[0]: DueNotice(*as_values(Notice, Tenant, row)) for row in rows}

    async def _rows(
        self, query: "Select[*tuple[Any, ...]]", column: ColumnElement[str], ids: set[str]
    ) -> Iterable[Row[Any]]:
        wanted = sorted(ids - {""})
        return await self._connection.execute(query.where(column.in_(wanted))) if wanted else ()
