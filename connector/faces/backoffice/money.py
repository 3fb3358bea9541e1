"""The balance of all bank accounts."""

from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from connector.api.operation import Permission, operation
from connector.balances import Balance
from connector.faces.backoffice.answers import succeeded
from connector.faces.backoffice.office import PREFIX, BackOffice
from connector.faces.rest.parameters import read_bare
from connector.resources.bank import BANK_ACCOUNTS
from oauth.admitted import account_of


@operation(
    "GET",
    f"{PREFIX}/balance",
    "Read the balance of all bank accounts",
    name="getBalanceOfCompany",
    permission=Permission.READ,
    tag="back office",
    is_described=False,
)
async def balance(office: BackOffice, request: Request) -> Response:
    """Return the bank accounts and what they have together."""
    unused = read_bare(request)
    found = await office.balances.of(account_of(request), BANK_ACCOUNTS.chosen)
    return succeeded(shown(found), (*unused, *found.warnings))


def shown(found: Balance) -> dict[str, Any]:
    """Return the members of the answer. Pure.

    Where no single total counts all accounts, both its members are null, and `totals` has one for
    each currency; `unsummed` are the ids of accounts that are in none.
    """
    single = found.single
    told: dict[str, Any] = {
        "accounts": found.accounts,
        "totalBalance": None if single is None else single.balance,
        "currency": None if single is None else single.currency,
    }
    if single is None:
        told["totals"] = [
            {"currency": one.currency, "totalBalance": one.balance} for one in found.totals
        ]
    if found.unsummed:
        told["unsummed"] = found.unsummed
    return told
