"""This floor put together: first what calls are made with, then what links accounts."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import httpx2

from oauth.account_keys import AccountKeys
from oauth.accounts import Status
from oauth.assistants import Assistants
from oauth.callers import Callers
from oauth.client import OAuthClient
from oauth.hosted import LinkPages
from oauth.key_links import KeyLinking
from oauth.key_uses import KeyUses
from oauth.link import Linking
from oauth.page_operations import BrowserPages
from oauth.page_styles import PageStyles
from oauth.payment_policies import PaymentPolicies
from oauth.ports import TargetSystem
from oauth.returning import OnLinked, Returning
from oauth.settings import OAuthSettings
from oauth.spill import Spill
from oauth.tenant_keys import TenantKeys
from oauth.tenants import Tenancy
from oauth.unsaved import Unsaved
from oauth.user_tokens import UserTokens
from oauth.users import Users
from oauth.vault import TokenVault
from storage.assembly import Storage


@dataclass(frozen=True, slots=True)
class Targets:
    """The target systems that accounts are linked to, and how they are spoken to."""

    systems: Mapping[str, TargetSystem]
    client: OAuthClient
    settings: OAuthSettings


def targets(
    systems: Mapping[str, TargetSystem], http: httpx2.AsyncClient, settings: OAuthSettings
) -> Targets:
    """Put together what is known of the target systems."""
    client = OAuthClient(http, timeout=settings.token_timeout_seconds)
    return Targets(systems, client, settings)


@dataclass(frozen=True, slots=True)
class Vaults:
    """What calls are made with: the tokens of accounts, and of those whose link is ending."""

    vault: TokenVault
    disabled_vault: TokenVault


def open_access(
    storage: Storage, known: Targets, spill: Spill | None, refresh_ended: Callable[[str], None]
) -> Vaults:
    """Open the vaults; both keep what isn't saved yet in the same place."""
    unsaved = Unsaved(storage.work, spill, refresh_ended)

    def vault(serving: Status, observe: Callable[[str], None] | None) -> TokenVault:
        return TokenVault(
            storage.work,
            storage.ring,
            known.systems,
            known.client,
            known.settings,
            clock=storage.clock,
            observe=observe,
            unsaved=unsaved,
            serving=serving,
        )

    return Vaults(vault(Status.ACTIVE, refresh_ended), vault(Status.DISABLED, None))


@dataclass(frozen=True, slots=True)
class OAuthFloor:
    """Vendors and their keys, and the links of their customers."""

    vault: TokenVault
    disabled_vault: TokenVault
    tenants: Tenancy
    tenant_keys: TenantKeys
    account_keys: AccountKeys
    page_styles: PageStyles
    payment_policies: PaymentPolicies
    key_uses: KeyUses
    callers: Callers
    links: Linking
    key_links: KeyLinking
    returning: Returning
    browser: BrowserPages
    users: Users
    assistants: Assistants


def assemble(
    storage: Storage,
    known: Targets,
    access: Vaults,
    *,
    on_linked: Sequence[OnLinked],
    on_linked_by_key: Sequence[OnLinked],
) -> OAuthFloor:
    """Put the floor together; the hooks are told the id of each account that was linked."""
    work, ring, clock = storage.work, storage.ring, storage.clock
    systems, settings = known.systems, known.settings
    returning = Returning(work, ring, systems, known.client, settings, clock, on_linked)
    page_styles = PageStyles(work, clock)
    key_uses = KeyUses(work, ring, clock)
    callers = Callers(work, ring, clock, key_uses)
    return OAuthFloor(
        vault=access.vault,
        disabled_vault=access.disabled_vault,
        tenants=Tenancy(work, ring, systems, settings, clock),
        tenant_keys=TenantKeys(work, ring, clock),
        account_keys=AccountKeys(work, ring, clock),
        page_styles=page_styles,
        payment_policies=PaymentPolicies(work, clock),
        key_uses=key_uses,
        callers=callers,
        links=Linking(work, ring, systems, settings, clock),
        key_links=KeyLinking(work, ring, systems, settings, clock, on_linked=on_linked_by_key),
        returning=returning,
        browser=BrowserPages(
            LinkPages(work, ring, systems, settings, clock), returning, page_styles.worn
        ),
        users=Users(work, _user_tokens(storage, settings), clock),
        assistants=Assistants(work, ring, callers, clock),
    )


def _user_tokens(storage: Storage, settings: OAuthSettings) -> UserTokens:
    issuer = settings.public_url
    return UserTokens(storage.ring, issuer, f"{issuer}/api", storage.clock)
