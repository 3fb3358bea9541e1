"""What the organisation sells: quotes, client invoices, credit notes, products, and whom to."""

from typing import Any

import msgspec

from connector.providers.qonto.documents.amounts import Discount, MoneyField
from connector.providers.qonto.documents.mending import QontoDocument
from connector.providers.qonto.documents.reading import QontoResource


class PostalAddress(msgspec.Struct, frozen=True, gc=False):
    street_address: str | None = None
    city: str | None = None
    zip_code: str | None = None
    country_code: str | None = None


class Client(QontoDocument, frozen=True):
    """The customer as printed on a document. The flat address is the older form."""

    id: str | None = None
    name: str | None = None
    first_name: str | None = None
    last_name: str | None = None
    vat_number: str | None = None
    address: str | None = None
    city: str | None = None
    zip_code: str | None = None
    country_code: str | None = None
    billing_address: PostalAddress | None = None
    delivery_address: PostalAddress | None = None


class Phone(msgspec.Struct, frozen=True, gc=False):
    country_code: str | None = None
    number: str | None = None


class ClientRecord(Client, frozen=True):
    """A customer as the organisation keeps it. `type` is what `kind` was called before."""

    kind: str | None = None
    type: str | None = None
    email: str | None = None
    extra_emails: list[str | None] | str | None = None
    phone: Phone | str | None = None
    phone_number: str | None = None
    currency: str | None = None
    locale: str | None = None
    tax_identification_number: str | None = None
    e_invoicing_address: str | None = None
    e_invoicing_reachable: bool | None = None
    created_at: str | None = None
    updated_at: str | None = None


class QontoItem(msgspec.Struct, frozen=True, gc=False):
    """A line of a document. `vat_rate` is a fraction, 0.2 is 20 %; on quotes see the mapping."""

    title: str | None = None
    description: str | None = None
    quantity: Any = None
    unit: str | None = None
    unit_price: MoneyField = None
    vat_rate: Any = None
    vat_exemption_reason: str | None = None
    discount: Discount | None = None
    subtotal: MoneyField = None
    total_vat: MoneyField = None
    total_amount: MoneyField = None


class PaymentMethod(msgspec.Struct, frozen=True, gc=False):
    iban: str | None = None
    bic: str | None = None


class Issuer(msgspec.Struct, frozen=True, gc=False):
    """The organisation as printed on a document."""

    legal_country: str | None = None
    address_country: str | None = None


class LifecycleEvent(msgspec.Struct, frozen=True, gc=False):
    """What happened to an e-invoice; the code is documented as a number, and often a text."""

    status_code: Any = None
    reason: str | None = None
    reason_message: str | None = None
    timestamp: str | None = None


class ClientInvoice(QontoDocument, frozen=True):
    """An invoice the organisation issued. `items` is null for a draft without lines."""

    id: str | None = None
    organization_id: str | None = None
    attachment_id: str | None = None
    number: str | None = None
    invoice_number: str | None = None
    purchase_order: str | None = None
    status: str | None = None
    invoice_type: str | None = None
    currency: str | None = None
    total_amount: MoneyField = None
    vat_amount: MoneyField = None
    amount_paid: MoneyField = None
    discount: Discount | None = None
    stamp_duty_amount: Any = None
    welfare_fund: Any = None
    withholding_tax: Any = None
    issue_date: str | None = None
    due_date: str | None = None
    performance_date: str | None = None
    performance_start_date: str | None = None
    performance_end_date: str | None = None
    invoice_url: str | None = None
    einvoicing_status: str | None = None
    einvoicing_lifecycle_events: list[LifecycleEvent] | None = None
    created_at: str | None = None
    updated_at: str | None = None
    finalized_at: str | None = None
    paid_at: str | None = None
    items: list[QontoItem] | None = None
    client: Client | None = None
    credit_notes_ids: list[str] | None = None
    payment_methods: list[PaymentMethod] | PaymentMethod | None = None
    organization: Issuer | None = None


class QontoCreditNote(QontoDocument, frozen=True):
    """A credit note to one of the organisation's own invoices. It has no status of its own."""

    id: str | None = None
    organization_id: str | None = None
    attachment_id: str | None = None
    number: str | None = None
    invoice_id: str | None = None
    reason: str | None = None
    currency: str | None = None
    total_amount: MoneyField = None
    vat_amount: MoneyField = None
    discount: Discount | None = None
    stamp_duty_amount: Any = None
    welfare_fund: Any = None
    withholding_tax: Any = None
    issue_date: str | None = None
    created_at: str | None = None
    updated_at: str | None = None
    finalized_at: str | None = None
    items: list[QontoItem] | None = None
    client: Client | None = None


class Quote(QontoDocument, frozen=True):
    """An offer to a customer, good until the end of `expiry_date`."""

    id: str | None = None
    organization_id: str | None = None
    attachment_id: str | None = None
    number: str | None = None
    status: str | None = None
    currency: str | None = None
    total_amount: MoneyField = None
    vat_amount: MoneyField = None
    discount: Discount | None = None
    stamp_duty_amount: Any = None
    welfare_fund: Any = None
    withholding_tax: Any = None
    issue_date: str | None = None
    expiry_date: str | None = None
    created_at: str | None = None
    updated_at: str | None = None
    items: list[QontoItem] | None = None
    client: Client | None = None
    organization: Issuer | None = None


class Product(QontoDocument, frozen=True):
    """Something to be put on lines. `vat_rate` is a fraction: 0.2 is 20 %."""

    id: str | None = None
    organization_id: str | None = None
    title: str | None = None
    description: str | None = None
    type: str | None = None
    unit: str | None = None
    unit_price: MoneyField = None
    vat_rate: Any = None
    vat_exemption_code: str | None = None
    created_at: str | None = None
    updated_at: str | None = None


CLIENT_INVOICES = QontoResource("client_invoices", "client_invoice", ClientInvoice)
CREDIT_NOTES = QontoResource("credit_notes", "credit_note", QontoCreditNote)
QUOTES = QontoResource("quotes", "quote", Quote)
PRODUCTS = QontoResource("products", "product", Product)
CLIENTS = QontoResource("clients", "client", ClientRecord)
