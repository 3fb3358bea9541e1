"""The people who work with an account."""

import msgspec

from connector.unified.enums import UserRole


class User(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    """A member of the organisation. The contract has no such resource; this one is ours.

    `status` is the target system's own word in upper case.
    """

    id: str | None
    first_name: str | None
    last_name: str | None
    email: str | None
    role: UserRole | None
    status: str | None
    created_date: str | None
    updated_date: str | None


class UserInfo(msgspec.Struct, frozen=True, gc=False):
    """Who linked the account; `name` is the full name. The contract has snake case here."""

    id: str | None
    account_id: str | None
    family_name: str | None
    name: str | None
