"""A tenant's app credentials, opened for use. Pure."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field

from storage.repositories.systems import System
from storage.sealing import KeyRing


@dataclass(frozen=True, slots=True)
class AppCredentials:
    """What a tenant's own app at a target system identifies itself with. `repr` hides secrets."""

    client_id: str
    client_secret: str = field(repr=False)
    custom_values: Mapping[str, str] = field(repr=False)
    scopes: str | None = None
    """The tenant's own choice of scopes, space separated, or a preset's name."""


def seal_values(ring: KeyRing, values: Mapping[str, str], *, associated_data: str) -> bytes:
    """Seal custom values as one JSON object."""
    return ring.seal(json.dumps(dict(values)), associated_data=associated_data)


def open_values(ring: KeyRing, system: System) -> dict[str, str]:
    """Open custom values. Raises SecretUnreadable."""
    values: dict[str, str] = json.loads(
        ring.open(system.custom_values, associated_data=system.values_associated_data)
    )
    return values


def open_credentials(ring: KeyRing, system: System) -> AppCredentials:
    """Open a registered system's secrets. Raises SecretUnreadable."""
    return AppCredentials(
        client_id=system.client_id,
        client_secret=ring.open_text(
            system.client_secret, associated_data=system.secret_associated_data
        ),
        custom_values=open_values(ring, system),
        scopes=system.scopes,
    )
