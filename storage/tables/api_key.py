"""The vendor's keys: only a keyed hash is kept."""

from datetime import datetime

from sqlmodel import Field

from storage.base import Record, UtcDateTime


class ApiKeyRow(Record, table=True):
    __tablename__ = "api_keys"

    id: str = Field(primary_key=True)
    tenant_id: str = Field(foreign_key="tenants.id", index=True)
    name: str
    hint: str
    """The key's first characters, to tell keys apart in lists."""
    digest: str = Field(unique=True)
    hash_key_id: str
    created_at: datetime = Field(sa_type=UtcDateTime)
    revoked_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
