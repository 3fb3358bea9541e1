"""A member of the organisation as a unified user."""

from connector.providers.qonto.documents.bank import Membership
from connector.providers.qonto.mapping.calendar import Calendar
from connector.providers.qonto.mapping.notes import Notes
from connector.unified.enums import UserRole
from connector.unified.mapped import Mapped
from connector.unified.user import User, UserInfo

_ROLES: dict[str, UserRole] = {
    "owner": "OWNER",
    "admin": "ADMIN",
    "manager": "MANAGER",
    "reporting": "REPORTING",
    "employee": "EMPLOYEE",
    "accountant": "ACCOUNTANT",
}


def map_user(document: Membership, calendar: Calendar) -> Mapped[User]:
    """Say a membership in the unified model. `id` is the membership's, not the person's."""
    del calendar
    notes = Notes("user", document)
    user = User(
        id=notes.id,
        first_name=notes.text(document.first_name),
        last_name=notes.text(document.last_name),
        email=notes.text(document.email),
        role=_role_of(document, notes),
        status=document.status.upper() if document.status else None,
        created_date=notes.date("created_at", document.created_at),
        updated_date=notes.date("updated_at", document.updated_at),
    )
    return Mapped(user, tuple(notes.warnings))


def user_info(membership: Membership, organization_id: str | None) -> Mapped[UserInfo]:
    """Say who linked; `account_id` is the organisation that was linked."""
    notes = Notes("user", membership)
    names = (membership.first_name, membership.last_name)
    info = UserInfo(
        id=notes.id,
        account_id=organization_id or None,
        family_name=membership.last_name or None,
        name=" ".join(name for name in names if name) or None,
    )
    return Mapped(info, tuple(notes.warnings))


def _role_of(document: Membership, notes: Notes) -> UserRole | None:
    role = _ROLES.get(document.role or "")
    if role is None:
        notes.unknown("role", document.role)
    return role
