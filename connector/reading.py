"""Reading a linked account's documents: which target system to ask, and in which zone."""

from collections.abc import Callable
from dataclasses import replace
from datetime import tzinfo
from typing import Protocol

from connector.ports import AccountingReader, Found, Page, Query
from connector.registry import Registry
from connector.unified.bill import Bill
from connector.unified.booking_proposal import BookingProposal
from connector.unified.invoice import Invoice


class ReadableAccount(Protocol):
    """The linked account a request is about, as the edge found it."""

    @property
    def id(self) -> str: ...

    @property
    def target(self) -> str: ...

    @property
    def tenant_id(self) -> str: ...


ZoneOf = Callable[[ReadableAccount], tzinfo | None]
"""Answers the zone set for an account; None leaves it to the documents' country."""


def by_country(account: ReadableAccount) -> tzinfo | None:
    """Leave every account's zone to the country of its documents."""
    del account
    return None


class Reading:
    """Reads through the unified model. Raises what `connector.ports` and `Registry.get` name."""

    def __init__(self, registry: Registry, *, zone_of: ZoneOf = by_country) -> None:
        self._registry = registry
        self._zone_of = zone_of

    async def list_invoices(self, account: ReadableAccount, query: Query) -> Page[Invoice]:
        return await self._reader(account).list_invoices(account.id, self._zoned(account, query))

    async def get_invoice(self, account: ReadableAccount, invoice_id: str) -> Found[Invoice]:
        zone = self._zone_of(account)
        return await self._reader(account).get_invoice(account.id, invoice_id, zone=zone)

    async def list_bills(self, account: ReadableAccount, query: Query) -> Page[Bill]:
        return await self._reader(account).list_bills(account.id, self._zoned(account, query))

    async def get_bill(self, account: ReadableAccount, bill_id: str) -> Found[Bill]:
        zone = self._zone_of(account)
        return await self._reader(account).get_bill(account.id, bill_id, zone=zone)

    async def list_booking_proposals(
        self, account: ReadableAccount, query: Query
    ) -> Page[BookingProposal]:
        return await self._reader(account).list_booking_proposals(
            account.id, self._zoned(account, query)
        )

    async def get_booking_proposal(
        self, account: ReadableAccount, proposal_id: str
    ) -> Found[BookingProposal]:
        zone = self._zone_of(account)
        return await self._reader(account).get_booking_proposal(account.id, proposal_id, zone=zone)

    def _reader(self, account: ReadableAccount) -> AccountingReader:
        return self._registry.get(account.target).reader

    def _zoned(self, account: ReadableAccount, query: Query) -> Query:
        return replace(query, zone=self._zone_of(account))
