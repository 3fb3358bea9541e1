"""What vendors may pay with."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from storage.connection import SqlConnection, insert_into
from storage.tables import PaymentSettingsRow
from storage.values import as_row, as_value, columns_of, table_of

_table = table_of(PaymentSettingsRow)


@dataclass(frozen=True, slots=True)
class PaymentSettings:
    """Whether a vendor may pay, and how much; amounts are in cents, None is no limit of ours."""

    tenant_id: str
    updated_at: datetime
    enabled: bool = False
    per_payment_cents: int | None = None
    per_day_cents: int | None = None
    per_payee_cents: int | None = None
    four_eyes: bool = False


class PaymentSettingsRepository:
    _select = select(*columns_of(PaymentSettings, _table))

    def __init__(self, connection: SqlConnection) -> None:
        self._connection = connection

    async def get(self, tenant_id: str, *, lock: bool = False) -> PaymentSettings | None:
        """Return a vendor's settings; with `lock` its payments are counted one after the other."""
        query = self._select.where(_table.c.tenant_id == tenant_id)
        found = await self._connection.execute(query.with_for_update() if lock else query)
        row = found.first()
        return None if row is None else as_value(PaymentSettings, row)

    async def put(self, settings: PaymentSettings) -> None:
        """Store a vendor's settings, in the place of any there were."""
        values = as_row(settings)
        await self._connection.execute(
            insert_into(self._connection, _table)
            .values(**values)
            .on_conflict_do_update(index_elements=["tenant_id"], set_=values)
        )
