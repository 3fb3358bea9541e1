"""A vendor's people, who call with an e-mail address and a password."""

from datetime import datetime

from sqlmodel import Field

from storage.base import BaseRow, UtcDateTime


class UserRow(BaseRow, table=True):
    __tablename__ = "users"

    id: str = Field(primary_key=True)
    tenant_id: str = Field(foreign_key="tenants.id", index=True)
    email: str = Field(unique=True)
    """In lower case: it alone says whose user it is."""
    password_hash: str
    """Scrypt, with its cost and its salt."""
    permissions: str
    """What the user may do, space separated."""
    created_at: datetime = Field(sa_type=UtcDateTime)
