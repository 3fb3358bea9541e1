"""Documents by template under /api, as Docs-Dispatcher has them: another door to the use cases."""

from typing import Any, Protocol

from connector.api.operation import Group
from connector.dispatching.assembly import DispatchingParts
from connector.faces.dispatch.configurations import CONFIGURATION_OPERATIONS
from connector.faces.dispatch.invoicing import INVOICING_OPERATIONS
from connector.faces.dispatch.templates import TEMPLATE_OPERATIONS
from connector.faces.dispatch.tokens import TOKEN_OPERATIONS
from oauth.assembly import OAuthFloor

PREFIX = "/api"
"""Where it is, and where failures have their word at the top as well."""


class DispatchDesk(Protocol):
    """What these endpoints are served with."""

    @property
    def dispatch(self) -> DispatchingParts: ...

    @property
    def oauth(self) -> OAuthFloor: ...


GROUPS: tuple[Group[DispatchDesk, Any], ...] = (
    Group(lambda desk: desk.dispatch.dispatching, INVOICING_OPERATIONS),
    Group(lambda desk: desk.dispatch.templates, TEMPLATE_OPERATIONS),
    Group(lambda desk: desk.dispatch.configurations, CONFIGURATION_OPERATIONS),
    Group(lambda desk: desk.oauth.users, TOKEN_OPERATIONS),
)
