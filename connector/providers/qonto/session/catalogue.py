"""Whom the organisation sells to, what it sells, and what it has offered."""

from collections.abc import Sequence

from connector.listing.query import Condition, ListQuery, ask, changed_since, is_in
from connector.ports import Query
from connector.providers.qonto.client import CLIENTS, PRODUCTS, QUOTES, modified_since
from connector.providers.qonto.mapping import map_contact, map_customer, map_item, map_offer
from connector.providers.qonto.mapping.names import has_part
from connector.providers.qonto.mapping.status import QUOTE_STATUSES
from connector.providers.qonto.session.lists import UNSORTED, QontoList
from connector.unified.contact import ContactV2
from connector.unified.customer import Customer
from connector.unified.item import Item
from connector.unified.offer import Offer

_SHORTEST_NAME = 2
"""Letters of a name that Qonto searches for."""


def _clients(query: Query) -> ListQuery[Customer]:
    """Leave addresses, numbers and part of the name to Qonto, which looks for no single letter.

    A client has no number.
    """
    params = [*modified_since(query.modified_since)]
    if (email := query.value_of("email")) is not None:
        params.append(("filter[email]", email))
    if (vat_number := query.value_of("vatId")) is not None:
        params.append(("filter[vat_number]", vat_number))
    if (tax_number := query.value_of("taxNumber")) is not None:
        params.append(("filter[tax_identification_number]", tax_number))
    name = (query.value_of("name") or "").strip()
    if len(name) >= _SHORTEST_NAME:
        params.append(("filter[name]", name))
    is_letter = 0 < len(name) < _SHORTEST_NAME
    return ask(
        query,
        params=params,
        conditions=[(lambda client: _is_called(client, name)) if is_letter else None],
        possible=query.value_of("number") is None,
    )


def _contacts(query: Query) -> ListQuery[ContactV2]:
    return ask(query, params=modified_since(query.modified_since))


def _is_called(client: Customer, part: str) -> bool:
    people = (f"{one.first_name or ''} {one.last_name or ''}" for one in client.contact_persons)
    return any(has_part(name, part) for name in (client.company_name or "", *people))


def _items(query: Query) -> ListQuery[Item]:
    """Do everything here: no filter is documented for products, which have no number."""
    conditions: tuple[Condition[Item] | None, ...] = (
        is_in("type", query.value_of("type")),
        changed_since(query, lambda item: item.last_modified_date),
    )
    return ask(query, conditions=conditions, possible=query.value_of("itemNumber") is None)


def _offers(query: Query) -> ListQuery[Offer]:
    """Leave status to Qonto as far as its words reach; it can't filter quotes by their change."""
    words: Sequence[str] | None = None
    if query.status is not None:
        words = [word for word, means in QUOTE_STATUSES.items() if query.status in means]
    is_exact = all(len(QUOTE_STATUSES[word]) == 1 for word in words or ())
    return ask(
        query,
        params=() if words is None else (("filter[status]", ",".join(words)),),
        conditions=(
            None if is_exact else is_in("status", query.status),
            changed_since(query, lambda offer: offer.updated_date or offer.created_date),
        ),
        checked=(is_in("status", query.status),),
        possible=words != [],
    )


CUSTOMERS = QontoList("customer", CLIENTS, map_customer).kind_of(_clients)

CONTACTS = QontoList("contact", CLIENTS, map_contact).kind_of(_contacts)

ITEMS = QontoList("item", PRODUCTS, map_item, age=UNSORTED).kind_of(_items)

OFFERS = QontoList("offer", QUOTES, map_offer, age=UNSORTED).kind_of(_offers)
