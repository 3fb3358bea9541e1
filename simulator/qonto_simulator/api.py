"""The machinery under ``/v2``: who calls, whether they may, what they get back."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from operator import attrgetter
from typing import TypeVar, cast
from weakref import WeakValueDictionary

import msgspec
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from .access import ACCESS, Access
from .collection import Collection, Record, Selection
from .errors import ApiError, Wording, missing_scope, not_found, not_permitted, refuse, unauthorized
from .oauth.grants import Grants
from .paging import Page, meta
from .quirks import Quirks
from .records.organisation import Membership
from .render.common import Document, mix_empty
from .shuffling import shuffled_ties
from .world import Books, World

R = TypeVar("R", bound=Record)

REPLAY = timedelta(minutes=30)
IDEMPOTENCY_HEADER = "X-Qonto-Idempotency-Key"
_encoder = msgspec.json.Encoder(decimal_format="number")
_decoder = msgspec.json.Decoder(float_hook=Decimal)


@dataclass(frozen=True, slots=True)
class Caller:
    """Whose credentials these are; an API key has no ``client_id`` and no scopes."""

    books: Books
    membership_id: str
    client_id: str | None
    scopes: frozenset[str]


@dataclass(frozen=True, slots=True)
class Reply:
    """A status and a document, or bytes of another kind."""

    status: int = 200
    document: Mapping[str, object] | None = None
    content: bytes | None = None
    content_type: str = "application/json"


@dataclass(frozen=True, slots=True)
class Call:
    """One authenticated request."""

    world: World
    grants: Grants
    caller: Caller
    request: Request
    now: datetime
    wording: Wording

    @property
    def books(self) -> Books:
        return self.caller.books

    @property
    def quirks(self) -> Quirks:
        return self.world.quirks

    @property
    def id(self) -> str:
        return self.request.path_params["id"]

    @property
    def member(self) -> Membership:
        """The person behind the credentials."""
        return self.world.membership(self.caller.membership_id)[1]

    def require_admin(self) -> None:
        """403 unless an owner or an admin calls."""
        if not self.member.is_admin:
            raise not_permitted()

    async def json(self) -> dict[str, object]:
        """The JSON object of the body, ``{}`` without one; 400 for anything else."""
        body = await self.request.body()
        if not body.strip():
            return {}
        try:
            # It takes UTF-8 alone, neither NaN nor half a surrogate pair: all that is read here can
            # be written again.
            data: object = _decoder.decode(body)
        except (msgspec.MsgspecError, ValueError, RecursionError) as problem:
            code = "malformed_json" if self.wording is Wording.INVOICING else "invalid_body"
            raise refuse(400, code, "the body is not valid JSON") from problem
        if not isinstance(data, dict):
            raise refuse(400, "invalid_body", "the body must be a JSON object")
        return cast("dict[str, object]", data)

    def shaped(self, document: Document) -> Document:
        """The document with its empty values as the quirks want them."""
        if self.quirks.mix_empty:
            return mix_empty(document, str(document.get("id", "")))
        return document

    def limited(self, page: Page) -> Page:
        """The page with no more records than the quirks allow."""
        return page.limited(self.quirks, self.request.url.path)

    def created(self, document: Document, documented: int = 200) -> Reply:
        """The answer to a creation, with the documented status unless a quirk sets another."""
        return Reply(self.quirks.created_status or documented, document)


Handler = Callable[[Call], Awaitable[Reply]]


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A method and path under ``/v2``; ``ACCESS`` says who may call it.

    ``replays`` means that the endpoint lists the idempotency header: it is mandatory there, and for
    thirty minutes the first success is answered again for the same key, whatever the body.
    """

    method: str
    path: str
    handle: Handler
    replays: bool = False
    wording: Wording = Wording.LISTED


@dataclass(frozen=True, slots=True)
class _Remembered:
    response: Response
    until: datetime


class Api:
    """Turns endpoints into routes."""

    def __init__(self, world: World, grants: Grants) -> None:
        self._world = world
        self._grants = grants
        self._replays: dict[tuple[str, ...], _Remembered] = {}
        # Reading a large upload waits; a twin sent at the same time waits for its outcome.
        self._locks: WeakValueDictionary[tuple[str, ...], asyncio.Lock] = WeakValueDictionary()

    def routes(self, endpoints: Sequence[Endpoint]) -> list[Route]:
        return [
            Route(f"/v2{one.path}", self._serve(one), methods=[one.method]) for one in endpoints
        ]

    def _serve(self, endpoint: Endpoint) -> Callable[[Request], Awaitable[Response]]:
        access = ACCESS[endpoint.method, endpoint.path]

        async def serve(request: Request) -> Response:
            try:
                now = self._world.now()
                header = request.headers.get("authorization", "")
                caller = self._authenticate(header, now)
                if caller is None:
                    raise unauthorized(endpoint.wording, header=header)
                _admit(caller, access)
                call = Call(self._world, self._grants, caller, request, now, endpoint.wording)
                if endpoint.replays:
                    return await self._replayed(endpoint, call)
                return respond(await endpoint.handle(call))
            except ApiError as refusal:
                answer = failed(request, refusal, endpoint.wording)
                wait = self._world.quirks.retry_after
                if refusal.status == 429 and wait is not None:
                    answer.headers["Retry-After"] = str(wait)
                return answer

        return serve

    async def _replayed(self, endpoint: Endpoint, call: Call) -> Response:
        key = call.request.headers.get(IDEMPOTENCY_HEADER, "")
        if not key:
            raise refuse(400, "required", f"the header {IDEMPOTENCY_HEADER} is missing")
        caller = call.caller
        slot = (caller.membership_id, caller.client_id or "", endpoint.method, endpoint.path, key)
        async with self._locks.setdefault(slot, asyncio.Lock()):
            known = self._replays.get(slot)
            if known is not None and call.now < known.until:
                return known.response
            response = respond(await endpoint.handle(call))
            if response.status_code < 300:
                self._replays[slot] = _Remembered(response, call.now + REPLAY)
            return response

    def _authenticate(self, header: str, now: datetime) -> Caller | None:
        """The caller by bearer token or by ``login:secret-key``."""
        scheme, _, token = header.partition(" ")
        if token:
            family = self._grants.find_access(token, now) if scheme.lower() == "bearer" else None
            if family is None:
                return None
            books = self._world.books[family.organisation_id]
            scopes = frozenset(family.scopes)
            return Caller(books, family.membership_id, family.client_id, scopes)
        login, _, secret = header.partition(":")
        for books in self._world.books.values():
            organisation = books.organisation
            if secret and (login, secret) == (organisation.slug, organisation.secret_key):
                return Caller(books, organisation.owner.id, None, frozenset())
        return None

    def clear(self) -> None:
        self._replays.clear()


def _admit(caller: Caller, access: Access) -> None:
    """403 unless the caller brings what the endpoint asks for."""
    if caller.client_id is None:
        if not access.key:
            raise not_permitted()
    elif access.scope is not None and access.scope not in caller.scopes:
        raise missing_scope(access.scope)


def respond(reply: Reply) -> Response:
    if reply.content is not None:
        return Response(reply.content, reply.status, media_type=reply.content_type)
    if reply.document is None:
        return Response(status_code=reply.status)
    return Response(_encoder.encode(reply.document), reply.status, media_type="application/json")


def failed(request: Request, refusal: ApiError, wording: Wording = Wording.LISTED) -> Response:
    trace_id = str(request.scope.get("state", {}).get("trace_id", ""))
    content = _encoder.encode(refusal.document(trace_id, wording))
    return Response(content, refusal.status, media_type="application/json")


async def no_route(request: Request, problem: Exception) -> Response:
    """JSON for unknown paths and methods under ``/v2``, plain text elsewhere."""
    status = problem.status_code if isinstance(problem, HTTPException) else 500
    if not request.url.path.startswith("/v2"):
        text = {404: "404 page not found", 405: "Not allowed"}.get(status, "Bad Request")
        return Response(text, status, media_type="text/plain")
    if status == 404:
        return failed(request, not_found("path"))
    if status == 405:
        return failed(request, refuse(405, "bad_request", "method not allowed"))
    return failed(request, refuse(status, "bad_request", "the request can't be read"))


def list_reply(
    call: Call,
    key: str,
    records: Collection[R],
    wanted: Selection[R],
    page: Page,
    render: Callable[[R], Document],
    *,
    strict: bool = False,
) -> Reply:
    """One page of a selection under its plural name, with ``meta``."""
    page = call.limited(page)
    rows, total = page_of(call, records, wanted, page)
    below = meta(page, total, call.quirks, strict=strict)
    document: Document = {key: [call.shaped(render(row)) for row in rows], "meta": below}
    stir(call, records)
    return Reply(document=document)


def page_of(
    call: Call, records: Collection[R], wanted: Selection[R], page: Page
) -> tuple[list[R], int]:
    """The records of a page and the size of the selection; the quirk ``unstable_order`` shuffles
    those that nothing sets apart."""
    if not call.quirks.unstable_order:
        return records.select(wanted, page.start, page.stop)
    everything, total = records.select(wanted, 0, len(records))
    key = wanted.key or attrgetter(wanted.order)
    shuffled = shuffled_ties(everything, key, call.world.order.random)
    return shuffled[page.start : page.stop], total


def stir(call: Call, records: Collection[R]) -> None:
    """Touches as many records as the quirk ``churn`` says, so that they move between pages."""
    for _ in range(min(call.quirks.churn, len(records))):
        chosen = call.world.ids.random.randrange(len(records))
        for record in records.select(Selection(), chosen, chosen + 1)[0]:
            records.save(record, call.now)
