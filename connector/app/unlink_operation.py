"""DELETE /tenants/delete-end-user: the vendor ends a customer's link."""

from typing import Annotated

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from connector.api.envelope import written
from connector.api.meaning import meaning
from connector.api.operation import Parameter, Permission, operation
from connector.api.parsing import given_once
from connector.app.unlinking import Receipt, Unlinker
from oauth.admitted import account_of, caller_of
from storage.errors import Invalid

_SWITCH = {"true": True, "1": True, "false": False, "0": False, "": False}


class Unlinked(msgspec.Struct, rename="camel", kw_only=True):
    __doc__ = """That the link has ended. `erased` counts rows by table, when erasing was asked for.

    Not erased are this receipt and the audit trail, which hold ids and times only.
    """

    message: Annotated[str, meaning("What came of it, in words.")]
    account_id: Annotated[str, meaning("The account's id.")]
    complete: Annotated[bool, meaning("Whether all is done; if not, the rest follows shortly.")]
    erased: Annotated[
        dict[str, int] | msgspec.UnsetType,
        meaning("How many rows were erased, by table; left out unless erasing was asked for."),
    ] = msgspec.UNSET


@operation(
    "DELETE",
    "/tenants/delete-end-user",
    "End the link of an account, and erase its data if asked to",
    name="deleteEndUser",
    permission=Permission.ADMIN,
    parameters=(
        Parameter(
            "erase",
            "query",
            {"type": "boolean", "default": False},
            "Erase everything kept about the account as well.",
        ),
    ),
    response=Unlinked,
    tag="tenants",
    description="Answers after five seconds, when no process calls for the account any more.",
)
async def delete_end_user(unlinker: Unlinker, request: Request) -> Response:
    """End the link of the account whose key is sent; answers after five seconds."""
    wanted = given_once(request.query_params).get("erase", "").lower()
    if wanted not in _SWITCH:
        raise Invalid.one("erase", "INVALID", "erase is true or false")
    receipt = await unlinker.unlink(
        account_of(request).id, erase=_SWITCH[wanted], by=caller_of(request).key_id
    )
    return written(
        Unlinked(
            message=describe(receipt, erase=_SWITCH[wanted]),
            account_id=receipt.account_id,
            complete=receipt.is_complete,
            erased=dict(receipt.erased) if _SWITCH[wanted] else msgspec.UNSET,
        )
    )


def describe(receipt: Receipt, *, erase: bool) -> str:
    """Say in words what came of it."""
    if not receipt.is_complete:
        return "The account is unlinked and nothing is done for it; the rest follows shortly."
    return "The account is unlinked and its data erased." if erase else "The account is unlinked."
