"""DELETE /tenants/delete-end-user: the vendor ends a customer's link."""

from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from connector.app.unlinking import Receipt
from oauth.errors import UnauthorizedAccountKey
from oauth.queries import given_once
from storage.errors import Invalid

_SWITCH = {"true": True, "1": True, "false": False, "0": False, "": False}


class Unlinked(msgspec.Struct, rename="camel", kw_only=True):
    """That the link has ended. `erased` counts rows by table, when erasing was asked for.

    Not erased are this receipt and the audit trail, which hold ids and times only.
    """

    message: str
    account_id: str
    complete: bool
    erased: dict[str, int] | msgspec.UnsetType = msgspec.UNSET


_encode = msgspec.json.Encoder().encode


async def delete_end_user(request: Request) -> Response:
    """End the link of the account whose key is sent; answers after five seconds."""
    account = getattr(request.state, "account", None)
    if account is None:
        raise UnauthorizedAccountKey
    wanted = given_once(request.query_params).get("erase", "").lower()
    if wanted not in _SWITCH:
        raise Invalid.one("erase", "INVALID", "erase is true or false")
    container: Any = request.app.state.container
    receipt = await container.unlinker.unlink(
        account.id, erase=_SWITCH[wanted], by=request.state.caller.key_id
    )
    return Response(
        _encode(
            Unlinked(
                message=describe(receipt, erase=_SWITCH[wanted]),
                account_id=receipt.account_id,
                complete=receipt.is_complete,
                erased=dict(receipt.erased) if _SWITCH[wanted] else msgspec.UNSET,
            )
        ),
        media_type="application/json",
    )


def describe(receipt: Receipt, *, erase: bool) -> str:
    """Say in words what came of it."""
    if not receipt.is_complete:
        return "The account is unlinked and nothing is done for it; the rest follows shortly."
    return "The account is unlinked and its data erased." if erase else "The account is unlinked."


routes = [Route("/tenants/delete-end-user", delete_end_user, methods=["DELETE"])]
