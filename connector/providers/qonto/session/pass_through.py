"""Which of Qonto's calls a vendor may make in Qonto's own words, and making them.

A call must be on the list here, by method and path, whatever the scopes are. Left out are payments,
beneficiaries, cards, members and whatever else moves money or people; webhook subscriptions, which
the relay rests on and whose addresses are secrets; answers that are not JSON; and uploads, which
are not JSON either.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

import msgspec

from connector.errors import DownstreamError, PassThroughRefused
from connector.http import ProviderCall, ProviderClient
from connector.outcomes import ProviderAnswer
from connector.pass_through import Mode, PassedCall
from storage.errors import Invalid

_READABLE: Final[Mapping[str, tuple[str, ...]]] = {
    "organization.read": (
        "/v2/organization",
        "/v2/bank_accounts",
        "/v2/bank_accounts/{id}",
        "/v2/labels",
        "/v2/labels/{id}",
        "/v2/memberships",
        "/v2/statements",
        "/v2/statements/{id}",
        "/v2/transactions",
        "/v2/transactions/{id}",
    ),
    "membership.read": ("/v2/membership",),
    "attachment.read": ("/v2/attachments/{id}", "/v2/transactions/{id}/attachments"),
    "client.read": ("/v2/clients", "/v2/clients/{id}"),
    "client_invoices.read": (
        "/v2/client_invoices",
        "/v2/client_invoices/{id}",
        "/v2/credit_notes",
        "/v2/credit_notes/{id}",
        "/v2/quotes",
        "/v2/quotes/{id}",
    ),
    "supplier_invoice.read": ("/v2/supplier_invoices", "/v2/supplier_invoices/{id}"),
    "product.read": ("/v2/products", "/v2/products/{id}"),
    "einvoicing.read": ("/v2/einvoicing/settings",),
    "team.read": ("/v2/teams",),
    "payment_link.read": (
        "/v2/payment_links",
        "/v2/payment_links/{id}",
        "/v2/payment_links/{id}/payments",
        "/v2/payment_links/payment_methods",
    ),
}

_WRITABLE: Final[Mapping[str, tuple[tuple[str, str], ...]]] = {
    "client.write": (
        ("POST", "/v2/clients"),
        ("PATCH", "/v2/clients/{id}"),
        ("DELETE", "/v2/clients/{id}"),
    ),
    "client_invoice.write": (
        ("POST", "/v2/client_invoices"),
        ("PATCH", "/v2/client_invoices/{id}"),
        ("DELETE", "/v2/client_invoices/{id}"),
        ("POST", "/v2/client_invoices/{id}/finalize"),
        ("POST", "/v2/client_invoices/{id}/mark_as_paid"),
        ("POST", "/v2/client_invoices/{id}/unmark_as_paid"),
        ("POST", "/v2/client_invoices/{id}/mark_as_canceled"),
        ("POST", "/v2/client_invoices/{id}/send"),
        ("POST", "/v2/credit_notes"),
        ("POST", "/v2/quotes"),
        ("PATCH", "/v2/quotes/{id}"),
        ("DELETE", "/v2/quotes/{id}"),
        ("POST", "/v2/quotes/{id}/send"),
    ),
    "supplier_invoice.write": (
        ("POST", "/v2/supplier_invoices/{id}/mark_as_paid"),
        ("POST", "/v2/supplier_invoices/{id}/unmark_as_paid"),
        ("POST", "/v2/supplier_invoices/{id}/reject"),
    ),
    "product.write": (
        ("POST", "/v2/products"),
        ("PATCH", "/v2/products/{id}"),
        ("DELETE", "/v2/products/{id}"),
    ),
}

# no dot, percent sign, backslash, empty part or character beyond ASCII gets any further
_PATH = re.compile(r"/?(v2(?:/[A-Za-z0-9_-]{1,64}){1,6})", re.ASCII)
_UUID = r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"


@dataclass(frozen=True, slots=True)
class Passable:
    """A call on the list; `scope` is the consent that it needs."""

    method: str
    route: str
    scope: str

    def fits(self, method: str, path: str) -> bool:
        """Say whether a call is this one; ids are UUIDs, so that no word passes for one."""
        if method != self.method:
            return False
        return re.fullmatch(self.route.replace("{id}", _UUID), path, re.ASCII) is not None


def _listed() -> Iterator[Passable]:
    for scope, routes in _READABLE.items():
        yield from (Passable("GET", route, scope) for route in routes)
    for scope, calls in _WRITABLE.items():
        yield from (Passable(method, route, scope) for method, route in calls)


LISTED: Final = tuple(_listed())
"""Every call that may be passed through where writes are allowed."""


def judge(call: PassedCall, mode: Mode) -> tuple[str, Passable]:
    """Return the path to ask for, and the call on the list that this one is.

    Raises Invalid when the path isn't one of Qonto's at all, PassThroughRefused when the call isn't
    on the list or the operator doesn't allow it.
    """
    found = _PATH.fullmatch(call.path)
    if found is None:
        raise Invalid.one(
            "path",
            "NOT_A_PATH",
            "path is one of Qonto's, such as /v2/client_invoices: words and ids between slashes. "
            "Parameters go into query.",
        )
    path = f"/{found[1]}"
    listed = next((one for one in LISTED if one.fits(call.method, path)), None)
    if mode == "off":
        raise PassThroughRefused("Passing calls through is switched off here.")
    if listed is None:
        raise PassThroughRefused(
            f"{call.method} at this path is not passed through. What is, is on a list; payments, "
            "people, uploads and webhook subscriptions are not."
        )
    if listed.method != "GET" and mode != "write":
        raise PassThroughRefused(
            "Only calls that read are passed through here; the operator can allow the others."
        )
    return path, listed


class QontoPassThrough:
    """The PassThrough of Qonto."""

    headers = frozenset({"x-qonto-idempotency-key"})

    def __init__(self, http: ProviderClient, mode: Mode) -> None:
        self._http = http
        self._mode: Mode = mode

    async def send(self, account_id: str, call: PassedCall) -> bytes:
        path, listed = judge(call, self._mode)
        passed = tuple(pair for pair in call.headers if pair[0].lower() in self.headers)
        answer = await self._http.send(
            account_id,
            ProviderCall(
                call.method,
                path,
                listed.route,
                params=call.query,
                body=call.body,
                scope=listed.scope,
                headers=passed,
            ),
        )
        return _value(answer)


def _value(answer: ProviderAnswer) -> bytes:
    body = answer.body
    if not body.strip():
        return b"{}"
    try:
        body.decode()
        msgspec.json.decode(body, type=msgspec.Raw)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        raise DownstreamError(
            "Qonto's answer can't be read: it is not JSON.", trace_id=answer.trace_id
        ) from None
    return body
