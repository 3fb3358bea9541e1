"""Who is at the other end of a link: the organisation, and the person who linked it."""

import msgspec

from connector.unified.user import User


class Profile(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    """The linked organisation. The contract has any object here; this one is ours.

    `id` and `name` are known for every account that was linked with the scopes to tell them; the
    rest, and `user`, who linked, only where the consent lets them be read.
    """

    id: str | None
    name: str | None
    legal_name: str | None
    country: str | None
    environment: str | None
    user: User | None
