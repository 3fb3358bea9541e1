"""Linked accounts: their status, and what calling the target system for one takes."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from oauth.errors import AccountInactive, ReauthRequired, SystemNotRegistered
from oauth.keys import NewKey
from storage.ids import new_id
from storage.repositories.accounts import Account, AccountKey
from storage.repositories.systems import System
from storage.repositories.tokens import API_KEY, StoredTokens
from storage.unit_of_work import DatabaseTransaction


class Status(StrEnum):
    """Whether an account may be called for; only ACTIVE may."""

    ACTIVE = "ACTIVE"
    REAUTH_REQUIRED = "REAUTH_REQUIRED"
    """The provider won't renew the access; the customer must link again."""
    REVOKED = "REVOKED"
    """The customer or the vendor ended the link."""
    DISABLED = "DISABLED"
    """The operator or the vendor switched it off."""


@dataclass(frozen=True, slots=True)
class Ready:
    """An account that may be called for, with what a call needs, all still sealed."""

    account: Account
    tokens: StoredTokens
    system: System | None
    """None only where an API key needs no app."""

    @property
    def connection_id(self) -> str:
        """The consent that the account lives on."""
        return self.tokens.connection_id

    @property
    def registered_at(self) -> datetime | None:
        """When the custom values among a call's headers were registered."""
        return None if self.system is None else self.system.updated_at


@dataclass(frozen=True, slots=True)
class CredentialStatus:
    """What is held for an account: its consent, not its tokens."""

    scopes: tuple[str, ...]
    expires_at: datetime
    is_renewable: bool


async def read_ready(
    tx: DatabaseTransaction, account_id: str, serving: Status = Status.ACTIVE
) -> Ready:
    """Read an account that may be called for; `serving` is the status in which it may.

    Raises ReauthRequired, AccountInactive and SystemNotRegistered.
    """
    account = await tx.accounts.get(account_id)
    if account is None:
        raise AccountInactive("DELETED")
    if account.status == Status.REAUTH_REQUIRED:
        raise ReauthRequired
    if account.status != serving:
        raise AccountInactive(account.status)
    tokens = None if account.connection_id is None else await tx.tokens.get(account.connection_id)
    if tokens is None:
        raise ReauthRequired
    system = await tx.systems.get(account.tenant_id, account.target)
    if system is None and tokens.kind != API_KEY:
        raise SystemNotRegistered(account.target)
    return Ready(account, tokens, system)


def key_record(key: NewKey, account_id: str, at: datetime, *, name: str = "first") -> AccountKey:
    """Write down a new account key, without the key."""
    return AccountKey(
        id=new_id("akey", at),
        account_id=account_id,
        hint=key.hint,
        digest=key.digest.value,
        hash_key_id=key.digest.key_id,
        created_at=at,
        name=name,
    )
