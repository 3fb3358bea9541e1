"""Who may come in: who has a key of the company's; and programs on this machine, where that is set.

Nobody says whose books are meant: there is one company.
"""

from dataclasses import dataclass
from typing import Protocol

from starlette.requests import Request

from connector.api.operation import Keys, Needed, Permission
from connector.api.parsing import refuse_nul
from connector.faces.backoffice.local import why_not_local
from oauth.admitted import admit
from oauth.callers import Caller, Callers
from oauth.credential_age import CredentialAge
from oauth.errors import UnauthorizedApiKey
from storage.errors import ServiceError
from storage.repositories.accounts import Account
from storage.repositories.tenants import Tenant

_ON_THIS_MACHINE = frozenset({Permission.READ, Permission.WRITE})
_LOOPBACK = "loopback"
"""Who called, in the access log, where no key did."""


class KeyNeeded(UnauthorizedApiKey):
    """No key was sent, and the request isn't this machine's own, or that doesn't count."""

    def __init__(self, why: str) -> None:
        ServiceError.__init__(
            self,
            f"Send an API key of the tenant ten_default as X-API-KEY: {why}. "
            "`qonto-connector tenant key create ten_default --name books` makes one.",
        )


class OneCompany(Protocol):
    """The company that the installation is for."""

    @property
    def organization_id(self) -> str: ...

    @property
    def tenant_id(self) -> str:
        """The id of the tenant whose keys open the door."""
        ...

    async def tenant(self) -> Tenant:
        """Return that tenant."""
        ...

    async def account(self) -> Account:
        """Return its account. Raises what linking it does, while it couldn't be linked."""
        ...

    async def link(self) -> Account:
        """Link it again where it doesn't stand. Raises as `account` does."""
        ...

    async def key_age(self) -> CredentialAge | None:
        """Return how old its key at Qonto is; None while none is linked."""
        ...


@dataclass(frozen=True, slots=True)
class DoorGate:
    """Admits callers of the back office."""

    callers: Callers
    company: OneCompany
    open_on_loopback: bool = False

    async def admit(self, request: Request, keys: Keys, permission: Needed | None) -> None:
        """Find out who calls, and note it with the company's account, where `keys` asks for one.

        Raises UnauthorizedApiKey, PermissionDenied, Invalid for a query with NUL, and what keeps
        the account from being used.
        """
        caller = await self._caller(request)
        admit(request, caller, None)  # whoever is refused is written down too
        if isinstance(permission, Permission):
            caller.require(permission)
        refuse_nul(request)
        if keys == "account":
            admit(request, caller, await self.company.account())

    async def _caller(self, request: Request) -> Caller:
        key = request.headers.get("X-API-KEY")
        if key is not None:
            caller = await self.callers.identify(key)
            if caller.tenant.id != self.company.tenant_id:
                raise UnauthorizedApiKey
            return caller
        if not self.open_on_loopback:
            raise KeyNeeded("there is no other way in")
        peer = None if request.client is None else request.client.host
        if (why := why_not_local(peer, request.headers)) is not None:
            raise KeyNeeded(why)
        return Caller(await self.company.tenant(), _LOOPBACK, _ON_THIS_MACHINE)
