"""The contract's closed vocabularies. A source value that fits none of them becomes null."""

from typing import Literal

DocumentStatus = Literal[
    "DRAFT",
    "CORRECTIVE",
    "SUBMITTED",
    "DOCUMENT_CREATED",
    "OPEN",
    "PARTIALLY_PAID",
    "PAID",
    "PARTIALLY_OVERDUE",
    "OVERDUE",
    "VOIDED",
]
"""Where an invoice or a bill stands."""

PaymentStatus = Literal[
    "NO_OPEN_ITEM",
    "PENDING",
    "PARTLY_PAID",
    "PAID",
    "DEBITED",
    "CREDIT_NOTE_CLEARED",
    "CLEARED_WITH_CREDIT_NOTE",
    "BAD_DEBT",
    "PARTIAL_CANCELLATION",
    "CANCELED",
    "UNKNOWN",
]
"""Whether an invoice or a bill is paid."""

BookingStatus = Literal[
    "DRAFT",
    "SUBMITTED",
    "OPEN",
    "PARTIALLY_PAID",
    "PAID",
    "OVERDUE",
    "VOIDED",
    "DISPUTED",
    "CANCELLED",
]
"""Where a booking proposal stands."""

BookingType = Literal[
    "INVOICE",
    "BILL",
    "CREDIT_NOTE",
    "CREDIT_CARD",
    "EXPENSE",
    "INVOICE_CREDIT_NOTE",
    "BILL_CREDIT_NOTE",
    "DOWN_PAYMENT",
    "OTHER",
]
"""The kind of document behind a booking proposal (first version of the contract)."""

BookingLineType = Literal["GOODS", "SERVICES"]

InvoiceType = Literal["STANDARD", "BILL"]

LineAmountTypes = Literal["EXCLUSIVE", "INCLUSIVE", "NOTAX"]
"""Whether line prices are without tax, with tax, or untaxed."""

ShippingType = Literal["SERVICE", "SERVICE_PERIOD", "DELIVERY", "DELIVERY_PERIOD"]

AddressType = Literal["BILLING", "DELIVERY", "SELLING"]

TaxRule = Literal[
    "NET",
    "TAXFREE",
    "INTRACOMMUNITY_GOODS",
    "INTRACOMMUNITY_SERVICE",
    "EXPORT_SERVICE",
    "EXPORT_GOODS",
    "REVERSE_CHARGE",
    "GROSS",
    "CONSTRUCTION_SERVICE",
    "PHOTOVOLTAIC_EQUIPMENT",
    "SMALL_BUSINESS_EXEMPTION",
    "NON_DOMESTIC_SERVICE",
    "OSS_GOODS",
    "OSS_ELECTRONIC_SERVICES",
    "OSS_SERVICES",
]
