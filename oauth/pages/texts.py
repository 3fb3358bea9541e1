"""What the pages say: one table per language, each in a file of its own.

`{name}` is the vendor, `{provider}` the target system. Sentences stand in the order of the pages.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from oauth.topics import Topic


@dataclass(frozen=True, slots=True, kw_only=True)
class Texts:
    """Every sentence of every page, in one language."""

    language: str
    """The `lang` attribute."""

    title: str
    lead: str
    uses_heading: str
    topics: Mapping[Topic, str]
    reads: str
    writes: str
    notified: str
    lasting: str
    others: str
    """Before the names of scopes that there are no words for."""
    payments: str
    """Said when it may pay."""
    no_payments: str
    """Said only when every scope is one that there are words for."""
    sandbox_heading: str
    sandbox_text: str
    end_heading: str
    end_text: str
    next_heading: str
    next_text: str
    button: str
    leave: str

    linked_title: str
    linked_text: str
    linked_organization: str
    linked_next: str

    canceled_title: str
    canceled_text: str
    canceled_next: str

    failed_title: str
    failed_next: str
    code_label: str
    try_again: str
    unknown_reason: str
    reasons: Mapping[str, str]
    """By the error's code; for those a customer can do something about."""
