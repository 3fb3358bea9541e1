"""All operations of the service, gathered from its floors, and their routes."""

from collections.abc import Sequence
from functools import cache
from typing import Any

from starlette.routing import BaseRoute

import connector.faces.rest
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
from connector.faces.rest.unserved import complete


def _monitoring(container: Container) -> Monitoring:
    token = container.settings.server.monitoring_token
    return Monitoring(
        container.work,
        container.clock,
        container.metrics_registry,
        container.queue_metrics,
        WriteProbe(container.work, container.clock),
        None if token is None else token.get_secret_value(),
    )


# what lies below /auth comes before /auth/{target}, which would take it for a target system
_GROUPS: tuple[Group[Container, Any], ...] = (
    Group(_monitoring, MONITORING_OPERATIONS),
    Group(lambda it: Publishing(it.settings.public_url.rstrip("/"), document), PUBLISHED),
    *connector.faces.rest.GROUPS,
    *oauth.operations.GROUPS,
    *webhooks.operations.GROUPS,
    Group(lambda container: container.unlinker, (delete_end_user,)),
    Group(lambda container: Matrices(container.registry, operations()), (show,)),
)


def operations() -> list[Operation[Any]]:
    """Return every operation."""
    return routing.operations(_GROUPS)


def described_operations() -> list[Operation[Any]]:
    """Return the operations that are part of the API."""
    return [one for one in operations() if one.is_described]


@cache
def document(server_url: str) -> dict[str, Any]:
    """Return the OpenAPI document of the service at this address; made once, don't change it."""
    return described(described_operations(), server_url)


def routes(container: Container, gate: Gate) -> Sequence[BaseRoute]:
    """Return the routes of all operations, and of what the contract has and isn't served."""
    return complete(routing.routes(_GROUPS, container, gate), container.registry, gate)
