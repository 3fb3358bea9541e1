"""The yardstick of the reading path: a page parsed into plain pydantic models and dumped as JSON.

The models mirror the invoice as Qonto writes it, in the most obvious way. They are fixed: made
faster or slower, they would measure something else.
"""

from datetime import date, datetime
from decimal import Decimal

from pydantic import BaseModel


class Money(BaseModel):
    value: Decimal
    currency: str


class Discount(BaseModel):
    type: str
    value: Decimal
    amount: Money


class Item(BaseModel):
    title: str
    description: str | None
    quantity: Decimal
    unit: str | None
    unit_price: Money
    unit_price_cents: int
    vat_rate: Decimal
    vat_exemption_reason: str | None
    discount: Discount | None
    total_vat: Money
    total_vat_cents: int
    total_amount: Money
    total_amount_cents: int
    subtotal: Money
    subtotal_cents: int


class Address(BaseModel):
    street_address: str | None
    city: str | None
    zip_code: str | None
    province_code: str | None
    country_code: str | None


class Client(BaseModel):
    id: str
    name: str
    type: str
    email: str
    vat_number: str
    tax_identification_number: str
    address: str
    city: str
    zip_code: str
    province_code: str
    country_code: str
    recipient_code: str
    locale: str
    billing_address: Address | None
    delivery_address: Address | None


class PaymentMethod(BaseModel):
    type: str
    beneficiary_name: str
    bic: str
    iban: str


class Organization(BaseModel):
    id: str
    legal_name: str
    legal_number: str
    legal_country: str
    address_line_1: str
    address_line_2: str
    address_zipcode: str
    address_city: str
    address_country: str
    company_leadership: str
    district_court: str
    commercial_register_number: str
    vat_number: str
    tax_number: str
    legal_capital_share: Money
    transaction_type: str
    vat_payment_condition: str


class LifecycleEvent(BaseModel):
    status_code: int
    reason: str
    reason_message: str
    timestamp: datetime


class ClientInvoice(BaseModel):
    id: str
    organization_id: str
    attachment_id: str | None
    number: str
    purchase_order: str | None
    status: str
    invoice_type: str
    quote_id: str | None
    invoice_url: str
    contact_email: str
    terms_and_conditions: str
    discount_conditions: str | None
    late_payment_penalties: str | None
    legal_fixed_compensation: str | None
    header: str
    footer: str
    currency: str
    total_amount: Money
    total_amount_cents: int
    vat_amount: Money
    vat_amount_cents: int
    amount_paid: Money
    deposit_amount: Money | None
    discount: Discount | None
    issue_date: date
    due_date: date
    performance_date: str
    performance_start_date: date
    performance_end_date: date
    created_at: datetime
    updated_at: datetime
    finalized_at: datetime
    paid_at: datetime | None
    stamp_duty_amount: str
    items: list[Item]
    client: Client
    payment_methods: list[PaymentMethod]
    credit_notes_ids: list[str]
    organization: Organization
    einvoicing_status: str
    einvoicing_lifecycle_events: list[LifecycleEvent]
    welfare_fund: str | None
    withholding_tax: str | None
    payment_reporting: str | None


class Meta(BaseModel):
    current_page: int
    next_page: int | None
    prev_page: int | None
    total_pages: int
    total_count: int
    per_page: int


class Page(BaseModel):
    client_invoices: list[ClientInvoice]
    meta: Meta


def parse_and_dump(body: bytes) -> str:
    """Read a page and write it again."""
    return Page.model_validate_json(body).model_dump_json()
