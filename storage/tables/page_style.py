"""How a tenant's pages look to its customers."""

from datetime import datetime

from sqlmodel import Field

from storage.base import BaseRow, UtcDateTime


class PageStyleRow(BaseRow, table=True):
    __tablename__ = "page_styles"

    tenant_id: str = Field(primary_key=True, foreign_key="tenants.id")
    name: str | None = None
    """What customers know the vendor by; None is the tenant's own name."""
    logo_svg: str | None = None
    """A data URI, checked; for an <img> only, never for the page itself."""
    logo_png: str | None = None
    """A data URI, checked."""
    colors: str
    """A JSON object of names to #rrggbb."""
    updated_at: datetime = Field(sa_type=UtcDateTime)
