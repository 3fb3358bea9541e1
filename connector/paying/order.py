"""A payment: what was asked, and what is known of it so far."""

from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

import msgspec

from connector.unified.enums import ApprovalMethod
from connector.unified.enums import PaymentOrderStatus as OrderStatus
from storage.repositories.payment_orders import StoredPayment

IN_DOUBT: tuple[OrderStatus, ...] = ("SENDING", "UNKNOWN")
"""Nobody knows yet whether a transfer was made."""

MADE: tuple[OrderStatus, ...] = ("PENDING", "PROCESSING", "SETTLED", "DECLINED", "CANCELED")
"""There is a transfer."""

RELEASED: tuple[OrderStatus, ...] = (
    "DECLINED",
    "CANCELED",
    "REFUSED",
    "DENIED",
    "EXPIRED",
    "WITHDRAWN",
)
"""No money moves, so that nothing counts against limits."""

ENDED: tuple[OrderStatus, ...] = ("SETTLED", *RELEASED)

NOT_LEFT: tuple[OrderStatus, ...] = (
    "AWAITING_SECOND_KEY",
    "READY",
    "AWAITING_CONFIRMATION",
    "AWAITING_APPROVAL",
    "APPROVED",
)
"""No transfer can come of it without another step of ours."""


class PaymentOrder(msgspec.Struct, frozen=True, omit_defaults=True):
    """What is to be paid. Amounts are euros; the payee is named by id or by account number.

    `payee_name` is who the caller thinks is paid. `bank_account_id` is where the money comes from,
    None for the main account. `day` is a date such as 2026-11-30, None for now. `invoice_id` is the
    bill that it pays. `approve_by` is how the owner is asked. `confirmed` are doubts that are meant
    all the same, by their codes.
    """

    amount: Decimal
    reference: str
    beneficiary_id: str | None = None
    iban: str | None = None
    payee_name: str | None = None
    bank_account_id: str | None = None
    day: str | None = None
    note: str | None = None
    file_ids: tuple[str, ...] = ()
    invoice_id: str | None = None
    approve_by: ApprovalMethod = "paired-device"
    confirmed: tuple[str, ...] = ()


class Payee(msgspec.Struct, frozen=True):
    """Whom the target system knows as a beneficiary."""

    id: str
    name: str
    iban: str
    is_trusted: bool = False

    @property
    def masked_iban(self) -> str:
        """Its account number without its middle."""
        return masked(self.iban)


class CheckedOrder(msgspec.Struct, frozen=True):
    """An order against which nothing stands. `day` is set; `is_instant` is a forecast."""

    order: PaymentOrder
    payee: Payee
    bank_account_id: str
    day: str
    is_instant: bool
    warnings: tuple[str, ...] = ()


class Verification(msgspec.Struct, frozen=True):
    """What the payee's bank says of the name; `proof` is what a transfer takes along."""

    result: str
    proof: str
    at: datetime
    matched_name: str | None = None


class PayeeConfirmation(msgspec.Struct, frozen=True):
    """Who took a result that isn't a full match for good, and when."""

    result: str
    by: str
    at: datetime
    matched_name: str | None = None


class OwnerApproval(msgspec.Struct, frozen=True):
    """What the owner has to approve, until when."""

    token: str
    until: datetime
    asked_at: datetime
    is_allowed: bool = False


class Setback(msgspec.Struct, frozen=True):
    """Why a payment came to nothing, or why nobody can tell."""

    code: str
    message: str


class OrderState(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What is sealed of a payment.

    `key` is the one at the target system, `request` what is sent with it, the same each time.
    `doubt_since` is when the first request left of which nobody knows what came, `sent_at` when
    the last did; `doubt_is_approved` says that one of those was approved by the owner. `contested`
    is its transfer where another payment was told the same one. `answer` is the transfer as it was
    read last.
    """

    checked: CheckedOrder
    key: str
    request: bytes | None = None
    verification: Verification | None = None
    confirmation: PayeeConfirmation | None = None
    approval: OwnerApproval | None = None
    challenges: int = 0
    sent_at: datetime | None = None
    doubt_since: datetime | None = None
    doubt_is_approved: bool = False
    tries: int = 0
    setback: Setback | None = None
    candidates: tuple[str, ...] = ()
    contested: str | None = None
    answer: bytes | None = None


@dataclass(frozen=True, slots=True)
class TrackedPayment:
    """A payment with what is sealed of it, opened."""

    row: StoredPayment
    state: OrderState = field(repr=False)

    @property
    def status(self) -> str:
        return self.row.status


def masked(iban: str) -> str:
    """Return an account number without its middle."""
    plain = "".join(iban.split())
    return f"{plain[:4]}...{plain[-4:]}" if len(plain) > 12 else "..."
