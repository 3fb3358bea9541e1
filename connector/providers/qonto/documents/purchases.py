"""What the organisation buys: supplier invoices and suppliers' credit notes."""

from typing import Any

import msgspec

from connector.providers.qonto.documents.amounts import MoneyField
from connector.providers.qonto.documents.mending import QontoDocument
from connector.providers.qonto.documents.reading import QontoResource


class Tax(msgspec.Struct, frozen=True, gc=False):
    """The tax at one rate, which is a fraction."""

    tax_rate: Any = None
    tax_amount: MoneyField = None


class SupplierInvoice(QontoDocument, frozen=True):
    """A document received from a supplier; what it says was read from a file.

    Before `analyzed_at` is set, amounts, dates and names are missing or unreliable. Supplier credit
    notes are in the same resource, told apart by `is_credit_note`.
    """

    id: str | None = None
    organization_id: str | None = None
    status: str | None = None
    supplier_id: str | None = None
    supplier_name: str | None = None
    issuer_name: str | None = None
    invoice_number: str | None = None
    description: str | None = None
    vat_number: str | None = None
    tin: str | None = None
    tin_number: str | None = None
    file_name: str | None = None
    taxes: list[Tax] | None = None
    total_amount: MoneyField = None
    total_amount_excluding_taxes: MoneyField = None
    total_tax_amount: MoneyField = None
    payable_amount: MoneyField = None
    total_amount_credit_notes: MoneyField = None
    issue_date: str | None = None
    due_date: str | None = None
    payment_date: str | None = None
    scheduled_date: str | None = None
    iban: str | None = None
    attachment_id: str | None = None
    attachment_category: str | None = None
    analyzed_at: str | None = None
    is_credit_note: bool | None = None
    transfer_ids: list[str] | None = None
    created_at: str | None = None
    updated_at: str | None = None


SUPPLIER_INVOICES = QontoResource("supplier_invoices", "supplier_invoice", SupplierInvoice)
