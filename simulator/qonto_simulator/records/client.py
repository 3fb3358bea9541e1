"""A customer of an organisation, and the copy of it that a document keeps."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from .organisation import Address


@dataclass(slots=True)
class Client:
    """To be invoiced a client needs a currency, a locale and an address."""

    id: str
    kind: str
    name: str
    created_at: datetime
    updated_at: datetime
    first_name: str | None = None
    last_name: str | None = None
    email: str | None = None
    extra_emails: list[str] = field(default_factory=list[str])
    phone_country_code: str | None = None
    phone_number: str | None = None
    currency: str | None = None
    locale: str | None = None
    vat_number: str | None = None
    tax_identification_number: str | None = None
    e_invoicing_address: str | None = None
    e_invoicing_reachable: bool = False
    recipient_code: str | None = None
    billing_address: Address | None = None
    delivery_address: Address | None = None
    status: str = "active"

    @property
    def display_name(self) -> str:
        if self.kind == "company":
            return self.name
        return self.name or f"{self.first_name or ''} {self.last_name or ''}".strip()
