"""What can go wrong in the relay.

ServiceError
├── SignatureInvalid       an incoming event isn't signed with our secret
├── EventStale             rightly signed, too old
├── Conflict
│   └── SubscriptionExists the same account, resource and URL are subscribed already
└── Invalid
    └── CallbackRefused    a callback URL that must not be called
"""

from storage.errors import Conflict, FieldError, Invalid, ServiceError


class SignatureInvalid(ServiceError):
    code = "SIGNATURE_INVALID"


class EventStale(ServiceError):
    code = "EVENT_STALE"


class SubscriptionExists(Conflict):
    """`subscription_id` is the one that stands already."""

    code = "SUBSCRIPTION_EXISTS"

    def __init__(self, subscription_id: str, message: str | None = None) -> None:
        super().__init__(
            message
            or f"This account sends this resource to this URL already, as {subscription_id}. "
            "Its secret was shown when it was created; delete it and subscribe again for a new one."
        )
        self.subscription_id = subscription_id


class CallbackRefused(Invalid):
    code = "CALLBACK_URL_REFUSED"

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message, (FieldError("callbackUrl", reason, message),))
