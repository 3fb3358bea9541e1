"""What the outcome of an attempt says of the receiver and of its host. Pure."""

from webhooks.breaker import UNREACHABLE
from webhooks.schedule import GONE, Answered, Failed, Outcome

INTERNAL_ERRORS = frozenset(
    {
        "HTTPS_REQUIRED",
        "NOT_SENT",
        "PROXY_REFUSED",
        "PROXY_UNREACHABLE",
        "SECRET_UNREADABLE",
    }
)
"""Errors of attempts that say nothing about the receiver."""


def has_succeeded(outcome: Outcome) -> bool | None:
    """Return whether the receiver took the message; None for a failure of ours."""
    error = outcome.error
    return None if error in INTERNAL_ERRORS else error is None


def has_reached(outcome: Outcome) -> bool | None:
    """Return whether the host could be reached; None when the outcome doesn't say."""
    error = outcome.error
    if error in UNREACHABLE:
        return False
    return None if error in INTERNAL_ERRORS else True


def is_gone(outcome: Outcome) -> bool:
    """Return whether the receiver says that it is gone for good."""
    return isinstance(outcome, Answered) and outcome.status == GONE


def is_final(outcome: Outcome) -> bool:
    """Return whether no later attempt could end otherwise."""
    return is_gone(outcome) or (isinstance(outcome, Failed) and not outcome.retryable)
