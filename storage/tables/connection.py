"""One consent at a target system: whose tokens they are, whichever accounts live on them."""

from datetime import datetime

from sqlalchemy import UniqueConstraint
from sqlmodel import Field

from storage.base import BaseRow, UtcDateTime


class ConnectionRow(BaseRow, table=True):
    __tablename__ = "connections"
    __table_args__ = (
        UniqueConstraint("tenant_id", "target", "organization_id", "membership_id", "kind"),
    )

    id: str = Field(primary_key=True)
    tenant_id: str = Field(foreign_key="tenants.id")
    target: str
    organization_id: str
    membership_id: str = ""
    """Who consented; empty where that isn't known, and for an organisation's own API key."""
    kind: str = "OAUTH"
    """OAUTH or API_KEY."""
    created_at: datetime = Field(sa_type=UtcDateTime)
