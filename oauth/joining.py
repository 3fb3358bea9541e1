"""Which account a link is for, and which consent that account lives on.

An account is one customer of one vendor: tenant, target, organisation and the vendor's reference. A
connection is one consent: tenant, target, organisation and the person who gave it. Two customers
may share a connection; each has keys, subscriptions, a log and an end of its own.
"""

from dataclasses import dataclass, replace
from datetime import datetime

from oauth.accounts import Status
from oauth.errors import AccountInactive, OrganizationMismatch, ReferenceTaken
from oauth.ports import Identity
from storage.ids import new_id
from storage.repositories.accounts import Account
from storage.repositories.connections import Connection
from storage.repositories.tokens import OAUTH, StoredTokens
from storage.unit_of_work import DatabaseTransaction

_LIVING = (Status.ACTIVE, Status.REAUTH_REQUIRED)


@dataclass(frozen=True, slots=True)
class Newcomer:
    """Who has just consented, and for which of the vendor's customers."""

    tenant_id: str
    target: str
    identity: Identity
    reference: str | None
    """The vendor's own id of the customer; without one it's the account that has none."""
    account_id: str | None
    """The account that is linked again, when the vendor named one by its key."""
    at: datetime
    kind: str = OAUTH


@dataclass(frozen=True, slots=True)
class Joined:
    """The account as it is now, and what its link changed besides."""

    account: Account
    relinked: bool
    """The account was there before."""
    revived: tuple[Account, ...] = ()
    """Other accounts that waited for a new consent and live on this one."""
    abandoned: StoredTokens | None = None
    """Tokens of an earlier consent that nobody lives on any more; their row is gone."""


async def join(tx: DatabaseTransaction, newcomer: Newcomer) -> Joined:
    """Find or make the account and its connection; the caller stores tokens for that one.

    Locks the tenant, then the connection, then accounts. Raises OrganizationMismatch,
    ReferenceTaken, and AccountInactive while an unlinking is under way.
    """
    await tx.tenants.get(newcomer.tenant_id, lock=True)
    connection = await tx.connections.join(_connection(newcomer))
    known = await _known(tx, newcomer)
    beside = await tx.accounts.of_connection(connection.id)
    disabled = [one for one in beside if one.status == Status.DISABLED]
    if disabled and not any(one.status in _LIVING for one in beside):
        raise AccountInactive(Status.DISABLED)  # its consent is being taken back
    account = _account(newcomer, connection, known)
    if known is None:
        await tx.accounts.add(account)
    else:
        await tx.accounts.renew(account)
    revived = tuple(
        replace(one, status=Status.ACTIVE, updated_at=newcomer.at)
        for one in beside
        if one.id != account.id and one.status == Status.REAUTH_REQUIRED
    )
    for one in revived:
        await tx.accounts.move(
            one.id, to=Status.ACTIVE, before=Status.REAUTH_REQUIRED, at=newcomer.at
        )
    abandoned = None
    if known is not None and known.connection_id not in (None, connection.id):
        abandoned = await _abandon(tx, known.connection_id)
    return Joined(account, known is not None, revived, abandoned)


async def end_connection(tx: DatabaseTransaction, connection_id: str) -> list[str]:
    """Delete a connection that no account lives on; return the codes of its callbacks."""
    await tx.tokens.remove(connection_id)
    left = await tx.upstream_subscriptions.all_of(connection_id)
    for upstream in left:
        await tx.upstream_subscriptions.remove(upstream.id)
    await tx.connections.remove(connection_id)
    return [upstream.code for upstream in left]


async def is_last(tx: DatabaseTransaction, account: Account) -> bool:
    """Say whether nobody else can still use the consent that an account lives on."""
    if account.connection_id is None:
        return False
    beside = await tx.accounts.of_connection(account.connection_id)
    return not any(one.id != account.id and one.status in _LIVING for one in beside)


def _connection(newcomer: Newcomer) -> Connection:
    return Connection(
        id=new_id("con", newcomer.at),
        tenant_id=newcomer.tenant_id,
        target=newcomer.target,
        organization_id=newcomer.identity.organization_id,
        membership_id=(newcomer.identity.membership_id or "") if newcomer.kind == OAUTH else "",
        kind=newcomer.kind,
        created_at=newcomer.at,
    )


async def _known(tx: DatabaseTransaction, newcomer: Newcomer) -> Account | None:
    """Return the account that the link is for, held; None when it is a new one."""
    organization_id, reference = newcomer.identity.organization_id, newcomer.reference
    if newcomer.account_id is not None:
        known = await tx.accounts.get(newcomer.account_id, lock=True)
        if known is None or known.organization_id != organization_id:
            raise OrganizationMismatch
    else:
        found = await tx.accounts.of_customer(
            newcomer.tenant_id, newcomer.target, organization_id, reference
        )
        # Locked, so that it can't be switched off between this look and what is stored.
        known = None if found is None else await tx.accounts.get(found.id, lock=True)
    if known is not None and known.status == Status.DISABLED:
        raise AccountInactive(known.status)
    if reference is not None:
        for other in await tx.accounts.of_reference(newcomer.tenant_id, newcomer.target, reference):
            is_same = known is not None and other.id == known.id
            is_gone = other.status == Status.REVOKED and other.organization_id != organization_id
            if not is_same and not is_gone:
                raise ReferenceTaken
    return known


def _account(newcomer: Newcomer, connection: Connection, known: Account | None) -> Account:
    identity, at = newcomer.identity, newcomer.at
    if known is None:
        return Account(
            id=new_id("acct", at),
            tenant_id=newcomer.tenant_id,
            target=newcomer.target,
            organization_id=identity.organization_id,
            organization_name=identity.organization_name,
            membership_id=identity.membership_id,
            status=Status.ACTIVE,
            reference=newcomer.reference,
            linked_at=at,
            updated_at=at,
            connection_id=connection.id,
        )
    return replace(
        known,
        organization_name=identity.organization_name or known.organization_name,
        membership_id=identity.membership_id or known.membership_id,
        reference=newcomer.reference or known.reference,
        status=Status.ACTIVE,
        updated_at=at,
        connection_id=connection.id,
    )


async def _abandon(tx: DatabaseTransaction, connection_id: str | None) -> StoredTokens | None:
    """Delete the connection that an account has just left, if it was the last one there."""
    if connection_id is None or await tx.accounts.of_connection(connection_id):
        return None
    tokens = await tx.tokens.get(connection_id)
    await end_connection(tx, connection_id)
    return tokens
