"""A vendor's people: they call with an e-mail address and a password, or with a token."""

import asyncio
import base64
import binascii
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from connector.api.operation import Permission
from oauth.audit import OPERATOR, entry
from oauth.callers import Caller
from oauth.errors import TlsRequired, UnauthorizedUser
from oauth.guesses import Guesses, RightPasswords
from oauth.passwords import LONGEST, check_password, hash_password, is_password
from oauth.permissions import read_permissions, write_permissions
from oauth.user_tokens import IssuedToken, UserTokens
from storage.clock import Clock
from storage.errors import Conflict, Invalid, NotFound
from storage.ids import new_id
from storage.repositories.tenants import Tenant
from storage.repositories.users import TenantUser
from storage.unit_of_work import UnitOfWork

_AT_ONCE = 2
"""Passwords that are looked at together: each takes 32 MiB and a core."""
_LONGEST_EMAIL = 254


@dataclass(frozen=True)
class Users:
    """The use cases around users. `by` is who acts, for the audit trail."""

    work: UnitOfWork
    tokens: UserTokens
    clock: Clock
    guesses: Guesses = field(default_factory=Guesses)
    right: RightPasswords = field(default_factory=RightPasswords)
    _turns: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(_AT_ONCE))

    async def add(
        self,
        tenant_id: str,
        email: str,
        password: str,
        permissions: Iterable[Permission],
        *,
        by: str = OPERATOR,
    ) -> TenantUser:
        """Add a user. Raises Invalid, NotFound for an unknown vendor, and Conflict."""
        address = _checked_email(email)
        check_password(password)
        stored = await asyncio.to_thread(hash_password, password)
        at = self.clock()
        allowed = write_permissions(permissions)
        user = TenantUser(new_id("usr", at), tenant_id, address, stored, allowed, at)
        async with self.work.writing() as tx:
            if await tx.tenants.get(tenant_id, lock=True) is None:
                raise NotFound("There is no such vendor.")
            if await tx.users.by_email(address) is not None:
                raise Conflict("There is a user with this e-mail address.")
            await tx.users.add(user)
            await tx.audit.add(
                entry("user.added", by=by, at=at, tenant_id=tenant_id, user_id=user.id)
            )
        return user

    async def of_tenant(self, tenant_id: str) -> Sequence[TenantUser]:
        """List a vendor's users, oldest first."""
        async with self.work.reading() as tx:
            return await tx.users.of_tenant(tenant_id)

    async def remove(self, tenant_id: str, user_id: str, *, by: str = OPERATOR) -> None:
        """Remove a user, whose tokens end with it. Raises NotFound."""
        at = self.clock()
        async with self.work.writing() as tx:
            if not await tx.users.remove(tenant_id, user_id):
                raise NotFound("The vendor has no such user.")
            await tx.audit.add(
                entry("user.removed", by=by, at=at, tenant_id=tenant_id, user_id=user_id)
            )

    async def identify(self, authorization: str, address: str, *, is_private: bool) -> Caller:
        """Return who calls with an Authorization header, from an address.

        `is_private` says that nobody on the way could read it. Raises UnauthorizedUser,
        TooManyGuesses, and TlsRequired for a password that others could read.
        """
        scheme, _, rest = authorization.partition(" ")
        match scheme.lower():
            case "basic":
                if not is_private:
                    raise TlsRequired
                email, password = _basic(rest.strip())
                return await self._by_password(email, password, address)
            case "bearer":
                return await self._by_token(rest.strip())
            case _:
                raise UnauthorizedUser

    async def token_for(self, caller: Caller) -> IssuedToken:
        """Return a token for a user who has just been identified. Raises UnauthorizedUser."""
        async with self.work.reading() as tx:
            if await tx.users.by_id(caller.key_id) is None:
                raise UnauthorizedUser
        return self.tokens.issue(caller.key_id)

    async def _by_password(self, email: str, password: str, address: str) -> Caller:
        async with self.work.hot_reading() as tx:
            found = await tx.users.by_email(email)
        stored = None if found is None else found[0].password_hash
        if found is not None and self.right.fits(email, password, found[0].password_hash):
            return _caller(*found)
        self.guesses.begin(address, email)
        async with self._turns:
            is_right = await asyncio.to_thread(is_password, password, stored)
        if found is None or stored is None or not is_right:
            raise UnauthorizedUser
        self.guesses.was_right(address, email)
        self.right.keep(email, password, stored)
        return _caller(*found)

    async def _by_token(self, token: str) -> Caller:
        user_id = self.tokens.read(token)
        async with self.work.hot_reading() as tx:
            found = await tx.users.by_id(user_id)
        if found is None:
            raise UnauthorizedUser
        return _caller(*found)


def _caller(user: TenantUser, tenant: Tenant) -> Caller:
    return Caller(tenant, user.id, read_permissions(user.permissions))


def _basic(encoded: str) -> tuple[str, str]:
    """Read the pair of RFC 7617. Raises UnauthorizedUser."""
    try:
        email, colon, password = base64.b64decode(encoded, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError, ValueError):
        raise UnauthorizedUser from None
    too_long = len(email) > _LONGEST_EMAIL or len(password) > LONGEST
    if not colon or too_long or "\0" in email:
        raise UnauthorizedUser
    return email.strip().lower(), password


def _checked_email(email: str) -> str:
    address = email.strip().lower()
    name, at, host = address.partition("@")
    fits = len(address) <= _LONGEST_EMAIL and address.isprintable() and " " not in address
    # the colon ends the name in HTTP Basic
    if not (name and at and "." in host and fits) or ":" in address:
        raise Invalid.one("email", "INVALID", "this is no e-mail address")
    return address
