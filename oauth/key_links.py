"""Linking by API key: no browser, no consent; the organisation's own key, checked at once."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from oauth.accounts import key_record
from oauth.audit import OPERATOR, entry
from oauth.credentials import open_values
from oauth.errors import (
    ProviderUnavailable,
    UnauthorizedAccountKey,
    UnknownTarget,
)
from oauth.joining import Newcomer, join
from oauth.keys import new_account_key
from oauth.ports import Identity, TargetSystem
from oauth.returning import OnLinked, tell
from oauth.sealed_tokens import is_same_api_key, seal_api_key
from oauth.settings import OAuthSettings
from oauth.tokens import Access
from storage.clock import Clock, system_clock
from storage.log import logger
from storage.repositories.accounts import Account
from storage.repositories.tenants import Tenant
from storage.repositories.tokens import API_KEY
from storage.sealing import KeyRing
from storage.unit_of_work import UnitOfWork


@dataclass(frozen=True, slots=True)
class Credentials:
    """An organisation's API key, and what else its calls need. `repr` hides secrets."""

    login: str
    """The organisation's slug."""
    secret: str = field(repr=False)
    custom_values: Mapping[str, str] = field(default_factory=dict[str, str], repr=False)
    """In the place of those registered for the target system, name by name."""


@dataclass(frozen=True, slots=True)
class LinkedByKey:
    """The account, and its new key; None when it was linked again under a key it has."""

    account: Account
    account_key: str | None = field(repr=False)


@dataclass(frozen=True)
class KeyLinking:
    """The use case of linking by API key."""

    work: UnitOfWork
    ring: KeyRing
    targets: Mapping[str, TargetSystem]
    settings: OAuthSettings
    clock: Clock = system_clock
    on_linked: Sequence[OnLinked] = ()

    async def link(
        self,
        tenant: Tenant,
        target: str,
        credentials: Credentials,
        *,
        reference: str | None = None,
        account: Account | None = None,
        with_key: bool = True,
        vet: Callable[[Identity], None] | None = None,
        by: str = OPERATOR,
    ) -> LinkedByKey:
        """Check the credentials at the target system and store them, sealed.

        With `account` that one is linked again, and no key is made; without `with_key` neither.
        A key that was stored already keeps its age. `vet` raises for an organisation that isn't to
        be linked, before anything is stored. `by` is the id of the API key that asks, for the
        audit trail.
        Raises UnknownTarget, UnauthorizedAccountKey, ProviderUnavailable, what `join` does, and
        what the target system raises when it refuses.
        """
        system = self.targets.get(target)
        if system is None:
            raise UnknownTarget
        if account is not None and account.target != target:
            raise UnauthorizedAccountKey
        authorization = system.api_key_authorization(credentials.login, credentials.secret)
        identity = await self._identify(tenant, system, authorization, credentials)
        if vet is not None:
            vet(identity)
        at = self.clock()
        key = new_account_key(self.ring) if with_key and account is None else None
        async with self.work.writing() as tx:
            joined = await join(
                tx,
                Newcomer(
                    tenant_id=tenant.id,
                    target=target,
                    identity=identity,
                    reference=reference,
                    account_id=None if account is None else account.id,
                    at=at,
                    kind=API_KEY,
                ),
            )
            stored = joined.account
            assert stored.connection_id is not None
            known = await tx.tokens.get(stored.connection_id)
            is_known = known is not None and is_same_api_key(self.ring, known, authorization)
            since = known.updated_at if known is not None and is_known else at
            await tx.tokens.put(
                seal_api_key(
                    self.ring, stored.connection_id, authorization, credentials.custom_values, since
                )
            )
            ids = {"tenant_id": tenant.id, "account_id": stored.id}
            await tx.audit.add(entry("account.linked", by=by, at=at, **ids))
            if key is not None:
                record = key_record(key, stored.id, at)
                await tx.accounts.add_key(record)
                await tx.audit.add(
                    entry("account_key.issued", by=by, at=at, **ids, account_key_id=record.id)
                )
        logger.info("account.linked_by_key", account_id=stored.id, tenant_id=tenant.id)
        if joined.abandoned is not None:
            logger.warning("link.tokens_left", account_id=stored.id)
        for one in (stored, *joined.revived):
            for hook in self.on_linked:
                await tell(hook, one.id)
        return LinkedByKey(stored, None if key is None else key.secret)

    async def _identify(
        self, tenant: Tenant, system: TargetSystem, authorization: str, credentials: Credentials
    ) -> Identity:
        async with self.work.reading() as tx:
            registered = await tx.systems.get(tenant.id, system.target)
        values = {} if registered is None else open_values(self.ring, registered)
        extra = system.extra_headers({**values, **credentials.custom_values})
        access = Access({"Authorization": authorization, **extra}, scopes=None, expires_at=None)
        try:
            async with asyncio.timeout(self.settings.identify_timeout_seconds):
                return await system.identify(access)
        except TimeoutError:
            raise ProviderUnavailable("the target system didn't answer in time") from None
