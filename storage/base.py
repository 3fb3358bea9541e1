"""What every table shares: constraint names that migrations can rely on, and UTC times."""

from collections.abc import Callable
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, ClassVar

from sqlalchemy import DateTime, Dialect, MetaData
from sqlalchemy.types import TypeDecorator
from sqlmodel import SQLModel

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}


class BaseRow(SQLModel):
    """Base of every table. Rows never leave `storage`; repositories hand out frozen values."""

    metadata: ClassVar[MetaData] = MetaData(  # pyright: ignore[reportIncompatibleVariableOverride]
        naming_convention=NAMING
    )
    # SQLModel types it as a declared_attr, which a plain name then fails to match
    __tablename__: ClassVar[Any]


class UtcDateTime(TypeDecorator[datetime]):
    """A moment, aware and in UTC on both databases.

    SQLite has no type for it and would drop the zone: there it's kept as UTC without one.
    """

    impl = DateTime(timezone=True)
    cache_ok = True

    # pyright wants the parameter's name, which no caller uses
    def bind_processor(  # pyright: ignore[reportIncompatibleMethodOverride]
        self, dialect: Dialect
    ) -> Callable[[Any], Any] | None:
        """Write moments for SQLite here: its own way takes four times as long."""
        return _as_text if dialect.name == "sqlite" else super().bind_processor(dialect)

    def result_processor(  # pyright: ignore[reportIncompatibleMethodOverride]
        self, dialect: Dialect, coltype: object
    ) -> Callable[[Any], Any] | None:
        own = dialect.name == "sqlite"
        return _as_moment if own else super().result_processor(dialect, coltype)

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        return None if value is None else _in_utc(value)

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        return None if value is None else value.astimezone(UTC)


def _in_utc(moment: datetime) -> datetime:
    if moment.tzinfo is None:
        raise ValueError("a stored moment needs a time zone")
    return moment.astimezone(UTC)


# One moment is written in several columns of a row, and in many rows of a batch.
@lru_cache(maxsize=256)
def _as_text(moment: datetime | None) -> str | None:
    return None if moment is None else _in_utc(moment).isoformat(" ", "microseconds")[:26]


@lru_cache(maxsize=256)
def _as_moment(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text).replace(tzinfo=UTC)
