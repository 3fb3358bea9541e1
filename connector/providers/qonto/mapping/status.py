"""Where documents stand: Qonto's words to the contract's.

    client invoice                       status            payment status
    draft                                DRAFT             NO_OPEN_ITEM
    unpaid                               OPEN              PENDING
    unpaid, due date past                OVERDUE           PENDING
    unpaid, 0 < amount paid < total      PARTIALLY_PAID    PARTLY_PAID
    paid                                 PAID              PAID
    canceled                             VOIDED            CANCELED

    supplier invoice
    to_review                            SUBMITTED         PENDING
    to_approve, awaiting_payment, to_pay OPEN or OVERDUE   PENDING
    pending, scheduled                   OPEN              PENDING
    paid                                 PAID              PAID
    rejected, discarded                  VOIDED            CANCELED
    archived, any unknown value          null              UNKNOWN

    quote                                status
    pending_approval                     SENT
    pending_approval, expiry date past   EXPIRED
    approved                             ACCEPTED
    canceled                             VOIDED
    any unknown value                    null

An invoice due today is not overdue yet, and a quote is good on its last day. `paid` by hand leaves
the amount paid at 0, so for paid invoices that amount isn't looked at. Booking proposals use the
same words as the document behind them, and suppliers' credit notes those of supplier invoices.

The organisation's own credit notes have no status at Qonto, and it isn't said whether they were
paid out or set off: status and payment status are null, without a warning.
"""

from datetime import date
from decimal import Decimal
from typing import NamedTuple

from connector.providers.qonto.mapping.notes import Notes
from connector.unified.enums import BookingStatus, DocumentStatus, OfferStatus, PaymentStatus


class StatusPair(NamedTuple):
    """A document's status and its payment status."""

    status: DocumentStatus | None
    payment: PaymentStatus


_CLIENT: dict[str, StatusPair] = {
    "draft": StatusPair("DRAFT", "NO_OPEN_ITEM"),
    "unpaid": StatusPair("OPEN", "PENDING"),
    "paid": StatusPair("PAID", "PAID"),
    "canceled": StatusPair("VOIDED", "CANCELED"),
}

_SUPPLIER: dict[str, StatusPair] = {
    "to_review": StatusPair("SUBMITTED", "PENDING"),
    "to_approve": StatusPair("OPEN", "PENDING"),
    "awaiting_payment": StatusPair("OPEN", "PENDING"),
    "to_pay": StatusPair("OPEN", "PENDING"),
    "pending": StatusPair("OPEN", "PENDING"),
    "scheduled": StatusPair("OPEN", "PENDING"),
    "paid": StatusPair("PAID", "PAID"),
    "rejected": StatusPair("VOIDED", "CANCELED"),
    "discarded": StatusPair("VOIDED", "CANCELED"),
}

_QUOTE: dict[str, OfferStatus] = {
    "pending_approval": "SENT",
    "approved": "ACCEPTED",
    "canceled": "VOIDED",
}

_CAN_BE_OVERDUE = frozenset({"to_approve", "awaiting_payment", "to_pay"})

QUOTE_STATUSES: dict[str, tuple[OfferStatus, ...]] = {
    word: ("SENT", "EXPIRED") if status == "SENT" else (status,) for word, status in _QUOTE.items()
}
"""Every status that a word of Qonto's for a quote can mean."""

CLIENT_STANDINGS: dict[str, tuple[StatusPair, ...]] = {
    word: (standing,) for word, standing in _CLIENT.items()
} | {
    "unpaid": (
        StatusPair("OPEN", "PENDING"),
        StatusPair("OVERDUE", "PENDING"),
        StatusPair("PARTIALLY_PAID", "PARTLY_PAID"),
    )
}
"""Every standing that a word of Qonto's can mean, for asking Qonto to choose by it."""

SUPPLIER_STANDINGS: dict[str, tuple[StatusPair, ...]] = {
    word: (standing, StatusPair("OVERDUE", "PENDING")) if word in _CAN_BE_OVERDUE else (standing,)
    for word, standing in _SUPPLIER.items()
}
"""The same for supplier invoices."""

_BOOKING: dict[DocumentStatus, BookingStatus] = {
    "DRAFT": "DRAFT",
    "SUBMITTED": "SUBMITTED",
    "OPEN": "OPEN",
    "PARTIALLY_PAID": "PARTIALLY_PAID",
    "PAID": "PAID",
    "OVERDUE": "OVERDUE",
    "VOIDED": "VOIDED",
}


def of_client_invoice(
    status: str | None,
    *,
    total: Decimal | None,
    paid: Decimal | None,
    due: date | None,
    today: date,
    notes: Notes,
) -> StatusPair:
    """Tell where a client invoice stands; an unknown status is noted."""
    standing = _CLIENT.get(status or "")
    if standing is None:
        return _unknown(status, notes)
    if status != "unpaid":
        return standing
    if total is not None and paid is not None and 0 < paid < total:
        return StatusPair("PARTIALLY_PAID", "PARTLY_PAID")
    return StatusPair("OVERDUE", "PENDING") if _is_past(due, today) else standing


def of_supplier_invoice(
    status: str | None, *, due: date | None, today: date, notes: Notes
) -> StatusPair:
    """Tell where a supplier invoice stands; `archived` and unknown ones are noted."""
    standing = _SUPPLIER.get(status or "")
    if standing is None:
        return _unknown(status, notes)
    if status in _CAN_BE_OVERDUE and _is_past(due, today):
        return StatusPair("OVERDUE", "PENDING")
    return standing


def of_quote(
    status: str | None, *, expiry: date | None, today: date, notes: Notes
) -> OfferStatus | None:
    """Tell where a quote stands; an unknown status is noted."""
    standing = _QUOTE.get(status or "")
    if standing is None:
        _unknown(status, notes)
        return None
    return "EXPIRED" if standing == "SENT" and _is_past(expiry, today) else standing


def for_booking(status: DocumentStatus | None) -> BookingStatus | None:
    """Say a document's status in the words of a booking proposal."""
    return None if status is None else _BOOKING.get(status)


def _is_past(due: date | None, today: date) -> bool:
    return due is not None and due < today


def _unknown(status: str | None, notes: Notes) -> StatusPair:
    notes.warn(f"status {status[:40]!r} has no counterpart" if status else "it has no status")
    return StatusPair(None, "UNKNOWN")
