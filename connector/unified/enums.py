"""The contract's closed vocabularies. A source value that fits none of them becomes null."""

from typing import Annotated, Literal, get_args

from connector.api.named import named

DocumentStatus = Annotated[
    Literal[
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
    ],
    named("DocumentStatus", "Where an invoice or a bill stands."),
]

PaymentStatus = Annotated[
    Literal[
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
    ],
    named("PaymentStatus", "Whether an invoice or a bill is paid."),
]

BookingStatus = Annotated[
    Literal[
        "DRAFT",
        "SUBMITTED",
        "OPEN",
        "PARTIALLY_PAID",
        "PAID",
        "OVERDUE",
        "VOIDED",
        "DISPUTED",
        "CANCELLED",
    ],
    named("BookingStatus", "Where a booking proposal stands."),
]

BookingType = Annotated[
    Literal[
        "INVOICE",
        "BILL",
        "CREDIT_NOTE",
        "CREDIT_CARD",
        "EXPENSE",
        "INVOICE_CREDIT_NOTE",
        "BILL_CREDIT_NOTE",
        "DOWN_PAYMENT",
        "OTHER",
    ],
    named(
        "BookingType",
        "The kind of document behind a booking proposal (first version of the contract).",
    ),
]

BookingLineType = Annotated[
    Literal["GOODS", "SERVICES"],
    named("BookingLineType", "What a line of a booking proposal is about."),
]

InvoiceType = Annotated[
    Literal["STANDARD", "BILL"], named("InvoiceType", "Whether an invoice was issued or received.")
]

LineAmountTypes = Annotated[
    Literal["EXCLUSIVE", "INCLUSIVE", "NOTAX"],
    named("LineAmountTypes", "Whether line prices are without tax, with tax, or untaxed."),
]

ShippingType = Annotated[
    Literal["SERVICE", "SERVICE_PERIOD", "DELIVERY", "DELIVERY_PERIOD"],
    named(
        "ShippingType",
        "What the date of shipping is about: a service or a delivery, at once or over time.",
    ),
]

AddressType = Annotated[
    Literal["BILLING", "DELIVERY", "SELLING"],
    named("AddressType", "What an address on a document is for."),
]

TaxRule = Annotated[
    Literal[
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
    ],
    named("TaxRule", "By which rule a document is taxed."),
]

BankAccountStatus = Annotated[
    Literal["ACTIVE", "ARCHIVED"], named("BankAccountStatus", "Whether a bank account is in use.")
]

BankFileType = Annotated[
    Literal["CSV", "MT940"], named("BankFileType", "The format of an account's statements.")
]

TransactionStatus = Annotated[
    Literal["CREATED", "LINKED", "PRIVATE", "BOOKED", "AUTHORISED", "DELETED"],
    named("TransactionStatus", "Where a movement on a bank account stands."),
]

TransactionType = Annotated[
    Literal[
        "RECEIVE",
        "RECEIVE-OVERPAYMENT",
        "RECEIVE-PREPAYMENT",
        "SPEND",
        "SPEND-OVERPAYMENT",
        "SPEND-PREPAYMENT",
        "RECEIVE-TRANSFER",
        "SPEND-TRANSFER",
    ],
    named(
        "TransactionType",
        "Which way money went; a transfer is between the organisation's own accounts.",
    ),
]

ExpenseType = Annotated[
    Literal["EXPENSE", "REFUND"], named("ExpenseType", "Whether money was spent or came back.")
]

ExpensePaymentType = Annotated[
    Literal["CASH", "CHECK", "CREDIT_CARD", "CREDIT", "COLLECTION"],
    named("ExpensePaymentType", "How an expense was paid."),
]

PaymentDocumentType = Annotated[
    Literal["INVOICE", "BILL", "BOOKING_PROPOSAL"],
    named("PaymentDocumentType", "What kind of document a payment is for."),
]

UserRole = Annotated[
    Literal["OWNER", "ADMIN", "MANAGER", "REPORTING", "EMPLOYEE", "ACCOUNTANT"],
    named("UserRole", "What a member may do. Ours: the contract has no users."),
]

OfferStatus = Annotated[
    Literal["DRAFT", "SENT", "ACCEPTED", "EXPIRED", "VOIDED", "DECLINED"],
    named("OfferStatus", "Where an offer stands."),
]

OfferLineType = Annotated[
    Literal["COMMENT", "ACCOUNT", "ITEM", "RESOURCE", "VALUE", "FIXED_ASSET", "CHARGE"],
    named("OfferLineType", "What kind of line of an offer it is."),
]

ItemType = Annotated[
    Literal["PRODUCT", "SERVICE"], named("ItemType", "Whether an item is a product or a service.")
]

UnitName = Annotated[
    Literal[
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
    ],
    named(
        "UnitName",
        "What an item is counted in. Lines of documents name their unit in free text instead.",
    ),
]

ContactType = Annotated[
    Literal["CONTACT_PERSON", "COMPANY", "UNDEFINED"],
    named("ContactType", "Whether a contact is a company or a person."),
]

ContactRole = Annotated[
    Literal["SUPPLIER", "CUSTOMER", "CONTACT"],
    named("ContactRole", "Whether the organisation sells to a contact or buys from it."),
]

ContactAddressType = Annotated[
    Literal["BILLING", "DELIVERY", "EMPTY", "PRIVATE", "WORK", "PICKUP"],
    named("ContactAddressType", "What an address of a contact is for."),
]

ContactAddressTypeV2 = Annotated[
    Literal["BILLING", "DELIVERY", "PRIVATE", "WORK", "PICKUP"],
    named(
        "ContactAddressTypeV2",
        "What an address of a contact is for, in the contract's second version.",
    ),
]

EmailAddressType = Annotated[
    Literal["BUSINESS", "PRIVATE", "OFFICE", "INVOICE", "PAYMENT", "OTHER"],
    named("EmailAddressType", "What an e-mail address is for."),
]

PhoneNumberType = Annotated[
    Literal[
        "BUSINESS",
        "MOBILE",
        "OFFICE",
        "FAX",
        "PRIVATE",
        "LANDLINE",
        "SKYPE",
        "WHATSAPP",
        "OTHER",
    ],
    named("PhoneNumberType", "What a phone number is for."),
]

PhoneNumberTypeV2 = Annotated[
    Literal["BUSINESS", "MOBILE", "OFFICE", "FAX", "PRIVATE", "OTHER"],
    named("PhoneNumberTypeV2", "What a phone number is for, in the contract's second version."),
]

EInvoicingStatus = Annotated[
    Literal["PENDING", "SUBMITTED", "APPROVED", "DECLINED", "NOT_DELIVERED", "SUBMISSION_FAILED"],
    named("EInvoicingStatus", "How far an electronic invoice got."),
]

DocumentKind = Annotated[
    Literal[
        "INVOICE",
        "EXPENSE_RECEIPT",
        "CARD_RECEIPT",
        "CREDIT_NOTE",
        "OTHER_FINANCIAL_DOCUMENT",
        "OTHER_NON_FINANCIAL_DOCUMENT",
        "UNKNOWN",
    ],
    named("DocumentKind", "What a document among the bills really is. Not in the contract."),
]

DebitCredit = Annotated[
    Literal["DEBIT", "CREDIT"], named("DebitCredit", "Whether money left an account or came in.")
]

TaskStatus = Annotated[
    Literal["OPEN", "IN_PROGRESS", "SUCCESS", "PARTIAL_SUCCESS", "FAILED"],
    named("TaskStatus", "How far a task is."),
]

TransferStatus = Annotated[
    Literal["PENDING", "PROCESSING", "SETTLED", "DECLINED", "CANCELED"],
    named("TransferStatus", "Where a transfer stands. Not in the contract."),
]

TransferSpeed = Annotated[
    Literal["INSTANT", "STANDARD"],
    named("TransferSpeed", "Whether a transfer arrives at once or on a working day."),
]

MatchResult = Annotated[
    Literal["MATCH", "CLOSE_MATCH", "NO_MATCH", "NOT_POSSIBLE", "UNSPECIFIED"],
    named("MatchResult", "Whether an account belongs to whom the payer thinks."),
]
MATCH_RESULTS: tuple[str, ...] = get_args(get_args(MatchResult)[0])

BeneficiaryStatus = Annotated[
    Literal["PENDING", "VALIDATED", "DECLINED"],
    named("BeneficiaryStatus", "Whether the bank lets a beneficiary be paid."),
]

ApprovalMethod = Annotated[
    Literal["paired-device", "passkey", "mock"],
    named("ApprovalMethod", "How the owner is asked to approve a payment; mock in sandboxes."),
]

PaymentOrderStatus = Annotated[
    Literal[
        "AWAITING_SECOND_KEY",
        "READY",
        "AWAITING_CONFIRMATION",
        "SENDING",
        "AWAITING_APPROVAL",
        "APPROVED",
        "UNKNOWN",
        "PENDING",
        "PROCESSING",
        "SETTLED",
        "DECLINED",
        "CANCELED",
        "REFUSED",
        "DENIED",
        "EXPIRED",
        "WITHDRAWN",
    ],
    named("PaymentOrderStatus", "Where a payment on its way stands."),
]
