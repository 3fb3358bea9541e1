"""Movements on the bank accounts, and those by card among them.

Qonto lists the movements of one account at a time, so that those of all accounts are merged.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from connector.ports import Query
from connector.providers.qonto.client import (
    BANK_ACCOUNTS,
    Params,
)
from connector.providers.qonto.client import TRANSACTIONS as ENDPOINT
from connector.providers.qonto.documents.bank import BankAccount, Transaction
from connector.providers.qonto.mapping import Calendar, is_expense, map_expense, map_transaction
from connector.providers.qonto.mapping.iban import normalized
from connector.providers.qonto.mapping.movement import STATUSES
from connector.providers.qonto.session.ids import unknown_id
from connector.providers.qonto.session.listing import Asked, Plan
from connector.providers.qonto.session.pages import Walk
from connector.providers.qonto.session.source import Source
from connector.unified.expense import Expense
from connector.unified.mapped import Mapped
from connector.unified.transaction import Transaction as UnifiedTransaction
from storage.clock import iso_millis

T = TypeVar("T")

_NEWEST_FIRST: Params = (("sort_by", "settled_at:desc"),)
_OLDEST_FIRST: Params = (("sort_by", "settled_at:asc"),)

Convert = Callable[[Transaction, Calendar, frozenset[str]], Mapped[T] | None]
"""Says a movement in the unified model, knowing the organisation's own IBANs."""


@dataclass(frozen=True, slots=True)
class Movements(Generic[T]):
    """A kind of record behind movements.

    `params` is what Qonto is asked to leave out, `statuses` are its words for those of the kind.
    """

    name: str
    convert: Convert[T]
    params: Params = ()
    statuses: Sequence[str] = tuple(STATUSES)
    other: str = "a document of another kind"

    async def plan(self, asked: Asked, query: Query) -> Plan[T]:
        accounts = await _accounts_of(asked)
        own = _ibans(accounts)
        wanted = query.value_of("bankAccountId")
        if query.status is not None and query.status not in STATUSES.values():
            return Plan([])
        sources = [
            self._source(asked, own, (("bank_account_id", account.id), *self._params(query)))
            for account in accounts
            if account.id and wanted in (None, account.id)
        ]
        return Plan(sources, order=_NEWEST_FIRST)

    async def find(self, asked: Asked, record_id: str) -> tuple[Mapped[T], bytes]:
        own = _ibans(await _accounts_of(asked))
        source = self._source(asked, own)
        document, raw = await source.one(record_id)
        mapped = source.convert(document)
        if mapped is None:
            raise unknown_id(f"The document of that id is {self.other}.")
        return mapped, raw

    def _params(self, query: Query) -> Params:
        """Leave all that is asked to Qonto, whose words fit one to one."""
        words = [
            word for word in self.statuses if query.status in (None, STATUSES[word])
        ]  # without any, Qonto shows what is completed
        params = [*self.params, *(("status[]", word) for word in words)]
        if query.modified_since is not None:
            params.append(("updated_at_from", iso_millis(query.modified_since)))
        if (side := query.value_of("debitCreditIndicator")) is not None:
            params.append(("side", side.lower()))
        if (first := query.value_of("bookingDateFrom")) is not None:
            params.append(("settled_at_from", f"{first}T00:00:00.000Z"))
        if (last := query.value_of("bookingDateTo")) is not None:
            params.append(("settled_at_to", f"{last}T23:59:59.999Z"))
        return params

    def _source(
        self, asked: Asked, own: frozenset[str], params: Params = ()
    ) -> Source[Transaction, T]:
        return Source(
            client=asked.client,
            account_id=asked.account_id,
            endpoint=ENDPOINT,
            kind=self.name,
            convert=lambda document: self.convert(document, asked.calendar, own),
            other=self.other,
            params=params,
            moment=lambda document: (
                document.settled_at or document.emitted_at or document.created_at
            ),
            newest_first=_NEWEST_FIRST,
            oldest_first=_OLDEST_FIRST,
        )


async def _accounts_of(asked: Asked) -> list[BankAccount]:
    """Read the organisation's accounts; closed ones too, since they had movements."""
    found: list[BankAccount] = []
    walk: Walk[BankAccount] = Walk(
        lambda number, size: asked.client.page(asked.account_id, BANK_ACCOUNTS, number, size)
    )
    async for _, records in walk.pages():
        found.extend(record.document for record in records if record.document is not None)
    return found


def _ibans(accounts: list[BankAccount]) -> frozenset[str]:
    return frozenset(normalized(account.iban) for account in accounts if account.iban)


def _transaction(
    document: Transaction, calendar: Calendar, own: frozenset[str]
) -> Mapped[UnifiedTransaction]:
    return map_transaction(document, calendar, own_ibans=own)


def _expense(
    document: Transaction, calendar: Calendar, own: frozenset[str]
) -> Mapped[Expense] | None:
    del own  # a card pays nobody's own account
    return map_expense(document, calendar) if is_expense(document) else None


TRANSACTIONS = Movements("transaction", _transaction)

EXPENSES = Movements(
    "expense",
    _expense,
    (("operation_type[]", "card"),),
    tuple(word for word in STATUSES if word != "declined"),
    other="a transaction that wasn't made by card, or was declined",
)
