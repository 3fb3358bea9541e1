"""GET /capabilities: what can be done with each resource of a target system."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from connector.api.envelope import Envelope, Meta, answer
from connector.api.operation import Operation, Parameter, Permission, operation
from connector.api.parsing import given_once
from connector.capabilities import Capabilities, capabilities
from connector.registry import Provider, Registry
from connector.resources import RESOURCES
from oauth.admitted import account_if_sent
from oauth.words import TARGET_SYSTEM
from webhooks.subscriptions import offered_by
from webhooks.words import OFFERED


@dataclass(frozen=True, slots=True)
class Matrices:
    """The matrix of each target system, as these operations serve it."""

    registry: Registry
    operations: Iterable[Operation[Any]]

    def of(self, target: str) -> Capabilities:
        """Return the matrix of a target system. Raises UnknownTarget."""
        return capabilities_of(self.registry.get(target), self.operations)


def capabilities_of(provider: Provider, operations: Iterable[Operation[Any]]) -> Capabilities:
    """Return the matrix of a target system, as these operations serve it."""
    readable = [one for one in RESOURCES if one.chosen(provider.readers) is not None]
    names = [one.name for one in readable]
    names += [one.lines.name for one in readable if one.lines is not None]
    names.append("asyncTask")  # the service's own, whatever the target system has
    if provider.files is not None:
        names.append("files")
    return capabilities(
        provider.target,
        provider.concepts,
        names,
        offered_by(provider),
        served=[one.offers for one in operations if one.offers is not None],
        relayed=OFFERED,
    )


@operation(
    "GET",
    "/capabilities",
    "Say what can be done with each resource",
    name="getCapabilities",
    keys="tenant",
    permission=Permission.READ,
    parameters=(
        Parameter(
            "targetSystem",
            "query",
            {"type": "string", **TARGET_SYSTEM},
            "The account's, when its key is sent, or the first one without it.",
        ),
    ),
    response=Envelope[Capabilities, Meta],
    tag="accounting",
    description=(
        "Each resource of the contract, with what Maesn offers of it and what is offered here. "
        "`not_enabled` is what the target system has and this service doesn't offer yet: calls are "
        "answered with 404 `NOT_ENABLED`. `not_supported` is what it doesn't have: 404 "
        "`NOT_SUPPORTED`."
    ),
)
async def show(matrices: Matrices, request: Request) -> Response:
    """Return the matrix of the target system that is named, else the account's, else the first
    there is."""
    account = account_if_sent(request)
    target = given_once(request.query_params).get("targetSystem") or (
        matrices.registry.targets()[0] if account is None else account.target
    )
    return answer(request, matrices.of(target))
