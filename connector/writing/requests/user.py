"""A member to be invited."""

from typing import Annotated, Literal

from pydantic import Field, WithJsonSchema

from connector.api.named import choice
from connector.writing.requests.base import Text, Writable

InvitedRole = Annotated[
    Literal["EMPLOYEE", "ACCOUNTANT"],
    WithJsonSchema(
        choice(
            "InvitedRole",
            "What somebody who is invited may do.",
            ("EMPLOYEE", "ACCOUNTANT"),
        )
    ),
]


class UserRequest(Writable):
    __doc__ = "A person to be invited. The contract has no users; this is ours."

    email: str = Field(
        description="Where the invitation is sent.", examples=["jeanne.moreau@example.com"]
    )
    first_name: str = Field(min_length=1, description="The first name.", examples=["Jeanne"])
    last_name: str = Field(min_length=1, description="The last name.", examples=["Moreau"])
    role: InvitedRole = Field(description="What the person may do.")
    team_id: Text = Field(None, description="The id of the team to join; the inviter's without.")
