"""Who may call: the vendor's key, the account's key, and the permission that the call needs."""

from dataclasses import dataclass

from starlette.requests import Request

from connector.api.operation import Keys, Needed, Permission
from connector.api.parsing import refuse_nul
from oauth.admitted import admit
from oauth.callers import Callers


@dataclass(frozen=True, slots=True)
class KeyGate:
    """Admits callers by the keys they present."""

    callers: Callers

    async def admit(self, request: Request, keys: Keys, permission: Needed | None) -> None:
        """Find out who calls, and note it.

        Raises UnauthorizedApiKey, PermissionDenied and UnauthorizedAccountKey, in this order, and
        Invalid for a query with NUL, which no text that's stored may hold.
        """
        if keys != "none":
            await self._admit(request, keys, permission)
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
