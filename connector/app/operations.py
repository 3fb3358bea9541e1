"""All operations of the service, gathered from its floors, and their routes."""

from collections.abc import Sequence
from functools import cache
from typing import Any

from starlette.routing import BaseRoute

import oauth.operations
import webhooks.operations
from connector.api import routing
from connector.api.operation import Group, Operation
from connector.api.routing import Gate
from connector.app.capabilities_operation import Matrices, show
from connector.app.container import Container
from connector.app.description import described
from connector.app.docs_operations import PUBLISHED, Publishing
from connector.app.health import MONITORING_OPERATIONS, Monitoring
from connector.app.unlink_operation import delete_end_user
from connector.app.write_probe import WriteProbe
from connector.faces import dispatch, rest
from connector.faces.rest.unserved import complete


def _monitoring(container: Container) -> Monitoring:
    token = container.settings.server.monitoring_token
    return Monitoring(
        container.storage.work,
        container.storage.clock,
        container.metrics.registry,
        container.metrics.queue,
        WriteProbe(container.storage.work, container.storage.clock),
        None if token is None else token.get_secret_value(),
    )


_OF_THE_SERVICE: tuple[Group[Container, Any], ...] = (
    Group(_monitoring, MONITORING_OPERATIONS),
    Group(lambda it: Publishing(it.settings.public_url.rstrip("/"), document), PUBLISHED),
    Group(lambda it: it.unlinker, (delete_end_user,)),
    Group(lambda it: Matrices(it.registry, operations()), (show,)),
)


def operations() -> list[Operation[Any]]:
    """Return every operation."""
    groups = (
        *_OF_THE_SERVICE,
        *rest.GROUPS,
        *dispatch.GROUPS,
        *oauth.operations.GROUPS,
        *webhooks.operations.GROUPS,
    )
    return routing.operations(groups)


def described_operations() -> list[Operation[Any]]:
    """Return the operations that are part of the API."""
    return [one for one in operations() if one.is_described]


def pairs(container: Container) -> dict[str, tuple[Operation[Any], Any]]:
    """Return every operation with what it is served with, by its name."""
    found: dict[str, tuple[Operation[Any], Any]] = {}
    for group in (*_OF_THE_SERVICE, *rest.GROUPS):
        found |= {one.name: (one, group.by(container)) for one in group.operations}
    for of_relay in webhooks.operations.GROUPS:
        found |= {one.name: (one, of_relay.by(container.relay)) for one in of_relay.operations}
    return found


@cache
def document(server_url: str) -> dict[str, Any]:
    """Return the OpenAPI document of the service at this address; made once, don't change it."""
    return described(described_operations(), server_url)


def routes(container: Container, gate: Gate) -> Sequence[BaseRoute]:
    """Return the routes of all operations, and of what the contract has and isn't served."""
    of_all = [
        *routing.routes(_OF_THE_SERVICE, container, gate),
        # what lies below /auth comes before /auth/{target}, which would take it for a target system
        *routing.routes(rest.GROUPS, container, gate),
        *routing.routes(dispatch.GROUPS, container, gate),
        *routing.routes(oauth.operations.GROUPS, container.oauth, gate),
        *routing.routes(webhooks.operations.GROUPS, container.relay, gate),
    ]
    return complete(of_all, container.registry, gate)
