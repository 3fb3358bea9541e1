"""Who joins an organisation, and who is told."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from qonto_simulator.records.catalogue import Mail
from qonto_simulator.records.organisation import Membership, Team
from qonto_simulator.render.organisations import membership
from qonto_simulator.world import Books, World

TYPE = "v1/memberships"
INVITED_ROLES = ("employee", "accountant")


@dataclass(frozen=True, slots=True)
class Newcomer:
    """What is known of a person who is not a member yet; the e-mail in lower case."""

    email: str
    first_name: str
    last_name: str
    role: str
    team_id: str


def join(
    world: World, books: Books, person: Newcomer, *, at: datetime, status: str = "active"
) -> Membership:
    """A new member."""
    organisation = books.organisation
    member = Membership(
        id=world.ids.uuid7(at),
        first_name=person.first_name,
        last_name=person.last_name,
        email=person.email,
        phone_number="",
        position="",
        role=person.role,
        locale=organisation.locale,
        team_id=person.team_id,
        created_at=at,
        updated_at=at,
        status=status,
    )
    organisation.members.append(member)
    tell(world, books, member, "created", at)
    return member


def invite(
    world: World, books: Books, person: Newcomer, *, by: Membership, at: datetime
) -> Membership:
    """A member who can't log in before the invitation, which is mailed, is accepted."""
    member = join(world, books, person, at=at, status="invited")
    name = books.organisation.legal_name
    books.mails.append(
        Mail(
            at=at,
            document="membership",
            document_id=member.id,
            to=(member.email,),
            title=f"Join {name} on Qonto",
            body=f"{by.first_name} {by.last_name} invites you to join {name}.",
            copy_to_self=False,
        )
    )
    return member


def accept(world: World, books: Books, member: Membership, *, at: datetime) -> Membership:
    """The invited person takes part; ``ValueError`` for one who was not invited."""
    if member.status != "invited":
        raise ValueError(f"{member.email} is not invited but {member.status}")
    member.status = "active"
    return change(world, books, member, at=at)


def change(world: World, books: Books, member: Membership, *, at: datetime) -> Membership:
    """Tells of a member who was changed."""
    member.updated_at = at
    tell(world, books, member, "updated", at)
    return member


def tell(world: World, books: Books, member: Membership, event: str, at: datetime) -> None:
    if world.hub.wants(books.organisation.id, TYPE):
        data = {"event": event, **membership(member)}
        world.hub.emit(books.organisation.id, TYPE, data, at)


def add_team(world: World, books: Books, name: str, *, at: datetime) -> Team:
    """A new team without people."""
    team = Team(world.ids.uuid7(at), name)
    books.organisation.teams.append(team)
    return team
