"""GET /capabilities: what can be done with each resource of a target system."""

from collections.abc import Iterable
from dataclasses import fields

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from connector.app.unserved import served
from connector.capabilities import Capabilities, capabilities
from connector.registry import Provider
from connector.routes.answers import answer
from oauth.queries import given_once
from webhooks.subscriptions import OFFERED, offered_by


def capabilities_of(provider: Provider, routes: Iterable[BaseRoute]) -> Capabilities:
    """Answer the matrix of a target system, as these routes serve it."""
    parts = {part.name: getattr(provider.readers, part.name) for part in fields(provider.readers)}
    parts["files"] = provider.files
    return capabilities(
        provider.target,
        provider.concepts,
        [name for name, part in parts.items() if part is not None],
        offered_by(provider),
        served=served(routes),
        relayed=OFFERED,
    )


async def show(request: Request) -> Response:
    """Answer for the target system that is named, else the account's, else the first there is."""
    registry = request.app.state.container.registry
    account = getattr(request.state, "account", None)
    target = given_once(request.query_params).get("targetSystem") or (
        registry.targets()[0] if account is None else account.target
    )
    return answer(request, capabilities_of(registry.get(target), request.app.routes))


routes = [Route("/capabilities", show, methods=["GET"])]
