"""Finding the record that people mean: by the number on it, or as the latest of a name.

A question with several answers is told as one, with the candidates: nothing is guessed.
"""

import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from connector.errors import Ambiguous, Candidate, FilterTooBroad
from connector.ports import Query
from connector.reading import Chosen, ReadableAccount, Reading
from connector.resources.bills import BILLS
from connector.resources.credit_notes import CREDIT_NOTES
from connector.resources.customers import CUSTOMERS
from connector.resources.invoices import INVOICES
from connector.resources.offers import OFFERS
from connector.resources.resource import Resource
from connector.unified.customer import Customer
from storage.errors import NotFound

_PAGE = 100
_MOST = 10_000
"""Records that are read to find one."""

_MOST_CANDIDATES = 10

EVERY = Query()
"""Leaves all there are."""


@dataclass(frozen=True, slots=True)
class NumberedKind:
    """A kind of document that people know by its number and its date."""

    resource: Resource[Any]
    one: str
    number: Callable[[Any], str | None]
    date: Callable[[Any], str | None]
    total: Callable[[Any], Decimal | None]
    has_customer: bool = True


INVOICE = NumberedKind(
    INVOICES,
    "invoice",
    lambda it: it.invoice_number,
    lambda it: it.invoice_date,
    lambda it: it.total_amount,
)
CREDIT_NOTE = NumberedKind(
    CREDIT_NOTES,
    "credit note",
    lambda it: it.credit_note_number,
    lambda it: it.credit_note_date,
    lambda it: it.total_gross_amount,
)
QUOTE = NumberedKind(
    OFFERS,
    "quote",
    lambda it: it.offer_number,
    lambda it: it.offer_date,
    lambda it: it.total_gross_amount,
)
SUPPLIER_INVOICE = NumberedKind(
    BILLS,
    "supplier invoice",
    lambda it: it.bill_number,
    lambda it: it.bill_date,
    lambda it: it.total_gross_amount,
    has_customer=False,
)


@dataclass(frozen=True, slots=True)
class RecordFinder:
    """Finds one record among all there are. Raises what `Reading.list` does."""

    reading: Reading

    async def by_number(
        self, account: ReadableAccount, kind: NumberedKind, number: str, query: Query = EVERY
    ) -> str:
        """Return the id of the document with this number; of several, the one that a query leaves.

        Raises NotFound when there is none, and Ambiguous when there are several all the same.
        """
        wanted = _sought(number)
        whole = await read_whole(self.reading, account, kind.resource.chosen, EVERY)
        found = [one for one in whole.records if plain(kind.number(one) or "") == wanted]
        if not found:
            raise NotFound(f"No {kind.one} has this number. Look at the list for the right one.")
        if len(found) > 1 and query != EVERY:
            left = await read_whole(self.reading, account, kind.resource.chosen, query)
            fitting = {one.id for one in left.records}
            found = [one for one in found if one.id in fitting] or found
        return _only(found, kind, f"Several {kind.one}s have this number. Which one is meant?")

    async def latest(
        self, account: ReadableAccount, kind: NumberedKind, name: str, query: Query, fitting: str
    ) -> str:
        """Return the id of the latest document of a customer or supplier that a query leaves.

        The latest is the one with the greatest date on it, and of one day the one that was made
        last. `fitting` says in a word what the query leaves: unpaid. Raises NotFound and Ambiguous.
        """
        _sought(name)
        records = (await read_whole(self.reading, account, kind.resource.chosen, query)).records
        if kind.has_customer:
            customer = await self.customer(account, name)
            theirs = [one for one in records if one.contact_id == customer]
        else:
            theirs = _of_one_name(records, kind, name)
        if not theirs:
            raise NotFound(f"There is no {fitting} {kind.one} of this name.")
        greatest = max(map(kind.date, theirs), key=lambda date: date or "")
        of_the_day = [one for one in theirs if kind.date(one) == greatest]
        last = max(one.created_date or "" for one in of_the_day)
        return _only(
            [one for one in of_the_day if (one.created_date or "") == last],
            kind,
            f"Several {fitting} {kind.one}s are equally new. Which one is meant?",
        )

    async def customer(self, account: ReadableAccount, name: str) -> str:
        """Return the id of the customer of a name: the whole one, or else a part of it.

        Raises NotFound when there is none, and Ambiguous when there are several.
        """
        wanted = _sought(name)
        query = Query(where=(("name", name),))
        alike = (await read_whole(self.reading, account, CUSTOMERS.chosen, query)).records
        whole = [one for one in alike if plain(customer_name(one)) == wanted]
        found = whole or list(alike)
        if not found:
            raise NotFound("There is no customer of this name. Look at the list of clients.")
        if len(found) > 1:
            raise Ambiguous(
                "Several customers have this name. Which one is meant?",
                [
                    Candidate(one.id, name=customer_name(one), number=one.number)
                    for one in found[:_MOST_CANDIDATES]
                ],
                len(found),
            )
        return found[0].id


@dataclass(frozen=True, slots=True)
class WholeList:
    """All records that a query leaves, and what was said of those that couldn't be read."""

    records: tuple[Any, ...]
    warnings: tuple[str, ...]


async def read_whole(
    reading: Reading, account: ReadableAccount, of: Chosen[Any], query: Query
) -> WholeList:
    """Read all records that a query leaves, each once. Raises FilterTooBroad for too many."""
    found: dict[str, Any] = {}
    warnings: list[str] = []
    number, pages = 1, 1
    while number <= pages:
        page = await reading.list(account, of, replace(query, page=number, limit=_PAGE))
        if (page.total or 0) > _MOST or number * _PAGE > _MOST:
            raise FilterTooBroad(
                f"There are more than {_MOST:,} records to look through. Name the record by its id."
            )
        pages = page.total_pages or (number + 1 if len(page.items) == _PAGE else number)
        warnings += page.warnings
        for one in page.items:
            found.setdefault(one.id, one)
        number += 1
    return WholeList(tuple(found.values()), tuple(dict.fromkeys(warnings)))


def plain(text: str) -> str:
    """Return a text without what people leave out: capitals, accents and spaces."""
    letters = unicodedata.normalize("NFKD", text)
    bare = "".join(one for one in letters if not unicodedata.combining(one))
    return "".join(bare.split()).casefold()


def _sought(text: str) -> str:
    """Return a number or a name as it's compared. Raises NotFound for a blank, which many have."""
    wanted = plain(text)
    if not wanted:
        raise NotFound("Nothing is called by blanks alone. Look at the list for the right one.")
    return wanted


def customer_name(customer: Customer) -> str:
    """Return what a customer is called; of a person the first and the last name."""
    if customer.company_name:
        return customer.company_name
    persons = customer.contact_persons
    names = (persons[0].first_name, persons[0].last_name) if persons else ()
    return " ".join(filter(None, names))


def _of_one_name(records: Sequence[Any], kind: NumberedKind, name: str) -> list[Any]:
    """Return the documents of the one supplier of a name. Raises Ambiguous for several."""
    wanted = plain(name)
    whole = [one for one in records if plain(one.name or "") == wanted]
    found = whole or [one for one in records if wanted in plain(one.name or "")]
    names = {plain(one.name or ""): one for one in found}
    if len(names) > 1:
        raise Ambiguous(
            "Several suppliers have this name. Which one is meant?",
            [_candidate(one, kind) for one in list(names.values())[:_MOST_CANDIDATES]],
            len(names),
        )
    return found


def _only(found: Sequence[Any], kind: NumberedKind, question: str) -> str:
    if len(found) > 1:
        candidates = [_candidate(one, kind) for one in found[:_MOST_CANDIDATES]]
        raise Ambiguous(question, candidates, len(found))
    return str(found[0].id)


def _candidate(one: Any, kind: NumberedKind) -> Candidate:
    total = kind.total(one)
    return Candidate(
        one.id,
        name=one.name if hasattr(one, "name") else None,
        number=kind.number(one),
        date=kind.date(one),
        status=one.status,
        total=None if total is None else f"{total:f} {one.currency or ''}".rstrip(),
    )
