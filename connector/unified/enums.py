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

BankAccountStatus = Literal["ACTIVE", "ARCHIVED"]

BankFileType = Literal["CSV", "MT940"]
"""The format of an account's statements."""

TransactionStatus = Literal["CREATED", "LINKED", "PRIVATE", "BOOKED", "AUTHORISED", "DELETED"]

TransactionType = Literal[
    "RECEIVE",
    "RECEIVE-OVERPAYMENT",
    "RECEIVE-PREPAYMENT",
    "SPEND",
    "SPEND-OVERPAYMENT",
    "SPEND-PREPAYMENT",
    "RECEIVE-TRANSFER",
    "SPEND-TRANSFER",
]
"""Which way money went; a transfer is between the organisation's own accounts."""

ExpenseType = Literal["EXPENSE", "REFUND"]

ExpensePaymentType = Literal["CASH", "CHECK", "CREDIT_CARD", "CREDIT", "COLLECTION"]

PaymentDocumentType = Literal["INVOICE", "BILL", "BOOKING_PROPOSAL"]
"""What kind of document a payment is for."""

UserRole = Literal["OWNER", "ADMIN", "MANAGER", "REPORTING", "EMPLOYEE", "ACCOUNTANT"]
"""What a member may do. Ours: the contract has no users."""

OfferStatus = Literal["DRAFT", "SENT", "ACCEPTED", "EXPIRED", "VOIDED", "DECLINED"]
"""Where an offer stands."""

OfferLineType = Literal["COMMENT", "ACCOUNT", "ITEM", "RESOURCE", "VALUE", "FIXED_ASSET", "CHARGE"]

ItemType = Literal["PRODUCT", "SERVICE"]

UnitName = Literal[
    "PIECE",
    "STÜCK",
    "NOT_UNIT",
    "CUBIC_METRE",
    "DAY",
    "GRAM",
    "HOUR",
    "KILOGRAM",
    "KILOMETRE",
    "LITRE",
    "METRE",
    "MILLIGRAM",
    "MILLILITRE",
    "MONTH",
    "NIGHT",
    "PACK",
    "PERCENTAGE",
    "SQUARE_METRE",
    "TONNE",
    "UNIT",
]
"""What an item is counted in. Lines of documents name their unit in free text instead."""

ContactType = Literal["CONTACT_PERSON", "COMPANY", "UNDEFINED"]

ContactRole = Literal["SUPPLIER", "CUSTOMER", "CONTACT"]

ContactAddressType = Literal["BILLING", "DELIVERY", "EMPTY", "PRIVATE", "WORK", "PICKUP"]

ContactAddressTypeV2 = Literal["BILLING", "DELIVERY", "PRIVATE", "WORK", "PICKUP"]

EmailAddressType = Literal["BUSINESS", "PRIVATE", "OFFICE", "INVOICE", "PAYMENT", "OTHER"]

PhoneNumberType = Literal[
    "BUSINESS",
    "MOBILE",
    "OFFICE",
    "FAX",
    "PRIVATE",
    "LANDLINE",
    "SKYPE",
    "WHATSAPP",
    "OTHER",
]

PhoneNumberTypeV2 = Literal["BUSINESS", "MOBILE", "OFFICE", "FAX", "PRIVATE", "OTHER"]

EInvoicingStatus = Literal[
    "PENDING", "SUBMITTED", "APPROVED", "DECLINED", "NOT_DELIVERED", "SUBMISSION_FAILED"
]
"""How far an electronic invoice got."""

DocumentKind = Literal[
    "INVOICE",
    "EXPENSE_RECEIPT",
    "CARD_RECEIPT",
    "CREDIT_NOTE",
    "OTHER_FINANCIAL_DOCUMENT",
    "OTHER_NON_FINANCIAL_DOCUMENT",
    "UNKNOWN",
]
"""What a document among the bills really is. Not in the contract."""

DebitCredit = Literal["DEBIT", "CREDIT"]
"""Whether money left an account or came in."""
