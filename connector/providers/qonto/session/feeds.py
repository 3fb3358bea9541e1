"""Which of Qonto's lists tell what changed of each resource, and what a record's state is there.

Client invoices, supplier invoices, clients and transactions can be asked for by their change.
Credit notes, quotes, products, bank accounts and members can't: those lists are read whole.
Payments are what is paid on invoices and bills, and transfers. Expenses and booking proposals are
on the lists that they are read from, under the same ids.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

from connector.listing.records import Record
from connector.listing.source import Params
from connector.ports import Feed, RecordState
from connector.providers.qonto.client import (
    BANK_ACCOUNTS,
    CLIENT_INVOICES,
    CLIENTS,
    CREDIT_NOTES,
    MEMBERSHIPS,
    PRODUCTS,
    QUOTES,
    SUPPLIER_INVOICES,
    TRANSACTIONS,
    TRANSFERS,
    QontoEndpoint,
)
from connector.providers.qonto.events import fingerprint
from connector.providers.qonto.mapping import (
    Calendar,
    is_expense,
    map_bill_payment,
    map_invoice_payment,
)
from connector.providers.qonto.mapping.calendar import read_instant
from connector.providers.qonto.mapping.movement import STATUSES
from connector.providers.qonto.session.bills import WITHOUT_CREDIT_NOTES
from connector.providers.qonto.session.lists import CREATED, UPDATED
from connector.providers.qonto.session.transactions import BY_CARD
from connector.unified.mapped import Mapped
from connector.unified.payment import Payment
from storage.clock import iso_millis

FEEDS: Mapping[str, Feed] = {
    "INVOICE": Feed(),
    "BILL": Feed(),
    "CREDIT_NOTE": Feed(from_start=True),
    "OFFER": Feed(from_start=True),
    "CUSTOMER": Feed(),
    "CONTACT": Feed(),
    "ITEM": Feed(from_start=True),
    "TRANSACTION": Feed(),
    "EXPENSE": Feed(follows=("TRANSACTION",)),
    "PAYMENT": Feed(from_start=True, follows=("INVOICE", "BILL")),
    "BOOKING_PROPOSAL": Feed(follows=("BILL", "CREDIT_NOTE", "VENDOR_CREDIT")),
    "BANK_ACCOUNT": Feed(from_start=True),
    "USER": Feed(from_start=True),
}

State = Callable[[Record[Any]], RecordState | None]


@dataclass(frozen=True, slots=True)
class FeedList:
    """One of Qonto's lists, and how it's asked for what changed.

    `since` is the parameter for that, None where there is none. `by_change` says that the list can
    be ordered by the change; then each question goes on from the last answer's, and nothing that
    changes meanwhile can push a record over the edge of a page. `takes_key` says that an account
    that is linked by API key may read it.
    """

    endpoint: QontoEndpoint[Any]
    state: State
    since: str | None = None
    by_change: bool = False
    order: Params = ()
    always: Params = ()
    takes_key: bool = True

    def asked(self, since: datetime | None) -> Params:
        """Return what Qonto is asked for: what changed at a moment or later, all for None."""
        if since is None or self.since is None:
            return (*self.order, *self.always)
        return (*self.order, *self.always, (self.since, iso_millis(since)))


def moment_of(record: Record[Any], field: str) -> datetime | None:
    """Return one of the moments that a record tells."""
    told = getattr(record.document, field, None)
    return None if told is None else read_instant(told)


def dated(record: Record[Any]) -> RecordState | None:
    """Know a state by its date, or by its content where it bears none."""
    if not record.id:
        return None
    created, changed = moment_of(record, "created_at"), moment_of(record, "updated_at")
    if changed is None:
        return RecordState(record.id, fingerprint(record.raw), created)
    return RecordState(record.id, iso_millis(changed), created, changed, is_dated=True)


def _bill(record: Record[Any]) -> RecordState | None:
    is_credit_note = getattr(record.document, "is_credit_note", None)
    return None if is_credit_note is True else dated(record)


def _expense(record: Record[Any]) -> RecordState | None:
    """Know a payment by card; one that was declined is none (any more)."""
    if record.document is None or is_expense(record.document):
        return dated(record)
    if not record.id or record.document.status != "declined":
        return None
    created, changed = moment_of(record, "created_at"), moment_of(record, "updated_at")
    return RecordState(record.id, None, created, changed)


def _payment(read: Callable[[Any, Calendar], Mapped[Payment] | None]) -> State:
    """Know what is paid on a document by its sum and day."""

    def state(record: Record[Any]) -> RecordState | None:
        if not record.id or record.document is None:
            return None
        changed = moment_of(record, "updated_at")
        mapped = read(record.document, _NO_CALENDAR)
        if mapped is None:
            return RecordState(record.id, None, changed_at=changed)
        line = mapped.value.payment_lines[0]
        text = f"{line.amount}|{mapped.value.currency}|{line.payment_date}"
        version = sha256(text.encode()).hexdigest()[:32]
        return RecordState(record.id, version, changed_at=changed)

    return state


_NO_CALENDAR = Calendar(datetime.fromtimestamp(0, UTC))
"""Payments need none: what is paid doesn't depend on the day."""

_SINCE = "filter[updated_at_from]"

ALL_STATUSES: Params = tuple(("status[]", word) for word in STATUSES)
"""Qonto lists movements that are completed, and others only when asked for them."""

_INVOICES = FeedList(CLIENT_INVOICES, dated, _SINCE, order=CREATED.ascending)
_CREDIT_NOTES = FeedList(CREDIT_NOTES, dated)
_CLIENTS = FeedList(CLIENTS, dated, _SINCE, by_change=True, order=UPDATED.ascending)
_SUPPLIER_INVOICES = FeedList(
    SUPPLIER_INVOICES, dated, _SINCE, by_change=True, order=UPDATED.ascending
)
_BILLS = replace(_SUPPLIER_INVOICES, state=_bill, always=WITHOUT_CREDIT_NOTES)
_MOVEMENTS = FeedList(
    TRANSACTIONS,
    dated,
    "updated_at_from",
    by_change=True,
    order=UPDATED.ascending,
    always=ALL_STATUSES,
)
_TRANSFERS = FeedList(
    TRANSFERS,
    dated,
    "updated_at_from",
    by_change=True,
    order=UPDATED.ascending,
    takes_key=False,
)

LISTS: Mapping[str, Sequence[FeedList]] = {
    "INVOICE": (_INVOICES,),
    "BILL": (_BILLS,),
    "CREDIT_NOTE": (_CREDIT_NOTES,),
    "OFFER": (FeedList(QUOTES, dated),),
    "CUSTOMER": (_CLIENTS,),
    "CONTACT": (_CLIENTS,),
    "ITEM": (FeedList(PRODUCTS, dated),),
    "TRANSACTION": (_MOVEMENTS,),
    "EXPENSE": (replace(_MOVEMENTS, state=_expense, always=(*BY_CARD, *ALL_STATUSES)),),
    "PAYMENT": (
        replace(_INVOICES, state=_payment(map_invoice_payment)),
        replace(_BILLS, state=_payment(map_bill_payment)),
        _TRANSFERS,
    ),
    "BOOKING_PROPOSAL": (_INVOICES, _SUPPLIER_INVOICES, _CREDIT_NOTES),
    "BANK_ACCOUNT": (FeedList(BANK_ACCOUNTS, dated),),
    "USER": (FeedList(MEMBERSHIPS, dated),),
}
