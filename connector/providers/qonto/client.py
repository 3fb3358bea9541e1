"""Qonto's endpoints, one method each: what is sent, which scope it needs, what comes back.

Lists are asked newest first. Client invoices are asked with `exclude_imported=false`, since Qonto
hides imported ones otherwise. Qonto's documentation: Client invoices, Credit notes, Supplier
invoices, Organizations, Memberships, Webhook subscriptions, Pagination.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar
from urllib.parse import quote

import msgspec

from connector.errors import DownstreamError
from connector.http import Call, ProviderClient
from connector.outcomes import Complaint, Dialect, Refusal
from connector.providers.qonto.documents.bank import (
    MEMBERSHIP,
    ORGANIZATION,
    Membership,
    Organization,
)
from connector.providers.qonto.documents.errors import read_errors
from connector.providers.qonto.documents.purchases import SUPPLIER_INVOICES, SupplierInvoice
from connector.providers.qonto.documents.reading import (
    DocumentPage,
    Identified,
    Resource,
    Unreadable,
)
from connector.providers.qonto.documents.sales import (
    CLIENT_INVOICES,
    CREDIT_NOTES,
    ClientInvoice,
    CreditNote,
)
from connector.providers.qonto.documents.subscriptions import (
    WEBHOOK_SUBSCRIPTIONS,
    WebhookSubscription,
)
from storage.clock import iso_millis

D = TypeVar("D", bound=Identified)

LARGEST_PAGE = 100
"""Records a page may have at most."""

READ_CLIENT_INVOICES = "client_invoices.read"
READ_SUPPLIER_INVOICES = "supplier_invoice.read"
READ_ORGANIZATION = "organization.read"
READ_MEMBERSHIP = "membership.read"
WEBHOOK = "webhook"


def dialect(*, gated: bool) -> Dialect:
    """Tell how Qonto words its answers; only the sandbox has a gate before it."""
    return Dialect("Qonto", gated, "X-Tyk-Trace-Id", read_refusal)


def read_refusal(body: bytes) -> Refusal:
    """Read a refusal; a missing scope is told by words only, in one entry's detail."""
    read = read_errors(body)
    return Refusal(
        tuple(Complaint(entry.code, entry.detail, entry.source) for entry in read.entries),
        read.trace_id,
        any(
            "missing required oauth scope" in (entry.detail or "").lower() for entry in read.entries
        ),
    )


@dataclass(frozen=True, slots=True)
class ListPart:
    """Which part of a list to ask for; `modified_since` is aware and inclusive."""

    page: int = 1
    per_page: int = LARGEST_PAGE
    modified_since: datetime | None = None


class QontoClient:
    """Calls the Business API for linked accounts. Raises what `ProviderClient.send` raises."""

    def __init__(self, http: ProviderClient) -> None:
        self._http = http

    async def list_client_invoices(
        self, account_id: str, part: ListPart
    ) -> DocumentPage[ClientInvoice]:
        """GET /v2/client_invoices, imported ones included."""
        return await self._list(
            account_id,
            CLIENT_INVOICES,
            READ_CLIENT_INVOICES,
            [*_window(part), ("sort_by", "created_at:desc"), ("exclude_imported", "false")],
        )

    async def get_client_invoice(
        self, account_id: str, invoice_id: str
    ) -> tuple[ClientInvoice, bytes]:
        """GET /v2/client_invoices/{id}."""
        return await self._get(account_id, CLIENT_INVOICES, invoice_id, READ_CLIENT_INVOICES)

    async def list_supplier_invoices(
        self, account_id: str, part: ListPart, *, without_credit_notes: bool = False
    ) -> DocumentPage[SupplierInvoice]:
        """GET /v2/supplier_invoices, with or without the suppliers' credit notes."""
        params = [*_window(part), ("sort_by", "created_at:desc")]
        if without_credit_notes:
            params.append(("filter[exclude_credit_notes]", "true"))
        return await self._list(account_id, SUPPLIER_INVOICES, READ_SUPPLIER_INVOICES, params)

    async def get_supplier_invoice(
        self, account_id: str, invoice_id: str
    ) -> tuple[SupplierInvoice, bytes]:
        """GET /v2/supplier_invoices/{id}."""
        return await self._get(account_id, SUPPLIER_INVOICES, invoice_id, READ_SUPPLIER_INVOICES)

    async def list_credit_notes(
        self, account_id: str, *, page: int = 1, per_page: int = LARGEST_PAGE
    ) -> DocumentPage[CreditNote]:
        """GET /v2/credit_notes; neither an order nor a filter is documented for it."""
        window = _window(ListPart(page, per_page))
        return await self._list(account_id, CREDIT_NOTES, READ_CLIENT_INVOICES, window)

    async def get_credit_note(
        self, account_id: str, credit_note_id: str
    ) -> tuple[CreditNote, bytes]:
        """GET /v2/credit_notes/{id}."""
        return await self._get(account_id, CREDIT_NOTES, credit_note_id, READ_CLIENT_INVOICES)

    async def organization(self, account_id: str) -> Organization:
        """GET /v2/organization."""
        call = Call("GET", "/v2/organization", "/v2/organization", scope=READ_ORGANIZATION)
        return await self._one(account_id, ORGANIZATION, call)

    async def membership(self, account_id: str) -> Membership:
        """GET /v2/membership."""
        call = Call("GET", "/v2/membership", "/v2/membership", scope=READ_MEMBERSHIP)
        return await self._one(account_id, MEMBERSHIP, call)

    async def subscribe(
        self, account_id: str, callback_url: str, secret: str | None, types: Sequence[str]
    ) -> WebhookSubscription:
        """POST /v2/webhook_subscriptions; without a secret Qonto makes one."""
        body = _subscription_body(callback_url, secret, types)
        path = "/v2/webhook_subscriptions"
        call = Call("POST", path, path, body=body, scope=WEBHOOK)
        return await self._one(account_id, WEBHOOK_SUBSCRIPTIONS, call)

    async def update_subscription(
        self,
        account_id: str,
        subscription_id: str,
        callback_url: str,
        secret: str,
        types: Sequence[str],
    ) -> WebhookSubscription:
        """PUT /v2/webhook_subscriptions/{id}, which replaces the whole of it."""
        body = _subscription_body(callback_url, secret, types)
        call = _on_subscription("PUT", subscription_id, body)
        return await self._one(account_id, WEBHOOK_SUBSCRIPTIONS, call)

    async def unsubscribe(self, account_id: str, subscription_id: str) -> None:
        """DELETE /v2/webhook_subscriptions/{id}."""
        await self._http.send(account_id, _on_subscription("DELETE", subscription_id))

    async def list_subscriptions(
        self, account_id: str, *, page: int = 1
    ) -> DocumentPage[WebhookSubscription]:
        """GET /v2/webhook_subscriptions: those of this person and this app only."""
        path = "/v2/webhook_subscriptions"
        params = tuple(_window(ListPart(page)))
        answer = await self._http.send(
            account_id, Call("GET", path, path, params=params, scope=WEBHOOK)
        )
        return _readable(WEBHOOK_SUBSCRIPTIONS.read_page, answer.body)

    async def _list(
        self,
        account_id: str,
        resource: Resource[D],
        scope: str,
        params: Sequence[tuple[str, str]],
    ) -> DocumentPage[D]:
        path = f"/v2/{resource.plural}"
        answer = await self._http.send(
            account_id, Call("GET", path, path, params=tuple(params), scope=scope)
        )
        return _readable(resource.read_page, answer.body)

    async def _get(
        self, account_id: str, resource: Resource[D], document_id: str, scope: str
    ) -> tuple[D, bytes]:
        path = f"/v2/{resource.plural}"
        call = Call("GET", f"{path}/{document_id}", path + "/{id}", scope=scope)
        answer = await self._http.send(account_id, call)
        return _readable(resource.read_one, answer.body)

    async def _one(self, account_id: str, resource: Resource[D], call: Call) -> D:
        answer = await self._http.send(account_id, call)
        document, _ = _readable(resource.read_one, answer.body)
        return document


def has_next(page: DocumentPage[D], number: int, per_page: int = LARGEST_PAGE) -> bool:
    """Say whether a page has another after it, whichever parts of `meta` are there."""
    meta = page.meta
    if meta.next_page is not None:
        return True
    if meta.total_pages is not None:
        return number < meta.total_pages
    if meta.total_count is not None:
        return number * per_page < meta.total_count
    return len(page.records) >= per_page


R = TypeVar("R")


def _readable(read: Callable[[bytes], R], body: bytes) -> R:
    try:
        return read(body)
    except Unreadable as error:
        raise DownstreamError(f"Qonto's answer can't be read: {error}.") from None


def _window(part: ListPart) -> list[tuple[str, str]]:
    params = [("page", str(part.page)), ("per_page", str(part.per_page))]
    if part.modified_since is not None:
        params.append(("filter[updated_at_from]", iso_millis(part.modified_since)))
    return params


def _on_subscription(method: str, subscription_id: str, body: bytes | None = None) -> Call:
    path = "/v2/webhook_subscriptions"
    return Call(
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
