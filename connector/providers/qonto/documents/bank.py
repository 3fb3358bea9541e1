"""The organisation and the people in it."""

import msgspec

from connector.providers.qonto.documents.reading import Resource


class Organization(msgspec.Struct, frozen=True):
    """The linked organisation."""

    id: str | None = None
    name: str | None = None
    legal_name: str | None = None


class Membership(msgspec.Struct, frozen=True):
    """The person who linked, as a member of the organisation."""

    id: str | None = None


ORGANIZATION = Resource("organizations", "organization", Organization)
MEMBERSHIP = Resource("memberships", "membership", Membership)
