"""The vendor's keys: only a keyed hash is kept."""

from datetime import datetime

from sqlmodel import Field

from storage.base import BaseRow, UtcDateTime

EVERY_PERMISSION = "read write payments admin"
"""What a key may do that was made before there were permissions."""


class ApiKeyRow(BaseRow, table=True):
    __tablename__ = "api_keys"

    id: str = Field(primary_key=True)
    tenant_id: str = Field(foreign_key="tenants.id", index=True)
    name: str
    hint: str
    """The key's first characters, to tell keys apart in lists."""
    digest: str = Field(unique=True)
    hash_key_id: str
    permissions: str = Field(
        default=EVERY_PERMISSION, sa_column_kwargs={"server_default": EVERY_PERMISSION}
    )
    """What the key may be used for, space separated."""
    created_at: datetime = Field(sa_type=UtcDateTime)
    last_used_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    """Exact to a minute."""
    ends_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    """Set while the key is being replaced: until then it works beside the new one."""
    revoked_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
