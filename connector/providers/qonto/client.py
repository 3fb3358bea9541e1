"""Qonto's endpoints: what is sent, which scope it needs, what comes back.

Qonto's documentation: Client invoices, Credit notes, Supplier invoices, Organizations, Memberships,
Webhook subscriptions, Pagination.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Generic, TypeVar
from urllib.parse import quote

import msgspec

from connector.errors import UnreadableAnswer
from connector.http import ProviderCall, ProviderClient
from connector.listing.records import DocumentPage
from connector.listing.source import Params
from connector.outcomes import Complaint, Dialect, ProviderAnswer, Refusal
from connector.providers.qonto.documents import bank, purchases, sales, transfers
from connector.providers.qonto.documents.bank import (
    MEMBERSHIP,
    ORGANIZATION,
    Membership,
    Organization,
)
from connector.providers.qonto.documents.errors import read_errors
from connector.providers.qonto.documents.mending import QontoDocument
from connector.providers.qonto.documents.reading import QontoResource, Unreadable
from connector.providers.qonto.documents.subscriptions import (
    WEBHOOK_SUBSCRIPTIONS,
    QontoWebhookSubscription,
)
from connector.providers.qonto.hints import hint_for
from storage.clock import iso_millis

D = TypeVar("D", bound=QontoDocument)

SYSTEM = "Qonto"
"""What sentences call the target system."""

LARGEST_PAGE = 100
"""Records a page may have at most."""

READ_CLIENT_INVOICES = "client_invoices.read"
READ_SUPPLIER_INVOICES = "supplier_invoice.read"
READ_ORGANIZATION = "organization.read"
READ_MEMBERSHIP = "membership.read"
WEBHOOK = "webhook"


def dialect(*, gated: bool) -> Dialect:
    """Tell how Qonto words its answers; only the sandbox has a gate before it."""
    return Dialect(SYSTEM, gated, "X-Tyk-Trace-Id", read_refusal)


def read_refusal(status: int, body: bytes) -> Refusal:
    """Read a refusal; a missing scope is told by words only, in one entry's detail."""
    read = read_errors(body)
    return Refusal(
        tuple(
            Complaint(entry.code, entry.detail, entry.source, hint_for(status, entry))
            for entry in read.entries
        ),
        read.trace_id,
        any(
            "missing required oauth scope" in (entry.detail or "").lower() for entry in read.entries
        ),
    )


@dataclass(frozen=True, slots=True)
class QontoEndpoint(Generic[D]):
    """A list of Qonto's and, under the same path, its single documents.

    `always` is sent with every question for the list, `includes` with those for single documents
    too. `has_single` says whether one document can be asked for by its id. `since` is the parameter
    that asks for what changed at a moment or later, None where there is none.
    """

    path: str
    resource: QontoResource[D]
    scope: str
    always: Params = ()
    includes: Params = ()
    has_single: bool = True
    since: str | None = None


_SINCE = "filter[updated_at_from]"

# Qonto hides imported invoices unless told not to
CLIENT_INVOICES = QontoEndpoint(
    "/v2/client_invoices",
    sales.CLIENT_INVOICES,
    READ_CLIENT_INVOICES,
    (("exclude_imported", "false"),),
    since=_SINCE,
)
CREDIT_NOTES = QontoEndpoint("/v2/credit_notes", sales.CREDIT_NOTES, READ_CLIENT_INVOICES)
SUPPLIER_INVOICES = QontoEndpoint(
    "/v2/supplier_invoices",
    purchases.SUPPLIER_INVOICES,
    READ_SUPPLIER_INVOICES,
    since=_SINCE,
)
CLIENTS = QontoEndpoint("/v2/clients", sales.CLIENTS, "client.read", since=_SINCE)
QUOTES = QontoEndpoint("/v2/quotes", sales.QUOTES, READ_CLIENT_INVOICES)
PRODUCTS = QontoEndpoint("/v2/products", sales.PRODUCTS, "product.read", has_single=False)
BANK_ACCOUNTS = QontoEndpoint("/v2/bank_accounts", bank.BANK_ACCOUNTS, READ_ORGANIZATION)
MEMBERSHIPS = QontoEndpoint(
    "/v2/memberships", bank.MEMBERSHIPS, READ_ORGANIZATION, has_single=False
)
TRANSACTIONS = QontoEndpoint(
    "/v2/transactions",
    bank.TRANSACTIONS,
    READ_ORGANIZATION,
    includes=(("includes[]", "labels"),),
)
TRANSFERS = QontoEndpoint(
    "/v2/sepa/transfers", transfers.TRANSFERS, READ_ORGANIZATION, since="updated_at_from"
)
BENEFICIARIES = QontoEndpoint("/v2/sepa/beneficiaries", transfers.BENEFICIARIES, READ_ORGANIZATION)
SUBSCRIPTIONS = QontoEndpoint("/v2/webhook_subscriptions", WEBHOOK_SUBSCRIPTIONS, WEBHOOK)


class QontoClient:
    """Calls the Business API for linked accounts. Raises what `ProviderClient.send` raises."""

    def __init__(self, http: ProviderClient) -> None:
        self._http = http

    async def page(
        self,
        account_id: str,
        endpoint: QontoEndpoint[D],
        number: int = 1,
        per_page: int = LARGEST_PAGE,
        params: Params = (),
    ) -> DocumentPage[D]:
        """GET one page of a list, numbered from 1."""
        sent = (("page", str(number)), ("per_page", str(per_page)), *endpoint.always)
        sent = (*sent, *endpoint.includes, *params)
        call = ProviderCall("GET", endpoint.path, endpoint.path, params=sent, scope=endpoint.scope)
        answer = await self._http.send(account_id, call)
        return readable(endpoint.resource.read_page, answer)

    async def one(
        self, account_id: str, endpoint: QontoEndpoint[D], document_id: str
    ) -> tuple[D, bytes]:
        """GET one document by its id, which must be a UUID, and its own bytes."""
        path = f"{endpoint.path}/{document_id}"
        call = ProviderCall(
            "GET",
            path,
            endpoint.path + "/{id}",
            params=tuple(endpoint.includes),
            scope=endpoint.scope,
        )
        answer = await self._http.send(account_id, call)
        document, raw = readable(endpoint.resource.read_one, answer)
        if not document.id:
            raise UnreadableAnswer(
                f"Qonto's answer can't be read: there is no {endpoint.resource.singular} in it.",
                trace_id=answer.trace_id,
            )
        return document, raw

    async def call(self, account_id: str, call: ProviderCall) -> ProviderAnswer:
        """Make any other call. Raises what `ProviderClient.send` raises."""
        return await self._http.send(account_id, call)

    async def organization(self, account_id: str) -> Organization:
        """GET /v2/organization."""
        call = ProviderCall("GET", "/v2/organization", "/v2/organization", scope=READ_ORGANIZATION)
        return await self._one(account_id, ORGANIZATION, call)

    async def membership(self, account_id: str) -> Membership:
        """GET /v2/membership."""
        call = ProviderCall("GET", "/v2/membership", "/v2/membership", scope=READ_MEMBERSHIP)
        return await self._one(account_id, MEMBERSHIP, call)

    async def subscribe(
        self, account_id: str, callback_url: str, secret: str | None, types: Sequence[str]
    ) -> QontoWebhookSubscription:
        """POST /v2/webhook_subscriptions; without a secret Qonto makes one."""
        body = _subscription_body(callback_url, secret, types)
        path = SUBSCRIPTIONS.path
        call = ProviderCall("POST", path, path, body=body, scope=WEBHOOK)
        return await self._one(account_id, WEBHOOK_SUBSCRIPTIONS, call)

    async def update_subscription(
        self,
        account_id: str,
        subscription_id: str,
        callback_url: str,
        secret: str,
        types: Sequence[str],
    ) -> QontoWebhookSubscription:
        """PUT /v2/webhook_subscriptions/{id}, which replaces the whole of it."""
        body = _subscription_body(callback_url, secret, types)
        call = _on_subscription("PUT", subscription_id, body)
        return await self._one(account_id, WEBHOOK_SUBSCRIPTIONS, call)

    async def unsubscribe(self, account_id: str, subscription_id: str) -> None:
        """DELETE /v2/webhook_subscriptions/{id}."""
        await self._http.send(account_id, _on_subscription("DELETE", subscription_id))

    async def end_consent(self, account_id: str) -> None:
        """DELETE /v2/oauth2/consents: the person behind the token lets the app in no more."""
        path = "/v2/oauth2/consents"
        await self._http.send(account_id, ProviderCall("DELETE", path, path))

    async def _one(self, account_id: str, resource: QontoResource[D], call: ProviderCall) -> D:
        answer = await self._http.send(account_id, call)
        document, _ = readable(resource.read_one, answer)
        return document


R = TypeVar("R")


def readable(read: Callable[[bytes], R], answer: ProviderAnswer) -> R:
    """Read an answer. Raises UnreadableAnswer, with Qonto's name for the request."""
    try:
        return read(answer.body)
    except Unreadable as error:
        raise UnreadableAnswer(
            f"Qonto's answer can't be read: {error}.", trace_id=answer.trace_id
        ) from None


def modified_since(moment: datetime | None) -> Params:
    """Ask for what was modified at a moment or later; for everything without one."""
    return () if moment is None else ((_SINCE, iso_millis(moment)),)


def modified_until(moment: datetime) -> Params:
    """Ask for what was modified last at a moment or earlier."""
    return (("filter[updated_at_to]", iso_millis(moment)),)


def _on_subscription(method: str, subscription_id: str, body: bytes | None = None) -> ProviderCall:
    path = SUBSCRIPTIONS.path
    return ProviderCall(
        method,
        f"{path}/{quote(subscription_id, safe='')}",
        path + "/{id}",
        body=body,
        scope=WEBHOOK,
    )


def _subscription_body(callback_url: str, secret: str | None, types: Sequence[str]) -> bytes:
    body: dict[str, object] = {"callback_url": callback_url, "types": list(types)}
    if secret is not None:
        body["secret"] = secret
    return msgspec.json.encode(body)
