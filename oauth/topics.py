"""What a scope means to the person who is asked for it: kinds of data, and reading or writing.

A target system says which of its scopes is what; the pages have words for each topic in every
language.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum


class Topic(StrEnum):
    """A kind of data."""

    ORGANIZATION = "organization"
    CLIENT_INVOICES = "client_invoices"
    SUPPLIER_INVOICES = "supplier_invoices"
    CLIENTS = "clients"
    ATTACHMENTS = "attachments"
    PRODUCTS = "products"
    E_INVOICING = "e_invoicing"
    MEMBERSHIPS = "memberships"
    PAYMENTS = "payments"
    """Moving money, and naming whom it may go to."""
    NOTIFICATIONS = "notifications"
    """Told of changes as they happen."""
    LASTING_ACCESS = "lasting_access"
    """Without asking again each time."""


@dataclass(frozen=True, slots=True)
class Use:
    """What one scope allows."""

    topic: Topic
    writes: bool = False


@dataclass(frozen=True, slots=True)
class ConsentSummary:
    """What a list of scopes allows, as a person wants to know it."""

    uses: tuple[Use, ...]
    """One per topic, in the order of the topics; reading and writing make writing."""
    lasting: bool
    notified: bool
    pays: bool
    others: tuple[str, ...]
    """Scopes that no words are known for."""


def summarize(scopes: Iterable[str], meanings: Mapping[str, Use]) -> ConsentSummary:
    """Put scopes together by topic."""
    scopes = list(scopes)
    known = [meanings[scope] for scope in scopes if scope in meanings]
    topics = {use.topic for use in known}
    general = {Topic.PAYMENTS, Topic.NOTIFICATIONS, Topic.LASTING_ACCESS}
    return ConsentSummary(
        uses=tuple(
            Use(topic, writes=any(use.writes for use in known if use.topic is topic))
            for topic in Topic
            if topic in topics - general
        ),
        lasting=Topic.LASTING_ACCESS in topics,
        notified=Topic.NOTIFICATIONS in topics,
        pays=Topic.PAYMENTS in topics,
        others=tuple(scope for scope in scopes if scope not in meanings),
    )
