"""Adds, lists and removes the vendors' people."""

import getpass
import sys
from collections.abc import Sequence
from pathlib import Path

from connector.api.operation import Permission
from connector.app.actions.assembled import assembled
from connector.app.terminal import out, print_rows, run
from oauth.permissions import choose_permissions
from storage.errors import Invalid
from storage.repositories.users import TenantUser

_USUAL = (Permission.READ, Permission.WRITE)


def add(
    tenant: str,
    email: str,
    password_file: Path | None,
    permission: Sequence[str] | None,
    as_json: bool,
) -> None:
    """Add a user and print it, without the password."""
    allowed = frozenset(_USUAL) if permission is None else choose_permissions(permission)
    password = _password(password_file)

    async def make() -> TenantUser:
        async with assembled() as container:
            await container.oauth.tenants.get(tenant)
            return await container.oauth.users.add(tenant, email, password, allowed)

    print_rows([_row(run(make()))], as_json)


def show(tenant: str, as_json: bool) -> None:
    """Print a vendor's users."""

    async def look() -> list[TenantUser]:
        async with assembled() as container:
            await container.oauth.tenants.get(tenant)
            return list(await container.oauth.users.of_tenant(tenant))

    print_rows([_row(one) for one in run(look())], as_json)


def remove(tenant: str, user: str) -> None:
    """Remove a user."""

    async def end() -> None:
        async with assembled() as container:
            await container.oauth.users.remove(tenant, user)

    run(end())
    out.print(f"{user} is removed", highlight=False)


def _password(file: Path | None) -> str:
    """Read the password: never from the arguments, which every user of the machine can see."""
    if file is not None:
        lines = file.read_text("utf-8").splitlines()
        return lines[0] if lines else ""
    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\r\n")
    password = getpass.getpass("Password: ")
    if getpass.getpass("Once more: ") != password:
        raise Invalid.one("password", "INVALID", "the two passwords differ")
    return password


def _row(user: TenantUser) -> dict[str, str]:
    return {
        "id": user.id,
        "email": user.email,
        "permissions": user.permissions,
        "created": user.created_at.isoformat(timespec="seconds"),
    }
