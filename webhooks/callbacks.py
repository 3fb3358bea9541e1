"""Whether a subscription's callback URL may be called."""

from storage.egress import EgressPolicy, UrlRefused
from webhooks.errors import CallbackRefused


def check(url: str, policy: EgressPolicy) -> None:
    """Raise CallbackRefused for a URL that the policy refuses."""
    try:
        policy.check_url(url)
    except UrlRefused as refused:
        raise CallbackRefused(
            refused.code, f"The callback URL can't be used: {refused.reason}."
        ) from None
