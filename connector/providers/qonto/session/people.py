"""The organisation's bank accounts and its members."""

from connector.ports import Query
from connector.providers.qonto.client import BANK_ACCOUNTS as ACCOUNTS
from connector.providers.qonto.client import MEMBERSHIPS
from connector.providers.qonto.mapping import map_bank_account, map_user
from connector.providers.qonto.session.one_list import OneList
from connector.providers.qonto.session.question import Question, ask, changed_since
from connector.unified.bank_account import BankAccount
from connector.unified.user import User


def _accounts(query: Query) -> Question[BankAccount]:
    return ask(query, conditions=[changed_since(query, lambda account: account.updated_date)])


def _users(query: Query) -> Question[User]:
    return ask(query, conditions=[changed_since(query, lambda user: user.updated_date)])


# neither an order nor a filter is documented for either
BANK_ACCOUNTS = OneList(
    "bank account", ACCOUNTS, map_bank_account, _accounts, newest_first=(), oldest_first=()
)

USERS = OneList("user", MEMBERSHIPS, map_user, _users, newest_first=(), oldest_first=())
