"""The people who work with an account."""

from typing import Annotated

import msgspec

from connector.api.meaning import meaning
from connector.unified import fields
from connector.unified.enums import UserRole


class User(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    __doc__ = """A member of the organisation. The contract has no such resource; this one is ours.

    `status` is the target system's own word in upper case.
    """

    id: fields.Id
    first_name: fields.FirstName
    last_name: fields.LastName
    email: Annotated[str | None, meaning("The person's e-mail address.")]
    role: Annotated[UserRole | None, meaning("What the person may do.")]
    status: Annotated[
        str | None,
        meaning("Whether the person is a member now, in the target system's word in upper case."),
    ]
    created_date: fields.CreatedDate
    updated_date: fields.UpdatedDate


class UserInfo(msgspec.Struct, frozen=True, gc=False):
    __doc__ = (
        """Who linked the account; `name` is the full name. The contract has snake case here."""
    )

    id: fields.Id
    account_id: Annotated[str | None, meaning("The organisation's id at the target system.")]
    family_name: Annotated[str | None, meaning("The person's last name.")]
    name: Annotated[str | None, meaning("The person's full name.")]
