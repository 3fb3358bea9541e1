"""A small stand-in for Qonto's API: lists with paging, filters and 422 past the end."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from random import Random
from typing import Any
from zlib import crc32

import httpx2

from connector.http import Limits, provider_http
from connector.providers.qonto.provider import QontoSystem, qonto, qonto_sandbox
from connector.registry import Provider
from oauth.tokens import Access

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
SCOPES = frozenset(
    {"client_invoices.read", "supplier_invoice.read", "client.read", "attachment.read", "webhook"}
)

Document = dict[str, Any]
Answer = Callable[[httpx2.Request], httpx2.Response | None]


def uuid(number: int) -> str:
    """Make a distinct id in the form of Qonto's."""
    return f"019d07ca-0000-7000-8000-{number:012x}"


class Bank:
    """Holds documents, answers requests, and keeps what it was asked.

    `answers` are tried first, so that a test can make a single call go wrong. A document that
    `is_spoiled` is shown as something that is none, one that `is_nameless` in lists without its id.
    """

    def __init__(self) -> None:
        self.client_invoices: list[Document] = []
        self.clients: list[Document] = []
        self.attachments: list[Document] = []
        self.credit_notes: list[Document] = []
        self.supplier_invoices: list[Document] = []
        self.subscriptions: dict[str, Document] = {}
        self.requests: list[httpx2.Request] = []
        self.answers: list[Answer] = []
        self.forbidden: set[str] = set()
        self.refuses_past_the_end = True
        self.sends_next_page = True
        self.sends_totals = True
        self.most_per_page: int | None = None
        self.says_page_size = True
        self.shuffle: Random | None = None
        """Draws the order of equal records anew with every request."""
        self.now = NOW
        """What the connector takes the time to be."""
        self.hides: set[str] = set()
        """Ids of records that are counted, and never shown."""

    def __call__(self, request: httpx2.Request) -> httpx2.Response:
        self.requests.append(request)
        for answer in self.answers:
            given = answer(request)
            if given is not None:
                return given
        _, version, resource, *rest = request.url.path.split("/")
        assert version == "v2"
        if resource in self.forbidden:
            detail = "missing required oauth scope for this endpoint"
            return self._error(403, "forbidden", detail)
        if resource == "webhook_subscriptions":
            return self._subscriptions(request, rest)
        documents: list[Document] = getattr(self, resource)
        if rest:
            singular = resource.removesuffix("s")
            for document in documents:
                if document["id"] == rest[0] and document.get("is_spoiled"):
                    return httpx2.Response(200, json={singular: 7})
                if document["id"] == rest[0]:
                    return httpx2.Response(200, json={singular: document})
            return self._error(404, "not_found", "not found")
        return self._list(resource, documents, request.url.params)

    @property
    def asked(self) -> list[str]:
        """Paths asked for, in order."""
        return [request.url.path for request in self.requests]

    def _list(
        self, resource: str, documents: list[Document], params: httpx2.QueryParams
    ) -> httpx2.Response:
        found = sorted(documents, key=lambda one: crc32(one["id"].encode()))  # ties in any order
        if self.shuffle is not None:
            self.shuffle.shuffle(found)
        if resource != "credit_notes":
            by, _, direction = params.get("sort_by", "created_at:desc").partition(":")
            found.sort(key=lambda one: _moment(one[by]), reverse=direction == "desc")
            since = params.get("filter[updated_at_from]")
            if since is not None:
                found = [one for one in found if _moment(one["updated_at"]) >= _moment(since)]
            if params.get("filter[exclude_credit_notes]") == "true":
                found = [one for one in found if not one.get("is_credit_note")]
            words = [*params.get_list("filter[status][]")]
            words += (
                params.get("filter[status]", "").split(",") if "filter[status]" in params else []
            )
            if words:
                found = [one for one in found if one["status"] in words]
            due = params.get("filter[due_date_from]")
            if due is not None:
                found = [one for one in found if (one.get("due_date") or "") >= due]
        if resource == "client_invoices" and params.get("exclude_imported") != "false":
            found = [one for one in found if not one.get("imported")]
        page, asked = int(params["page"]), int(params["per_page"])
        size = min(asked, self.most_per_page or asked)
        said = size if self.says_page_size else asked
        pages = -(-len(found) // size)
        if page > max(pages, 1) and self.refuses_past_the_end:
            return self._error(422, "invalid", "page is out of range")
        meta: Document = {"current_page": page, "per_page": said}
        said_pages = -(-len(found) // said)
        if self.sends_totals:
            meta.update(total_pages=said_pages, total_count=len(found))
        if self.sends_next_page:
            meta["next_page"] = page + 1 if page < said_pages else None
        shown = [
            7 if one.get("is_spoiled") else _nameless(one) if one.get("is_nameless") else one
            for one in found[(page - 1) * size : page * size]
            if one["id"] not in self.hides
        ]
        return httpx2.Response(200, json={resource: shown, "meta": meta})

    def _subscriptions(self, request: httpx2.Request, rest: list[str]) -> httpx2.Response:
        body: Document = json.loads(request.content) if request.content else {}
        match request.method:
            case "POST":
                made = {
                    "id": uuid(900 + len(self.subscriptions)),
                    "organization_id": "org-1",
                    "membership_id": "member-1",
                    **body,
                }
                self.subscriptions[made["id"]] = made
                return httpx2.Response(201, json={"secret": "whsec_made_by_the_bank", **made})
            case "GET":
                listed = [
                    {key: value for key, value in one.items() if key != "secret"}
                    for one in self.subscriptions.values()
                ]
                return httpx2.Response(200, json={"subscriptions": listed, "meta": {}})
            case _ if rest[0] not in self.subscriptions:
                return self._error(404, "not_found", "not found")
            case "PUT":
                self.subscriptions[rest[0]].update(body)
                return httpx2.Response(200, json=self.subscriptions[rest[0]])
            case _:
                del self.subscriptions[rest[0]]
                return httpx2.Response(204)

    def _error(self, status: int, code: str, detail: str) -> httpx2.Response:
        body = {"errors": [{"code": code, "detail": detail}], "trace_id": "trace-1"}
        return httpx2.Response(status, json=body)


class OneAccess:
    """The access of every account; it can't be renewed."""

    async def get(self, account_id: str) -> Access:
        return Access({"Authorization": f"Bearer {account_id}"}, SCOPES, None)

    async def renew(self, account_id: str, refused: Access) -> Access:
        raise AssertionError("no test lets an access be refused here")


def system(bank: Bank, *, sandbox: bool = False, callback_url: str | None = None) -> QontoSystem:
    """Make a target system over a bank."""
    make = qonto_sandbox if sandbox else qonto
    return make(
        provider_http(httpx2.MockTransport(bank)),
        identify_callback_url=callback_url,
        limits=Limits(retries=0),
        clock=lambda: bank.now,
    )


def provider(bank: Bank) -> Provider:
    """Make a provider over a bank, with a clock that stands still."""
    return system(bank).provider(OneAccess())


def client_invoice(number: int, created: datetime, **more: Any) -> Document:
    """Make a client invoice as Qonto lists it, as far as these tests look."""
    return {
        "id": uuid(number),
        "number": f"F-{number}",
        "status": "paid",
        "currency": "EUR",
        "total_amount": {"value": f"{number}.10", "currency": "EUR"},
        "created_at": created.isoformat(),
        "updated_at": created.isoformat(),
        **more,
    }


def supplier_invoice(number: int, created: datetime, **more: Any) -> Document:
    """Make a supplier invoice as Qonto lists it."""
    return {
        "id": uuid(number),
        "status": "paid",
        "invoice_number": f"S-{number}",
        "total_amount": {"value": f"{number}.20", "currency": "EUR"},
        "analyzed_at": created.isoformat(),
        "is_credit_note": False,
        "created_at": created.isoformat(),
        "updated_at": created.isoformat(),
        **more,
    }


def credit_note(number: int, created: datetime, **more: Any) -> Document:
    """Make a credit note as Qonto lists it; it has no updated_at."""
    return {
        "id": uuid(number),
        "number": f"A-{number}",
        "currency": "EUR",
        "total_amount": {"value": f"-{number}.30", "currency": "EUR"},
        "created_at": created.isoformat(),
        **more,
    }


def _nameless(document: Document) -> Document:
    return {name: value for name, value in document.items() if name != "id"}


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text)
