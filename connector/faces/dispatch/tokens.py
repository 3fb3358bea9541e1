"""POST /api/auth/token: a token in the place of a password."""

from typing import Annotated

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from connector.api.envelope import BriefMeta, Envelope
from connector.api.meaning import Moment, meaning
from connector.api.operation import Permission, operation
from oauth.admitted import caller_of
from oauth.answering import answer_vendor
from oauth.errors import UnauthorizedUser
from oauth.user_tokens import LIFE
from oauth.users import Users
from storage.clock import iso_millis


class UserToken(msgspec.Struct, frozen=True, rename="camel"):
    __doc__ = "A token that stands for a user."

    token: Annotated[str, meaning("Sent as `Authorization: Bearer ...`.")]
    token_type: Annotated[str, meaning("Always Bearer.")]
    expires_in: Annotated[int, meaning("Seconds for which it counts.")]
    expires_date: Annotated[Moment, meaning("When it ends.")]


@operation(
    "POST",
    "/api/auth/token",
    "Get a token for a user",
    name="createUserToken",
    keys="user",
    permission=Permission.WRITE,
    response=Envelope[UserToken, BriefMeta],
    status=201,
    description=(
        "Called with the e-mail address and the password. The token stands for the user for an "
        "hour, and ends with the user."
    ),
    tag="dispatch",
)
async def create_token(users: Users, request: Request) -> Response:
    """Return a token, to a password alone: a token that was stolen isn't renewed by itself."""
    if not request.headers.get("Authorization", "").lower().startswith("basic "):
        raise UnauthorizedUser
    issued = await users.token_for(caller_of(request))
    seconds = int(LIFE.total_seconds())
    data = UserToken(issued.token, "Bearer", seconds, iso_millis(issued.expires_at))
    return answer_vendor(request, data, status=201)


TOKEN_OPERATIONS = (create_token,)
