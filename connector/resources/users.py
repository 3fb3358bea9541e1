"""The members of the organisation."""

from connector.resources.resource import RecordWrite, Resource
from connector.unified.user import User
from connector.writing.requests.user import UserRequest

USERS = Resource(
    name="users",
    id_name="userId",
    chosen=lambda readers: readers.users,
    model=User,
    one="a member of the organisation",
    many="the members of the organisation",
    description="Beyond the contract.",
    writes=(
        RecordWrite(
            action="create",
            summary="Invite a member",
            request=UserRequest,
            description=(
                "As an employee or an accountant, by an e-mail that the target system sends at "
                "once. It can't be taken back here."
            ),
        ),
    ),
)
