"""What an organisation has on its bank accounts: each one, and the sum for each currency.

Sums are exact to the last digit, and never go across currencies.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from connector import exact
from connector.errors import ListIncomplete
from connector.ports import Page, Query
from connector.reading import Chosen, ReadableAccount, Reading
from connector.unified.bank_account import BankAccount

_PER_PAGE = 100
_MOST_PAGES = 100


@dataclass(frozen=True, slots=True)
class CurrencyTotal:
    """What all bank accounts of a currency have together, exactly."""

    currency: str
    balance: Decimal


@dataclass(frozen=True, slots=True)
class Balance:
    """The bank accounts, and what they have together.

    `unsummed` are the ids of those whose balance or currency isn't known: they are in no total.
    """

    accounts: tuple[BankAccount, ...]
    totals: tuple[CurrencyTotal, ...]
    unsummed: tuple[str, ...]
    warnings: tuple[str, ...] = ()

    @property
    def single(self) -> CurrencyTotal | None:
        """Return the total where there is one that counts everything, else None."""
        return self.totals[0] if len(self.totals) == 1 and not self.unsummed else None


class Balances:
    """The use case of reading them."""

    def __init__(self, reading: Reading) -> None:
        self._reading = reading

    async def of(self, account: ReadableAccount, chosen: Chosen[BankAccount]) -> Balance:
        """Read all bank accounts and sum them up. Raises what reading a list does."""
        accounts: dict[str, BankAccount] = {}
        warnings: dict[str, None] = {}
        for number in range(1, _MOST_PAGES + 1):
            query = Query(page=number, limit=_PER_PAGE)
            page: Page[BankAccount] = await self._reading.list(account, chosen, query)
            accounts |= {one.id: one for one in page.items}
            warnings |= dict.fromkeys(page.warnings)
            if not page.items or number == page.total_pages:
                return summed(accounts.values(), tuple(warnings))
        raise ListIncomplete("There are more bank accounts than are read for a balance.")


def summed(accounts: Iterable[BankAccount], warnings: tuple[str, ...] = ()) -> Balance:
    """Sum bank accounts up, currency by currency; the totals come by their currencies. Pure."""
    found = tuple(accounts)
    sums: defaultdict[str, Decimal] = defaultdict(Decimal)
    unsummed: list[str] = []
    for one in found:
        if one.balance is None or one.currency is None:
            unsummed.append(one.id)
        else:
            sums[one.currency] = exact.plus(sums[one.currency], one.balance)
    totals = tuple(CurrencyTotal(currency, sums[currency]) for currency in sorted(sums))
    return Balance(found, totals, tuple(unsummed), warnings)
