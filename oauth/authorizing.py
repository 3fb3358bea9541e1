"""From a planned link to the address at which the customer consents. Pure."""

from oauth import grants
from oauth.ports import TargetSystem
from oauth.settings import OAuthSettings
from oauth.state import LinkState, write_state
from storage.repositories.links import Link
from storage.repositories.systems import System
from storage.sealing import KeyRing


def scopes_for(
    system: TargetSystem, chosen: str | None, settings: OAuthSettings
) -> tuple[str, ...]:
    """Return the scopes to ask for; `chosen` is what the tenant registered."""
    return grants.choose_scopes(system.oauth, chosen, settings.scopes.get(system.target))


def consent_url(
    link: Link,
    system: TargetSystem,
    registered: System,
    *,
    ring: KeyRing,
    settings: OAuthSettings,
    verifier: str,
    organization_id: str | None,
) -> str:
    """Write the provider's address, with a state that stands for this link."""
    return grants.authorization_url(
        system.oauth,
        client_id=registered.client_id,
        redirect_uri=settings.redirect_uri(system.target),
        scopes=scopes_for(system, registered.scopes, settings),
        state=write_state(
            LinkState(link.id, link.tenant_id, link.target),
            ring.signing_keys("state"),
            at=link.created_at,
        ),
        verifier=verifier,
        organization_id=organization_id,
    )
