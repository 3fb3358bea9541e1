"""Movements on the bank accounts, and those by card among them.

Qonto lists the movements of one account at a time, so that those of all accounts are merged.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from connector.listing.kinds import ListPlan, find_one
from connector.listing.source import Params, Source
from connector.listing.walk import Walk
from connector.ports import Found, Query
from connector.providers.qonto.client import BANK_ACCOUNTS
from connector.providers.qonto.client import TRANSACTIONS as ENDPOINT
from connector.providers.qonto.documents.bank import QontoBankAccount, QontoTransaction
from connector.providers.qonto.mapping import Calendar, is_expense, map_expense, map_transaction
from connector.providers.qonto.mapping.iban import normalized
from connector.providers.qonto.mapping.movement import STATUSES
from connector.providers.qonto.session.lists import SETTLED, QontoAccount, QontoList, remote_list
from connector.unified.expense import Expense
from connector.unified.mapped import Mapped
from connector.unified.transaction import Transaction
from storage.clock import iso_millis

T = TypeVar("T")

Convert = Callable[[QontoTransaction, Calendar, frozenset[str]], Mapped[T] | None]
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

    async def plan(self, account: QontoAccount, query: Query) -> ListPlan[T]:
        accounts = await _accounts_of(account)
        own = _ibans(accounts)
        wanted = query.value_of("bankAccountId")
        if query.status is not None and query.status not in STATUSES.values():
            return ListPlan([])
        sources = [
            self._source(account, own, (("bank_account_id", each.id), *self._params(query)))
            for each in accounts
            if each.id and wanted in (None, each.id)
        ]
        return ListPlan(sources)

    async def find(self, account: QontoAccount, record_id: str) -> Found[T]:
        own = _ibans(await _accounts_of(account))
        return await find_one(self._source(account, own), record_id)

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
        if (kind := query.value_of("operationType")) is not None:
            params.append(("operation_type[]", kind))
        if (first := query.value_of("bookingDateFrom")) is not None:
            params.append(("settled_at_from", f"{first}T00:00:00.000Z"))
        if (last := query.value_of("bookingDateTo")) is not None:
            params.append(("settled_at_to", f"{last}T23:59:59.999Z"))
        return params

    def _source(
        self, account: QontoAccount, own: frozenset[str], params: Params = ()
    ) -> Source[QontoTransaction, T]:
        listed = QontoList(
            self.name,
            ENDPOINT,
            lambda document, calendar: self.convert(document, calendar, own),
            self.other,
            age=SETTLED,
            moment=lambda document: (
                document.settled_at or document.emitted_at or document.created_at
            ),
        )
        return listed.source(account, params)


async def _accounts_of(account: QontoAccount) -> list[QontoBankAccount]:
    """Read the organisation's accounts; closed ones too, since they had movements."""
    found: list[QontoBankAccount] = []
    walk = Walk(remote_list(account.client, account.id, BANK_ACCOUNTS))
    async for _, records in walk.pages():
        found.extend(record.document for record in records if record.document is not None)
    return found


def _ibans(accounts: list[QontoBankAccount]) -> frozenset[str]:
    return frozenset(normalized(account.iban) for account in accounts if account.iban)


def _transaction(
    document: QontoTransaction, calendar: Calendar, own: frozenset[str]
) -> Mapped[Transaction]:
    return map_transaction(document, calendar, own_ibans=own)


def _expense(
    document: QontoTransaction, calendar: Calendar, own: frozenset[str]
) -> Mapped[Expense] | None:
    del own  # a card pays nobody's own account
    return map_expense(document, calendar) if is_expense(document) else None


BY_CARD: Params = (("operation_type[]", "card"),)

TRANSACTIONS = Movements("transaction", _transaction)

EXPENSES = Movements(
    "expense",
    _expense,
    BY_CARD,
    tuple(word for word in STATUSES if word != "declined"),
    other="a transaction that wasn't made by card, or was declined",
)
