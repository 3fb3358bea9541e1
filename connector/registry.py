"""The target systems this service knows, from an explicit list."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from connector.api.spooling import UploadedFile
from connector.capabilities import Concept
from connector.copying.feed import RecordFeed
from connector.downloads import Arrivals, Files
from connector.pass_through import PassThrough
from connector.paying.ports import ClosingSystem, PaymentSystem, TrustSystem
from connector.ports import ChangeFeed, EInvoicing, ProposalStates, Readers, WebhookAdapter, Writer
from connector.profiles import Profiles
from oauth.errors import UnknownTarget
from oauth.ports import TargetSystem


@dataclass(frozen=True, slots=True)
class Batches:
    """How many files become bills with one request: their number and bytes, with `framing` each.

    `fault` says what is wrong with a file that the target system wouldn't take, by code and words.
    """

    most: int
    size: int
    framing: int
    fault: Callable[[UploadedFile], tuple[str, str] | None]


@dataclass(frozen=True, slots=True)
class Provider:
    """All that one target system offers; None is what it doesn't have."""

    target: str
    system: TargetSystem
    readers: Readers
    webhooks: WebhookAdapter
    files: Files | None = None
    profiles: Profiles | None = None
    pass_through: PassThrough | None = None
    changes: ChangeFeed | None = None
    records: RecordFeed | None = None
    e_invoicing: EInvoicing | None = None
    writers: Mapping[str, Writer[Any]] = field(default_factory=dict[str, Writer[Any]])
    """By what they do, such as `invoices.create`."""
    counted_as: Mapping[str, str] = field(default_factory=dict[str, str])
    """Writers that do what another does, such as `contacts.create`, by that other's name."""
    batches: Batches | None = None
    arrivals: Arrivals | None = None
    proposals: ProposalStates | None = None
    payments: PaymentSystem | None = None
    trust: TrustSystem | None = None
    closing: ClosingSystem | None = None
    concepts: Mapping[str, Concept] = field(default_factory=dict[str, Concept])
    """What it has of each resource, whether this service offers it or not."""


class Registry:
    """Finds a provider by the name of its target system."""

    def __init__(self, providers: Iterable[Provider]) -> None:
        self._providers = {provider.target: provider for provider in providers}

    def get(self, target: str) -> Provider:
        """Return the provider of a target system. Raises UnknownTarget."""
        try:
            return self._providers[target]
        except KeyError:
            known = ", ".join(self._providers) or "none"
            raise UnknownTarget(
                f"There is no target system of that name; known are: {known}."
            ) from None

    def targets(self) -> tuple[str, ...]:
        """Return the names of all target systems, in the order they were given."""
        return tuple(self._providers)
