"""The back office as a part of the service: its routes, and when it may be open without keys."""

from collections.abc import Sequence
from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from connector.api import routing
from connector.api.routing import other_methods
from connector.app.container import Container
from connector.app.errors import NoSuchMethod
from connector.app.settings import Settings, SettingsInvalid
from connector.balances import Balances
from connector.faces.backoffice import GROUPS
from connector.faces.backoffice.door import DoorGate, OneCompany
from connector.faces.backoffice.local import is_loopback, is_own_name
from connector.faces.backoffice.office import PREFIX, BackOffice
from storage.errors import NotFound

_ANY_METHOD = ("GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
_OPEN = "CONNECTOR_BACK_OFFICE__OPEN_ON_LOOPBACK"


def require_safe(settings: Settings) -> None:
    """Raise SettingsInvalid where the door would be open to others than this machine."""
    if not settings.back_office.open_on_loopback:
        return
    host = settings.server.host
    if host != "localhost" and not is_loopback(host):
        raise SettingsInvalid(
            f"{_OPEN} opens the back office without a key, and CONNECTOR_SERVER__HOST is {host}, "
            "which others reach: listen on 127.0.0.1, or take one of the two away."
        )
    if settings.server.trusted_proxies:
        raise SettingsInvalid(
            f"{_OPEN} opens the back office without a key, and CONNECTOR_SERVER__TRUSTED_PROXIES "
            "names a proxy, through which others come: take one of the two away."
        )
    if not is_own_name(urlsplit(settings.public_url).netloc):
        raise SettingsInvalid(
            f"{_OPEN} opens the back office without a key, and CONNECTOR_PUBLIC_URL is an address "
            "that others reach: use API keys, or an address such as http://localhost:8080 with "
            "CONNECTOR_ENVIRONMENT=development."
        )


def office_routes(container: Container, company: OneCompany) -> Sequence[BaseRoute]:
    """Return the routes below /api/qonto, among them one for all that there isn't."""
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

    async def refuse(request: Request) -> Response:
        await gate.admit(request, "tenant", None)
        if any(other_methods(served, request.scope)):
            raise NoSuchMethod
        raise NotFound("There is nothing at this path.")

    paths = (PREFIX, f"{PREFIX}/{{_:path}}")
    return [*served, *(Route(path, refuse, methods=list(_ANY_METHOD)) for path in paths)]
