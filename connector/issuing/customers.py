"""Whom a document is for: found by what is known of the customer, or made."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from connector.errors import DocumentNotFound
from connector.ports import Query, WriteRequest
from connector.reading import Reading
from connector.resources.customers import CUSTOMERS
from connector.unified.customer import Customer
from connector.writing.requests.customer import CustomerRequest
from connector.writing.writing import Writing
from storage.errors import Invalid
from storage.repositories.accounts import Account

_MOST = 100


@dataclass(frozen=True, slots=True)
class FoundCustomer:
    """The customer of a document."""

    id: str
    is_new: bool = False


@dataclass(frozen=True)
class FindingCustomers:
    """Finds customers by their natural keys, and makes the missing ones once."""

    reading: Reading
    writing: Writing

    async def find(self, account: Account, wanted: CustomerRequest) -> FoundCustomer | None:
        """Return the customer that is meant, None when there is none.

        Raises Invalid when several are.
        """
        for name, value in natural_keys(wanted).items():
            query = Query(limit=_MOST, where=((name, value),))
            page = await self.reading.list(account, CUSTOMERS.chosen, query)
            alike = [one for one in page.items if is_same(one, wanted, by=name)]
            if len(alike) > 1:
                raise _ambiguous(name, alike)
            if alike:
                return FoundCustomer(alike[0].id)
        return None

    async def find_or_make(self, account: Account, wanted: CustomerRequest) -> FoundCustomer:
        """Return the customer that is meant; make it if there is none.

        Raises Invalid when several are, or when it can't be made, and WriteInProgress while
        another request makes it.
        """
        found = await self.find(account, wanted)
        if found is not None:
            return found
        key = _key_of(wanted)
        made = await self._make(account, wanted, key)
        if made.is_new or await self._is_there(account, made.id):
            return made
        # it was made within the last day, and has been deleted since
        return await self._make(account, wanted, f"{key}:{made.id}")

    async def _make(self, account: Account, wanted: CustomerRequest, key: str) -> FoundCustomer:
        made = await self.writing.perform(account, "customers.create", WriteRequest(wanted), key)
        return FoundCustomer(made.record_id or "", is_new=not made.is_replayed)

    async def _is_there(self, account: Account, customer_id: str) -> bool:
        try:
            await self.reading.get(account, CUSTOMERS.chosen, customer_id)
        except DocumentNotFound:
            return False
        return True


def natural_keys(wanted: CustomerRequest) -> Mapping[str, str]:
    """Return what a customer is known by, the surest first, by the names of filters."""
    person = wanted.contact_persons[0] if wanted.contact_persons else None
    full_name = f"{person.first_name or ''} {person.last_name or ''}".strip() if person else None
    known = {
        "vatId": wanted.vat_id,
        "taxNumber": wanted.tax_number,
        "email": wanted.email_addresses[0].email if wanted.email_addresses else None,
        "name": wanted.company_name or full_name,
    }
    return {name: value for name, value in known.items() if value}


def is_same(one: Customer, wanted: CustomerRequest, *, by: str) -> bool:
    """Say whether a customer that was found is the one that is meant.

    A name must be the whole name; numbers that both have must agree.
    """
    if _differ(one.vat_id, wanted.vat_id) or _differ(one.tax_number, wanted.tax_number):
        return False
    if by != "name":
        return True
    names = [one.company_name] + [
        f"{person.first_name or ''} {person.last_name or ''}".strip()
        for person in one.contact_persons
    ]
    meant = natural_keys(wanted)["name"]
    return any(_plain(name or "") == _plain(meant) for name in names)


def _differ(one: str | None, other: str | None) -> bool:
    return bool(one and other) and _plain(one or "") != _plain(other or "")


def _plain(text: str) -> str:
    return "".join(text.split()).casefold()


def _key_of(wanted: CustomerRequest) -> str:
    """Return the same key for all that ask for the same customer, so that it is made once."""
    known = "\n".join(f"{name}={_plain(value)}" for name, value in natural_keys(wanted).items())
    whole = wanted.model_dump_json(exclude_unset=True)
    return f"customer:{hashlib.sha256(f'{known}|{whole}'.encode()).hexdigest()}"


def _ambiguous(name: str, alike: Sequence[Customer]) -> Invalid:
    ids = ", ".join(one.id for one in alike[:10])
    return Invalid.one(
        f"customer.{name}",
        "CUSTOMER_AMBIGUOUS",
        f"Several customers have it: {ids}. Say which by contactId.",
    )
