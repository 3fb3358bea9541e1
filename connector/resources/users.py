"""The members of the organisation."""

from connector.resources.resource import Resource
from connector.unified.user import User

USERS = Resource(
    name="users",
    id_name="userId",
    chosen=lambda readers: readers.users,
    model=User,
    one="a member of the organisation",
    many="the members of the organisation",
    description="Beyond the contract.",
)
