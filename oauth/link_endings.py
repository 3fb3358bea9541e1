"""How a link ended that has no callback URL to go to: what our page then tells."""

from dataclasses import dataclass, field
from enum import StrEnum

from storage.repositories.tenants import Tenant


class LinkOutcome(StrEnum):
    """How a link ended."""

    LINKED = "linked"
    CANCELED = "canceled"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Ending:
    """What is known at the end of a link."""

    outcome: LinkOutcome
    tenant: Tenant
    provider: str
    """The target system's name, as people know it."""
    organization: str | None = None
    """The name of what was linked, where the scopes tell it."""
    code: str | None = None
    """Why it came to nothing, for the vendor's support."""
    try_again: str | None = field(default=None, repr=False)
    """The address at which to begin anew."""
