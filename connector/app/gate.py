"""Who may call: the vendor's key, the account's key, and the permission that the call needs."""

from dataclasses import dataclass
from ipaddress import ip_address

from starlette.requests import Request

from connector.api.operation import Keys, Needed, Permission
from connector.api.parsing import refuse_nul
from connector.app.addresses import owner_of, plain
from oauth.admitted import admit
from oauth.callers import Callers
from oauth.errors import UnauthorizedUser
from oauth.users import Users


@dataclass(frozen=True, slots=True)
class KeyGate:
    """Admits callers by the keys they present."""

    callers: Callers
    users: Users

    async def admit(self, request: Request, keys: Keys, permission: Needed | None) -> None:
        """Find out who calls, and note it.

        Raises UnauthorizedApiKey, PermissionDenied and UnauthorizedAccountKey, in this order, what
        `Users.identify` raises for a user's call, and Invalid for a query with NUL, which no text
        that's stored may hold.
        """
        sent = request.headers
        if keys == "user" and ("Authorization" in sent or "X-API-KEY" not in sent):
            await self._admit_user(request, permission)
        elif keys != "none":
            await self._admit(request, "tenant" if keys == "user" else keys, permission)
        refuse_nul(request)

    async def _admit(self, request: Request, keys: Keys, permission: Needed | None) -> None:
        api_key = request.headers.get("X-API-KEY")
        account_key = request.headers.get("X-ACCOUNT-KEY")
        known = permission if isinstance(permission, Permission) else None
        if account_key is None and keys == "tenant":
            caller = await self.callers.identify(api_key)
            admit(request, caller, None)  # whoever is refused is written down too
            if known is not None:
                caller.require(known)
        else:
            caller, account = await self.callers.admit(api_key, account_key, known)
            admit(request, caller, account)
        if permission is not None and not isinstance(permission, Permission):
            caller.require(await permission(request))

    async def _admit_user(self, request: Request, permission: Needed | None) -> None:
        authorization = request.headers.get("Authorization")
        if authorization is None:
            raise UnauthorizedUser
        host = "" if request.client is None else request.client.host
        is_private = request.url.scheme == "https" or _is_loopback(host)
        caller = await self.users.identify(authorization, owner_of(host), is_private=is_private)
        admit(request, caller, None)  # whoever is refused is written down too
        if permission is not None:
            needed = permission if isinstance(permission, Permission) else await permission(request)
            caller.require(needed)


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(plain(host)).is_loopback
    except ValueError:
        return False
