"""Which of Qonto's records changed, and into which state.

Client invoices, supplier invoices, clients and transactions can be asked for by their change.
Credit notes, quotes, products, bank accounts and members can't: those lists are read whole.
Payments are what is paid on invoices and bills, and transfers.
"""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

from connector.errors import MissingScope
from connector.listing.records import DocumentPage, Record
from connector.listing.source import Params, RemoteList
from connector.listing.walk import Walk, has_next, size_of
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
    QontoClient,
    QontoEndpoint,
)
from connector.providers.qonto.events import fingerprint
from connector.providers.qonto.mapping import Calendar, map_bill_payment, map_invoice_payment
from connector.providers.qonto.mapping.calendar import read_instant
from connector.providers.qonto.mapping.movement import STATUSES
from connector.providers.qonto.session.bills import WITHOUT_CREDIT_NOTES
from connector.providers.qonto.session.lists import CREATED, UPDATED, remote_list
from connector.unified.mapped import Mapped
from connector.unified.payment import Payment
from oauth.tokens import AccessSource
from storage.clock import iso_millis

FEEDS: Mapping[str, Feed] = {
    "INVOICE": Feed(),
    "BILL": Feed(),
    "CREDIT_NOTE": Feed(from_start=True),
    "OFFER": Feed(from_start=True),
    "CUSTOMER": Feed(),
    "ITEM": Feed(from_start=True),
    "TRANSACTION": Feed(),
    "PAYMENT": Feed(from_start=True, follows=("INVOICE", "BILL")),
    "BANK_ACCOUNT": Feed(from_start=True),
    "USER": Feed(from_start=True),
}

_MOST_READINGS = 3
"""Times that a list which becomes shorter meanwhile is read again."""

State = Callable[[Record[Any]], RecordState | None]


@dataclass(frozen=True, slots=True)
class _List:
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


class QontoChanges:
    """The ChangeFeed of Qonto."""

    def __init__(self, client: QontoClient, access: AccessSource) -> None:
        self._client = client
        self._access = access

    @property
    def resources(self) -> Mapping[str, Feed]:
        return FEEDS

    async def check(self, account_id: str, resource: str) -> None:
        await self._readable(account_id, resource)

    async def read(
        self, account_id: str, resource: str, since: datetime | None
    ) -> AsyncIterator[Sequence[RecordState]]:
        for each in await self._readable(account_id, resource):
            async for part in self._parts(account_id, each):
                reading = self._by_change if part.by_change and since else self._by_number
                async for records in reading(account_id, part, since):
                    found = [state for record in records if (state := part.state(record))]
                    if found:
                        yield found

    async def _readable(self, account_id: str, resource: str) -> list[_List]:
        """Return the lists that the consent covers. Raises MissingScope when those are none."""
        granted = (await self._access.get(account_id)).scopes
        lists = _LISTS[resource]
        found = [
            each
            for each in lists
            if (each.takes_key if granted is None else each.endpoint.scope in granted)
        ]
        if not found:
            raise MissingScope(lists[0].endpoint.scope)
        return found

    async def _parts(self, account_id: str, each: _List) -> AsyncIterator[_List]:
        """Return a list as it is, but movements by the accounts that they are on."""
        if each.endpoint is not TRANSACTIONS:
            yield each
            return
        accounts = _List(BANK_ACCOUNTS, _dated)
        async for records in self._by_number(account_id, accounts, None):
            for record in records:
                if record.id:
                    yield replace(each, always=(*each.always, ("bank_account_id", record.id)))

    async def _by_change(
        self, account_id: str, each: _List, since: datetime | None
    ) -> AsyncIterator[Sequence[Record[Any]]]:
        """Read in the order of the change, going on from the last one seen."""
        remote: RemoteList[Any] = remote_list(self._client, account_id, each.endpoint)
        while True:
            page = await remote.page(1, remote.largest_page, each.asked(since))
            yield page.records
            if not has_next(page, 1, size_of(page, 1, remote.largest_page)):
                return
            last = _last_change(page)
            if last is None or since is None or last <= since:
                break  # a whole page of the same moment, or not in the order asked for
            since = last
        async for records in self._by_number(account_id, each, since):
            yield records

    async def _by_number(
        self, account_id: str, each: _List, since: datetime | None
    ) -> AsyncIterator[Sequence[Record[Any]]]:
        """Read page by page; anew when records are missing, or went so that others moved forward.

        What is missing even then is left to the next poll.
        """
        remote: RemoteList[Any] = remote_list(self._client, account_id, each.endpoint)
        for _ in range(_MOST_READINGS):
            walk = Walk(remote, each.asked(since))
            async for _, records in walk.pages():
                yield records
            if not walk.may_lack:
                return


def _moment(record: Record[Any], field: str) -> datetime | None:
    told = getattr(record.document, field, None)
    return None if told is None else read_instant(told)


def _dated(record: Record[Any]) -> RecordState | None:
    """Know a state by its date, or by its content where it bears none."""
    if not record.id:
        return None
    created, changed = _moment(record, "created_at"), _moment(record, "updated_at")
    if changed is None:
        return RecordState(record.id, fingerprint(record.raw), created)
    return RecordState(record.id, iso_millis(changed), created, changed, is_dated=True)


def _bill(record: Record[Any]) -> RecordState | None:
    is_credit_note = getattr(record.document, "is_credit_note", None)
    return None if is_credit_note is True else _dated(record)


def _payment(read: Callable[[Any, Calendar], Mapped[Payment] | None]) -> State:
    """Know what is paid on a document by its sum and day."""

    def state(record: Record[Any]) -> RecordState | None:
        if not record.id or record.document is None:
            return None
        changed = _moment(record, "updated_at")
        mapped = read(record.document, _NO_CALENDAR)
        if mapped is None:
            return RecordState(record.id, None, changed_at=changed)
        line = mapped.value.payment_lines[0]
        text = f"{line.amount}|{mapped.value.currency}|{line.payment_date}"
        version = sha256(text.encode()).hexdigest()[:32]
        return RecordState(record.id, version, changed_at=changed)

    return state


def _last_change(page: DocumentPage[Any]) -> datetime | None:
    """Return the last record's moment, None where the page isn't in the order of changes."""
    moments = [_moment(record, "updated_at") for record in page.records]
    found = [moment for moment in moments if moment is not None]
    return found[-1] if found and found == sorted(found) else None


_NO_CALENDAR = Calendar(datetime.fromtimestamp(0, UTC))
"""Payments need none: what is paid doesn't depend on the day."""

_SINCE = "filter[updated_at_from]"

ALL_STATUSES: Params = tuple(("status[]", word) for word in STATUSES)
"""Qonto lists movements that are completed, and others only when asked for them."""

_LISTS: Mapping[str, Sequence[_List]] = {
    "INVOICE": (_List(CLIENT_INVOICES, _dated, _SINCE, order=CREATED.ascending),),
    "BILL": (
        _List(
            SUPPLIER_INVOICES,
            _bill,
            _SINCE,
            by_change=True,
            order=UPDATED.ascending,
            always=WITHOUT_CREDIT_NOTES,
        ),
    ),
    "CREDIT_NOTE": (_List(CREDIT_NOTES, _dated),),
    "OFFER": (_List(QUOTES, _dated),),
    "CUSTOMER": (_List(CLIENTS, _dated, _SINCE, by_change=True, order=UPDATED.ascending),),
    "ITEM": (_List(PRODUCTS, _dated),),
    "TRANSACTION": (
        _List(
            TRANSACTIONS,
            _dated,
            "updated_at_from",
            by_change=True,
            order=UPDATED.ascending,
            always=ALL_STATUSES,
        ),
    ),
    "PAYMENT": (
        _List(CLIENT_INVOICES, _payment(map_invoice_payment), _SINCE, order=CREATED.ascending),
        _List(
            SUPPLIER_INVOICES,
            _payment(map_bill_payment),
            _SINCE,
            by_change=True,
            order=UPDATED.ascending,
            always=WITHOUT_CREDIT_NOTES,
        ),
        _List(
            TRANSFERS,
            _dated,
            "updated_at_from",
            by_change=True,
            order=UPDATED.ascending,
            takes_key=False,
        ),
    ),
    "BANK_ACCOUNT": (_List(BANK_ACCOUNTS, _dated),),
    "USER": (_List(MEMBERSHIPS, _dated),),
}
