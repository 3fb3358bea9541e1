"""The organisation's bank accounts and its members."""

from connector.listing.query import ListQuery, ask, changed_since
from connector.ports import Query
from connector.providers.qonto.client import BANK_ACCOUNTS as ACCOUNTS
from connector.providers.qonto.client import MEMBERSHIPS
from connector.providers.qonto.mapping import map_bank_account, map_user
from connector.providers.qonto.session.lists import UNSORTED, QontoList
from connector.unified.bank_account import BankAccount
from connector.unified.user import User


def _accounts(query: Query) -> ListQuery[BankAccount]:
    return ask(query, conditions=[changed_since(query, lambda account: account.updated_date)])


def _users(query: Query) -> ListQuery[User]:
    return ask(query, conditions=[changed_since(query, lambda user: user.updated_date)])


# neither an order nor a filter is documented for either
BANK_ACCOUNTS = QontoList("bank account", ACCOUNTS, map_bank_account, age=UNSORTED).kind_of(
    _accounts
)

USERS = QontoList("user", MEMBERSHIPS, map_user, age=UNSORTED).kind_of(_users)
