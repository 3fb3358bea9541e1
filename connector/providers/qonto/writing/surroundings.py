"""What a document is checked against: the organisation with its accounts, customer and items.

They are kept for a minute, since a thousand invoices to one customer ask a thousand times. What has
changed meanwhile Qonto refuses by itself.
"""

import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, TypeVar

import msgspec

from connector.errors import DocumentNotFound, MissingScope
from connector.providers.qonto.client import CLIENTS, PRODUCTS, QontoClient
from connector.providers.qonto.documents.bank import accounts_of
from connector.providers.qonto.documents.sales import ClientRecord, Product
from connector.providers.qonto.session.lists import is_id
from connector.writing.problems import Problems

T = TypeVar("T")

LIFETIME = 60.0
_MOST = 2_000


@dataclass(frozen=True, slots=True)
class IssuerAccount:
    """An account of the organisation, as far as documents need it."""

    id: str
    iban: str
    is_main: bool
    is_open: bool


@dataclass(frozen=True, slots=True)
class IssuingOrganization:
    """The organisation that issues; `accounts` is None where the consent doesn't show them."""

    country: str
    accounts: tuple[IssuerAccount, ...] | None


@dataclass(frozen=True)
class Surroundings:
    """Reads them, and keeps them."""

    client: QontoClient
    monotonic: Callable[[], float] = time.monotonic
    _kept: OrderedDict[tuple[str, str], tuple[float, Any]] = field(
        default_factory=OrderedDict[tuple[str, str], tuple[float, Any]]
    )

    async def issuer(self, account_id: str) -> IssuingOrganization:
        """Return the organisation."""
        return await self._keep((account_id, ""), lambda: self._issuer(account_id))

    async def customer(
        self, account_id: str, customer_id: str, problems: Problems
    ) -> ClientRecord | None:
        """Return the customer, None when there is none of that id, which is a problem."""
        try:
            if is_id(customer_id):
                return await self._keep(
                    (account_id, customer_id), lambda: self._customer(account_id, customer_id)
                )
        except DocumentNotFound:
            pass
        problems.add("contactId", "NOT_FOUND", "Qonto knows no client of that id in this account.")
        return None

    async def item(
        self, account_id: str, item_id: str, field: str, problems: Problems
    ) -> Product | None:
        """Return an item, None when there is none of that id, which is a problem of a field."""
        try:
            if is_id(item_id):
                return await self._keep(
                    (account_id, item_id), lambda: self._item(account_id, item_id)
                )
        except DocumentNotFound:
            pass
        problems.add(field, "NOT_FOUND", "Qonto knows no product of that id in this account.")
        return None

    def forget(self, account_id: str, record_id: str = "") -> None:
        """Read it anew the next time."""
        self._kept.pop((account_id, record_id), None)

    async def _issuer(self, account_id: str) -> IssuingOrganization:
        try:
            organization = await self.client.organization(account_id)
        except MissingScope:
            return IssuingOrganization("", None)
        accounts = [
            IssuerAccount(
                one.document.id or "",
                (one.document.iban or "").replace(" ", ""),
                bool(_flags(one.raw).main),
                one.document.status != "closed",
            )
            for one in accounts_of(organization)
            if one.document is not None and one.document.iban
        ]
        return IssuingOrganization((organization.legal_country or "").upper(), tuple(accounts))

    async def _customer(self, account_id: str, customer_id: str) -> ClientRecord:
        return (await self.client.one(account_id, CLIENTS, customer_id))[0]

    async def _item(self, account_id: str, item_id: str) -> Product:
        return (await self.client.one(account_id, PRODUCTS, item_id))[0]

    async def _keep(self, key: tuple[str, str], read: Callable[[], Awaitable[T]]) -> T:
        kept = self._kept.get(key)
        if kept is not None and self.monotonic() < kept[0]:
            return kept[1]
        value = await read()
        self._kept[key] = (self.monotonic() + LIFETIME, value)
        self._kept.move_to_end(key)
        while len(self._kept) > _MOST:
            self._kept.popitem(last=False)
        return value


class _Flags(msgspec.Struct, frozen=True):
    main: bool = False


def _flags(raw: bytes) -> _Flags:
    try:
        return msgspec.json.decode(raw, type=_Flags)
    except msgspec.MsgspecError:
        return _Flags()


def iban_for(
    issuer: IssuingOrganization, iban: str | None, account_id: str | None, problems: Problems
) -> str | None:
    """Return the IBAN that is printed: the one that was asked for, or the main account's."""
    asked = iban and iban.replace(" ", "").upper()
    if issuer.accounts is None:
        if asked is None:
            problems.add(
                "iban",
                "REQUIRED",
                "The consent doesn't show the organisation's accounts.",
                "Send the IBAN, or let the customer link again with the scope organization.read.",
            )
        return asked
    usable = [one for one in issuer.accounts if one.is_open]
    if asked is None and account_id is None:
        main = [one.iban for one in usable if one.is_main] or [one.iban for one in usable]
        if not main:
            problems.add("iban", "REQUIRED", "The organisation has no account to be paid on.")
        return main[0] if main else None
    for one in usable:
        if asked == one.iban or (asked is None and account_id == one.id):
            return one.iban
    problems.add(
        "iban" if asked else "bankAccountId",
        "NOT_ONES_OWN",
        "This is no open account of the organisation.",
        "GET /accounting/bankAccounts lists them.",
    )
    return None


def check_customer(customer: ClientRecord, problems: Problems, *, for_offer: bool = False) -> None:
    """Note everything that a customer lacks to be invoiced, or to be made an offer."""
    lacking = lacking_for_documents(customer, for_offer=for_offer)
    if lacking:
        problems.add(
            "contactId",
            "CUSTOMER_INCOMPLETE",
            f"The customer has no {', '.join(lacking)}, which its documents need.",
            "Change it at PATCH /accounting/customers/{contactId} first.",
        )


def lacking_for_documents(customer: ClientRecord, *, for_offer: bool = False) -> list[str]:
    """Return what a customer's documents need that it doesn't have."""
    billing = customer.billing_address
    address = {
        "street": (billing and billing.street_address) or customer.address,
        "city": (billing and billing.city) or customer.city,
        "postal code": (billing and billing.zip_code) or customer.zip_code,
        "country": (billing and billing.country_code) or customer.country_code,
    }
    lacking = [
        *([] if customer.currency else ["currency"]),
        *([] if customer.locale else ["locale"]),
        *(name for name, value in address.items() if not value),
    ]
    is_company = (customer.kind or customer.type) == "company"
    needs_number = is_company and (for_offer or (address["country"] or "").upper() == "FR")
    if needs_number and not customer.tax_identification_number:
        lacking.append("tax number")
    return lacking
