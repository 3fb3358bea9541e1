"""The back office as a part of the service: its routes, and one for all that there isn't."""

from collections.abc import Sequence
from dataclasses import dataclass

from starlette.requests import Request
from starlette.routing import BaseRoute, Route
from starlette.types import Receive, Scope, Send

from connector.api import routing
from connector.api.routing import OperationRoute, other_methods
from connector.app.container import Container
from connector.app.errors import NoSuchMethod
from connector.balances import Balances
from connector.faces.backoffice import GROUPS
from connector.faces.backoffice.door import DoorGate, OneCompany
from connector.faces.backoffice.office import PREFIX, BackOffice
from storage.errors import NotFound


def office_routes(container: Container, company: OneCompany) -> Sequence[BaseRoute]:
    """Return the routes below /api/qonto, among them that of all there isn't."""
    settings = container.settings.back_office
    office = BackOffice(
        company,
        container.reading,
        container.writing,
        container.registry,
        Balances(container.reading),
        settings.create_credit_notes,
    )
    gate = DoorGate(container.oauth.callers, company, settings.open_on_loopback)
    served = routing.routes(GROUPS, office, gate)

    nothing = _Nothing(gate, served)
    return [*served, Route(PREFIX, nothing), Route(f"{PREFIX}/{{_:path}}", nothing)]


@dataclass(frozen=True, slots=True)
class _Nothing:
    """Refuses what isn't served, whatever the method, to those who may come in."""

    gate: DoorGate
    served: Sequence[OperationRoute]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        del send
        await self.gate.admit(Request(scope, receive), "tenant", None)
        others = {one.method for one in other_methods(self.served, scope)}
        if others:
            raise NoSuchMethod(others)
        raise NotFound("There is nothing at this path.")
