"""What the contract has and this service doesn't: answered with 404 and why, never by accident.

NOT_SUPPORTED is for what the target system doesn't have, NOT_ENABLED for what it has and this
service doesn't offer yet. What is unserved is what the routes leave over, so a new route wins by
being there.
"""

import re
from collections.abc import Iterable, Mapping, Sequence

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from connector.api.operation import Keys, Permission
from connector.api.routing import Gate
from connector.capabilities import Action, Concept, action_of, resource_of
from connector.errors import NotEnabled
from connector.faces.rest.contract import CONTRACT
from connector.registry import Registry
from oauth.admitted import account_if_sent
from oauth.errors import NotSupported

_OF_VENDORS = ("/auth/", "/tenants/", "/webhooks/tenant")
"""Paths of the contract that need no account."""

_ANY_METHOD = ("GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")

_ONE_ORGANISATION = "An account is one organisation, so there is nothing to choose within it."
_NO_FORM = (
    "No credentials are typed into pages of this service. Link at GET /auth/{target}, or with an "
    "API key of the organisation at POST /auth/accounts/{target}."
)
_WEBHOOKS = "Subscribe to an account's changes at POST /webhooks, one resource at a time."
_EVENTS = "No target system calls this address; they call /events/callback/{code}."
BESIDE = {
    "/accounting/event-subscriptions": _WEBHOOKS,
    "/accounting/event-subscriptions/{eventSubscriptionId}": _WEBHOOKS,
    "/auth/apiKeyConfirmation": _NO_FORM,
    "/auth/cancel": _NO_FORM,
    "/auth/companiesFlow": _ONE_ORGANISATION,
    "/auth/longToken": _NO_FORM,
    "/auth/selections": _ONE_ORGANISATION,
    "/auth/setEndUserSelections": _ONE_ORGANISATION,
    "/auth/submit": _NO_FORM,
    "/auth/test": "GET /auth/status tells whether a linked account can be used.",
    "/events/configuration/callback/{code}": _EVENTS,
    "/events/key/{code}": _EVENTS,
    "/webhooks/config": _WEBHOOKS,
    "/webhooks/user": _WEBHOOKS,
    "/webhooks/user/{webhookId}": _WEBHOOKS,
}
"""What to do instead, for paths that are about none of the resources."""

BEYOND = {"/accounting/bankAccounts/{bankAccountId}/close": "POST"}
"""Paths that the contract doesn't have and that are likely to be asked for."""

_STATUS_ONLY = (
    "The target system changes nothing of it but its status, which are calls of their own: "
    "reject, markAsPaid and unmarkAsPaid below this path."
)
INSTEAD = {
    ("PUT", "/accounting/bills/{billId}"): _STATUS_ONLY,
    ("PUT", "/accounting/vendorCredits/{vendorCreditId}"): _STATUS_ONLY,
}
"""What to do instead of single calls, where other calls do part of the same."""

_NAMES = {"accounts": "ledger accounts", "asyncTask": "asynchronous tasks"}
"""Where the words of a resource's name alone would mislead."""


def complete(routes: Sequence[BaseRoute], registry: Registry, gate: Gate) -> list[BaseRoute]:
    """Return the routes, and around them one for each path of the contract that they leave over.

    A path with no route at all is unserved for any method, and comes first, so that
    /auth/environments isn't taken for a target system of that name. Of a path that has a route,
    only the contract's other methods are; any further method stays a 405.
    """
    taken = {
        (method, _shape(route.path))
        for route in routes
        if isinstance(route, Route)
        for method in route.methods or ()
    }
    shapes = {shape for _, shape in taken}
    first: list[BaseRoute] = []
    last: list[BaseRoute] = []
    for path, methods in (*CONTRACT.items(), *BEYOND.items()):
        if _shape(path) not in shapes:
            (last if "{" in path else first).append(_unserved(path, _ANY_METHOD, registry, gate))
        elif left := [one for one in methods.split() if (one, _shape(path)) not in taken]:
            last.append(_unserved(path, left, registry, gate))
    return [*first, *routes, *last]


def _unserved(path: str, methods: Iterable[str], registry: Registry, gate: Gate) -> Route:
    """Make the route of a path of the contract whose answer is that it isn't served."""

    async def refuse(request: Request) -> Response:
        await gate.admit(request, _keys(path), _permission(request.method, path))
        account = account_if_sent(request)
        if account is None:
            raise refusal(None, {}, request.method, path)
        provider = registry.get(account.target)
        raise refusal(provider.target, provider.concepts, request.method, path)

    return Route(path, refuse, methods=list(methods), include_in_schema=False)


def _keys(path: str) -> Keys:
    return "tenant" if path.startswith(_OF_VENDORS) else "account"


def _permission(method: str, path: str) -> Permission:
    """Return what the operation would take if it were served."""
    if path.startswith(_OF_VENDORS):
        return Permission.ADMIN
    if method in ("GET", "HEAD"):
        return Permission.READ
    return Permission.PAYMENTS if resource_of(path) == "payments" else Permission.WRITE


def refusal(
    target: str | None, concepts: Mapping[str, Concept], method: str, path: str
) -> NotSupported | NotEnabled:
    """Say why an operation of the contract isn't served, for an account's target system."""
    if path in BESIDE:
        return NotSupported(BESIDE[path])
    if (method, path) in INSTEAD:
        return NotSupported(INSTEAD[method, path])
    resource = resource_of(path)
    if resource is None or target is None:
        return NotSupported("This part of the contract has no counterpart here.")
    action = action_of(method, path)
    concept = concepts.get(resource, Concept())
    name = _NAMES.get(resource) or re.sub(r"(?=[A-Z])", " ", resource).lower()
    why = f" ({concept.why[action]})" if action in concept.why else ""
    if not concept.actions:
        return NotSupported(f"{target} has no {name}{why}.")
    if action not in concept.actions:
        return NotSupported(f"{target} has no way to {action} {name}{why}.")
    return NotEnabled(
        f"{target} can {action} {name}{why}; this service doesn't offer it yet. {_instead(action)}"
    )


def _instead(action: Action) -> str:
    if action == "read":
        return "GET /capabilities tells what can be read."
    return "Do it in its own words at POST /accounting/passThrough, or at the target system itself."


def _shape(path: str) -> str:
    return re.sub(r"{[^}]*}", "{}", path)
