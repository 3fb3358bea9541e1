"""A gate for tests of what lies behind it."""

from starlette.requests import Request

from connector.api.operation import Keys, Needed


class LetIn:
    """Lets everybody in: who calls was noted before, or nobody asks."""

    async def admit(self, request: Request, keys: Keys, permission: Needed | None) -> None:
        del request, keys, permission
