"""``/v2/webhook_subscriptions``.

Single objects come without an envelope, the list under ``subscriptions``. A subscription belongs to
a membership, an OAuth client and an organisation, and nobody else sees it.
"""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from typing import cast
from urllib.parse import urlsplit

from qonto_simulator.api import Call, Endpoint, Handler, Reply
from qonto_simulator.errors import Wording, missing_scope, not_found, refuse
from qonto_simulator.paging import meta, read_page
from qonto_simulator.records.subscription import Subscription
from qonto_simulator.render.common import Document
from qonto_simulator.times import with_seconds
from qonto_simulator.webhooks.types import SCOPES

_URL, _DESCRIPTION = 512, 256
_SECRET = (32, 128)


@dataclass(frozen=True, slots=True)
class _Body:
    callback_url: str
    types: tuple[str, ...]
    secret: str | None
    description: str | None


def _bad(name: str, detail: str) -> Exception:
    return refuse(400, "invalid", detail, pointer=f"/{name}")


async def _read(call: Call) -> _Body:
    data = await call.json()
    url = data.get("callback_url")
    if not isinstance(url, str) or not url:
        raise _bad("callback_url", "CallbackURL is missing")
    if len(url) > _URL or not _is_allowed(url, strict=call.quirks.strict_callbacks):
        raise _bad(
            "callback_url", "CallbackURL must be a public HTTPS address of at most 512 characters"
        )
    types = _types(data.get("types"))
    for type in types:
        scope = SCOPES[type]
        if scope is not None and scope not in call.caller.scopes:
            raise missing_scope(scope)
    secret = _optional(data, "secret")
    if secret is not None and not _SECRET[0] <= len(secret) <= _SECRET[1]:
        raise _bad("secret", "Secret must have 32 to 128 characters")
    description = _optional(data, "description")
    if description is not None and len(description) > _DESCRIPTION:
        raise _bad("description", "Description must have at most 256 characters")
    return _Body(url, types, secret, description)


def _types(raw: object) -> tuple[str, ...]:
    if not isinstance(raw, list) or not raw:
        raise _bad("types", "Types is missing")
    types: list[str] = []
    for type in cast("list[object]", raw):
        if not isinstance(type, str) or type not in SCOPES:
            raise _bad("types", f"Types must be among: {', '.join(SCOPES)}")
        types.append(type)
    return tuple(dict.fromkeys(types))


def _optional(data: dict[str, object], name: str) -> str | None:
    value = data.get(name)
    if value is None or value == "":
        return None
    if not isinstance(value, str):
        raise _bad(name, f"{name} must be a string")
    return value


def _is_allowed(url: str, *, strict: bool) -> bool:
    """HTTPS anywhere public; on request also plain HTTP on this machine, to try things out."""
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
        _ = parts.port
    except ValueError:
        return False
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        loopback, public = host == "localhost" or host.endswith(".localhost"), "." in host
    else:
        loopback, public = address.is_loopback, address.is_global
    if loopback:
        return not strict and parts.scheme in ("http", "https")
    return parts.scheme == "https" and bool(host) and (public or not strict)


def _document(one: Subscription, *, secret: str | None = None, listed: bool = False) -> Document:
    """``description`` is absent when unset; ``secret`` is shown at creation, later it is null."""
    document: Document = {
        "id": one.id,
        "organization_id": one.organisation_id,
        "membership_id": one.membership_id,
        "callback_url": one.callback_url,
        "types": list(one.types),
    }
    if one.description is not None:
        document["description"] = one.description
    document["created_at"] = with_seconds(one.created_at)
    document["updated_at"] = with_seconds(one.updated_at)
    if not listed:
        document["secret"] = secret
    return document


def _is_mine(call: Call, one: Subscription) -> bool:
    caller = call.caller
    return (one.membership_id, one.client_id) == (caller.membership_id, caller.client_id)


def _find(call: Call) -> Subscription:
    one = call.world.hub.subscriptions.get(call.id)
    if one is None or not _is_mine(call, one):
        raise not_found("webhook subscription", parameter="id")
    return one


async def index(call: Call) -> Reply:
    mine = [one for one in call.world.hub.subscriptions.values() if _is_mine(call, one)]
    page = call.limited(read_page(call.request.query_params))
    shown = [_document(one, listed=True) for one in mine[page.start : page.stop]]
    return Reply(document={"subscriptions": shown, "meta": meta(page, len(mine), call.quirks)})


async def show(call: Call) -> Reply:
    return Reply(document=_document(_find(call)))


async def create(call: Call) -> Reply:
    body = await _read(call)
    one = Subscription(
        id=call.world.ids.uuid7(call.now),
        organisation_id=call.books.organisation.id,
        membership_id=call.caller.membership_id,
        client_id=call.caller.client_id or "",
        callback_url=body.callback_url,
        types=body.types,
        secret=body.secret or f"whsec_{call.world.ids.hexadecimal(32)}",
        created_at=call.now,
        updated_at=call.now,
        description=body.description,
    )
    call.world.hub.subscriptions[one.id] = one
    call.world.hub.recount()
    return Reply(201, _document(one, secret=one.secret))


async def replace(call: Call) -> Reply:
    """Replaces everything but the secret: a new one needs a new subscription."""
    one = _find(call)
    body = await _read(call)
    one.callback_url = body.callback_url
    one.types = body.types
    one.description = body.description
    one.updated_at = call.now
    call.world.hub.recount()
    return Reply(document=_document(one))


async def delete(call: Call) -> Reply:
    del call.world.hub.subscriptions[_find(call).id]
    call.world.hub.recount()
    return Reply(204)


def _endpoint(method: str, path: str, handle: Handler) -> Endpoint:
    return Endpoint(method, f"/webhook_subscriptions{path}", handle, wording=Wording.BARE)


ENDPOINTS = (
    _endpoint("GET", "", index),
    _endpoint("POST", "", create),
    _endpoint("GET", "/{id}", show),
    _endpoint("PUT", "/{id}", replace),
    _endpoint("DELETE", "/{id}", delete),
)
