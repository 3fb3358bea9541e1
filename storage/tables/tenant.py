"""A SaaS vendor, and where its customers' browsers may be sent."""

from datetime import datetime

from sqlmodel import Field

from storage.base import BaseRow, UtcDateTime


class TenantRow(BaseRow, table=True):
    __tablename__ = "tenants"

    id: str = Field(primary_key=True)
    name: str
    callback_url: str | None = None
    """Where a link ends when the request names no callback."""
    cancel_callback_url: str | None = None
    key_in_redirect: bool = False
    """Opted in to receiving account keys in the redirect's query, as Maesn does it."""
    confirms_acts: bool = False
    """What can't be undone has to be checked first, and confirmed by a token."""
    signing_secret: bytes | None = None
    """Sealed. Signs redirects and notices."""
    created_at: datetime = Field(sa_type=UtcDateTime)


class AllowedCallbackRow(BaseRow, table=True):
    __tablename__ = "allowed_callbacks"

    tenant_id: str = Field(primary_key=True, foreign_key="tenants.id")
    url: str = Field(primary_key=True)
    """An origin and a path prefix, such as https://app.example/qonto."""
