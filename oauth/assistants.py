"""What people allow assistants to do: consent by both keys, and the tokens that stand for it.

    consent page --(API key and account key)--> code --(PKCE)--> access token, 1 hour
                                                                 refresh token, 30 days, used once

A grant ends after 90 days, when it is revoked, when either key ends, and when a code or a refresh
token of it comes a second time: then somebody has a copy.
"""

import hmac
import secrets
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Literal

from connector.api.operation import Permission
from oauth.audit import CUSTOMER, entry
from oauth.callers import Caller, Callers
from oauth.keys import is_presentable
from oauth.permissions import read_permissions, write_permissions
from storage.clock import Clock, system_clock
from storage.ids import new_id
from storage.repositories.accounts import Account
from storage.repositories.assistants import AssistantGrant, AssistantToken
from storage.sealing import KeyRing
from storage.unit_of_work import DatabaseTransaction, UnitOfWork

CODE_LIFE = timedelta(minutes=2)
ACCESS_LIFE = timedelta(hours=1)
REFRESH_LIFE = timedelta(days=30)
GRANT_LIFE = timedelta(days=90)

Kind = Literal["CODE", "ACCESS", "REFRESH"]
_PREFIXES: dict[Kind, str] = {"CODE": "mcc_", "ACCESS": "mca_", "REFRESH": "mcr_"}


@dataclass(frozen=True, slots=True)
class AccessWish:
    """What a client asks a person for. The challenge is PKCE's, S256."""

    client_digest: str
    client_name: str
    redirect_uri: str
    challenge: str


@dataclass(frozen=True, slots=True)
class AssistantTokens:
    """Tokens just made, shown this once."""

    access: str = field(repr=False)
    refresh: str = field(repr=False)
    permissions: frozenset[Permission]


@dataclass(frozen=True, slots=True)
class Standing:
    """A code or a token that still holds, and what it stands for."""

    token: AssistantToken
    grant: AssistantGrant

    @property
    def permissions(self) -> frozenset[Permission]:
        """What was allowed."""
        return read_permissions(self.grant.permissions)


@dataclass(frozen=True)
class Assistants:
    """The use cases of what is allowed to assistants."""

    work: UnitOfWork
    ring: KeyRing
    callers: Callers
    clock: Clock = system_clock

    async def allow(
        self, wish: AccessWish, api_key: str | None, account_key: str | None, *, may_write: bool
    ) -> str:
        """Note that a person with both keys agrees; return the code for the client.

        Raises UnauthorizedApiKey, PermissionDenied and UnauthorizedAccountKey.
        """
        needed = Permission.WRITE if may_write else Permission.READ
        caller, account = await self.callers.admit(api_key, account_key, needed)
        allowed = {Permission.READ, needed} & caller.permissions
        at = self.clock()
        async with self.work.writing() as tx:
            found = await tx.accounts.find_key(self._digests(account_key or ""))
            assert found is not None, "the key was there a moment ago"
            grant = AssistantGrant(
                id=new_id("agr", at),
                tenant_id=account.tenant_id,
                account_id=account.id,
                api_key_id=caller.key_id,
                account_key_id=found[0].id,
                client_digest=wish.client_digest,
                client_name=wish.client_name,
                permissions=write_permissions(allowed),
                created_at=at,
                expires_at=at + GRANT_LIFE,
            )
            await tx.assistants.add_grant(grant)
            code, record = self._new("CODE", grant, at + CODE_LIFE)
            record = replace(record, challenge=wish.challenge, redirect_uri=wish.redirect_uri)
            await tx.assistants.add_token(record)
            await self._note(tx, "assistant.allowed", grant, by=caller.key_id)
        return code

    async def find(self, secret: str, kind: Kind, client_digest: str) -> Standing | None:
        """Return a client's code or token, None for one that doesn't hold.

        One that was used before ends all that it stood for.
        """
        async with self.work.reading() as tx:
            found = await self._found(tx, secret, kind)
        if found is None or found.grant.client_digest != client_digest:
            return None
        if found.token.used_at is not None:
            await self.revoke(found.grant)
            return None
        return found if self._holds(found) else None

    async def exchange(self, standing: Standing) -> AssistantTokens | None:
        """Use a code or a refresh token up for new tokens; None when it was used meanwhile."""
        at = self.clock()
        grant = standing.grant
        access, access_record = self._new("ACCESS", grant, at + ACCESS_LIFE)
        refresh, refresh_record = self._new("REFRESH", grant, at + REFRESH_LIFE)
        async with self.work.writing() as tx:
            is_first = await tx.assistants.use(standing.token.digest, at)
            if is_first:
                await tx.assistants.add_token(access_record)
                await tx.assistants.add_token(refresh_record)
        if not is_first:
            await self.revoke(grant)
            return None
        return AssistantTokens(access, refresh, standing.permissions)

    async def verify(self, access: str) -> tuple[Caller, Account] | None:
        """Return who an access token stands for, None when it doesn't hold.

        It can do no more than the vendor's key could now.
        """
        async with self.work.reading() as tx:
            found = await self._found(tx, access, "ACCESS")
            if found is None or not self._holds(found):
                return None
            grant, at = found.grant, self.clock()
            api_key = await tx.api_keys.get(grant.api_key_id)
            account_key = await tx.accounts.get_key(grant.account_key_id)
            if api_key is None or not api_key.is_live(at):
                return None
            if account_key is None or not account_key.is_live(at):
                return None
            account = await tx.accounts.get(grant.account_id)
            tenant = await tx.tenants.get(grant.tenant_id)
        if account is None or tenant is None:
            return None
        permissions = found.permissions & read_permissions(api_key.permissions)
        return Caller(tenant, api_key.id, permissions), account

    async def revoke(self, grant: AssistantGrant, *, by: str = CUSTOMER) -> None:
        """End what was allowed, with all its tokens; twice is once."""
        async with self.work.writing() as tx:
            if await tx.assistants.revoke(grant.id, self.clock()):
                await self._note(tx, "assistant.revoked", grant, by=by)

    async def clean_up(self) -> int:
        """Forget what ended long enough ago that nobody asks for it any more."""
        async with self.work.writing() as tx:
            return await tx.assistants.purge(self.clock() - timedelta(days=1))

    async def _found(self, tx: DatabaseTransaction, secret: str, kind: Kind) -> Standing | None:
        if not is_presentable(secret):
            return None
        digests = self._digests(secret)
        found = await tx.assistants.find(digests, kind)
        if found is None:
            return None
        token, grant = found
        # in constant time; the lookup by index alone would not be
        if not any(hmac.compare_digest(token.digest, digest) for digest in digests):
            return None
        return Standing(token, grant)

    def _holds(self, found: Standing) -> bool:
        at = self.clock()
        return found.grant.revoked_at is None and at < min(
            found.token.expires_at, found.grant.expires_at
        )

    def _new(
        self, kind: Kind, grant: AssistantGrant, expires_at: datetime
    ) -> tuple[str, AssistantToken]:
        secret = _PREFIXES[kind] + secrets.token_urlsafe(32)
        digest = self.ring.digest(secret).value
        ends = min(expires_at, grant.expires_at)
        return secret, AssistantToken(digest, grant.id, grant.account_id, kind, ends)

    def _digests(self, secret: str) -> list[str]:
        return [digest.value for digest in self.ring.digests(secret)]

    async def _note(
        self, tx: DatabaseTransaction, action: str, grant: AssistantGrant, *, by: str
    ) -> None:
        await tx.audit.add(
            entry(
                action,
                by=by,
                at=self.clock(),
                tenant_id=grant.tenant_id,
                account_id=grant.account_id,
                grant_id=grant.id,
            )
        )
