"""Members at Qonto: they are invited by e-mail."""

from dataclasses import dataclass
from typing import Any

from connector.ports import PreparedWrite, Writer, WriteRequest
from connector.providers.qonto.session.lists import is_id
from connector.providers.qonto.writing.mails import EMAIL
from connector.providers.qonto.writing.matching import without_nothing
from connector.providers.qonto.writing.wire import QontoRequest, Records, prepared
from connector.providers.qonto.writing.writers import Creation
from connector.writing.problems import Problems
from connector.writing.requests.user import UserRequest

_LONGEST_NAME = 60
_INVITE = "invite_employee_or_accountant"


@dataclass(frozen=True)
class Invitations:
    """What is sent to Qonto for an invitation, or everything that is wrong with it."""

    records: Records[Any, Any]

    async def create(self, account_id: str, asked: WriteRequest) -> PreparedWrite:
        request: UserRequest = asked.body
        problems = Problems(asked.confirmed)
        email = request.email.strip().lower()
        if not EMAIL.fullmatch(email):
            problems.add("email", "NOT_AN_EMAIL", "This is no e-mail address.")
        elif await self._is_member(account_id, email):
            # known by its address, so that a lost invitation is never taken for an old one
            problems.add("email", "ALREADY_A_MEMBER", "A member has this e-mail address.")
        for name, value in (("firstName", request.first_name), ("lastName", request.last_name)):
            if len(value) > _LONGEST_NAME:
                problems.add(name, "TOO_LONG", f"Qonto takes at most {_LONGEST_NAME} characters.")
        if request.team_id is not None and not is_id(request.team_id):
            problems.add("teamId", "NOT_FOUND", "Qonto knows no team of that id.")
        problems.check()
        person = without_nothing(
            {
                "email": email,
                "first_name": request.first_name,
                "last_name": request.last_name,
                "role": request.role.lower(),
                "team_id": request.team_id,
            }
        )
        return prepared(QontoRequest("POST", {"membership": person}, action=_INVITE))

    async def _is_member(self, account_id: str, email: str) -> bool:
        async for one in self.records.every(account_id):
            if (one.email or "").lower() == email:
                return True
        return False


def invitation_writers(records: Records[Any, Any]) -> dict[str, Writer[Any]]:
    """Return the writer of invitations."""
    return {
        "users.create": Creation(
            records, Invitations(records).create, shown=lambda body: body["membership"]
        )
    }
