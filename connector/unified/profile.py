"""Who is at the other end of a link: the organisation, and the person who linked it."""

from typing import Annotated

import msgspec

from connector.api.meaning import meaning
from connector.unified.user import User


class Profile(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    __doc__ = """The linked organisation. The contract has any object here; this one is ours.

    `id` and `name` are known for every account that was linked with the scopes to tell them; the
    rest, and `user`, who linked, only where the consent lets them be read.
    """

    id: Annotated[str, meaning("The organisation's id at the target system.")]
    name: Annotated[str | None, meaning("What the organisation is called.")]
    legal_name: Annotated[str | None, meaning("Its name in the register.")]
    country: Annotated[
        str | None, meaning("Its country, by its ISO 3166-1 alpha-2 code in upper case.")
    ]
    environment: Annotated[
        str | None, meaning("Whether it is at the target system's production or at its sandbox.")
    ]
    user: Annotated[User | None, meaning("Who linked, where that may be read.")]
