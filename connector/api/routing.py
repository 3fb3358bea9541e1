"""From operations to routes: whoever calls is admitted first, then the handler serves."""

from collections.abc import Iterable, Iterator
from typing import Any, Protocol, TypeVar

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Match, Route
from starlette.types import ASGIApp, Scope

from connector.api.operation import Group, Keys, Needed, Operation, U

F = TypeVar("F")


class Gate(Protocol):
    """Decides who may call."""

    async def admit(self, request: Request, keys: Keys, permission: Needed | None) -> None:
        """Find out who calls, and note it in `request.state`; raise when they may not."""
        ...


class OperationRoute(Route):
    """The route of one operation."""

    def __init__(self, operation: Operation[U], use: U, gate: Gate) -> None:
        endpoint = (
            _endpoint(operation, use, gate) if operation.asgi is None else operation.asgi(use)
        )
        super().__init__(operation.path, endpoint, methods=[operation.method])
        self.operation: Operation[Any] = operation
        self._begins = operation.path.partition("{")[0]

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        # without a regular expression for each of the routes before the one that fits
        return super().matches(scope) if self._begins in scope["path"] else (Match.NONE, {})


def routes(groups: Iterable[Group[F, Any]], floor: F, gate: Gate) -> list[OperationRoute]:
    """Return the routes of all operations, in their order, served with the parts of a floor."""
    made: list[OperationRoute] = []
    for group in groups:
        use = group.by(floor)
        made += [OperationRoute(operation, use, gate) for operation in group.operations]
    return made


def operations(groups: Iterable[Group[Any, Any]]) -> list[Operation[Any]]:
    """Return all operations, in their order."""
    return [operation for group in groups for operation in group.operations]


def other_methods(known: Iterable[BaseRoute], scope: Scope) -> Iterator[Operation[Any]]:
    """Name the operations at a path that are for other methods than the request's."""
    for route in known:
        if isinstance(route, OperationRoute) and route.matches(scope)[0] is Match.PARTIAL:
            yield route.operation


def _endpoint(operation: Operation[U], use: U, gate: Gate) -> ASGIApp | Any:
    handler = operation.handler
    assert handler is not None

    async def serve(request: Request) -> Response:
        await gate.admit(request, operation.keys, operation.permission)
        return await handler(use, request)

    return serve
