"""What can go wrong in the relay.

ServiceError
├── SignatureInvalid       an incoming event isn't signed with our secret
├── EventStale             rightly signed, too old
├── Conflict
│   ├── SubscriptionExists the same account, resource and URL are subscribed already
│   ├── RotationUnderWay   the secret before the last rotation still counts
│   └── NotReplayable      a delivery that can't be sent again, or not to this subscription
└── Invalid
    └── CallbackRefused    a callback URL that must not be called
"""

from datetime import datetime

from storage.clock import iso_millis
from storage.errors import Conflict, FieldError, Invalid, ServiceError


class SignatureInvalid(ServiceError):
    code = "SIGNATURE_INVALID"
    http_status = 401
    meaning = "an incoming event isn't signed with our secret"


class EventStale(ServiceError):
    code = "EVENT_STALE"
    http_status = 400
    meaning = "rightly signed, too old"


class SubscriptionExists(Conflict):
    """`subscription_id` is the one that stands already."""

    code = "SUBSCRIPTION_EXISTS"
    meaning = "the same account, resource and URL are subscribed already"

    def __init__(self, subscription_id: str, message: str | None = None) -> None:
        super().__init__(
            message
            or f"This account sends this resource to this URL already, as {subscription_id}. "
            "Its secret was shown when it was created; delete it and subscribe again for a new one."
        )
        self.subscription_id = subscription_id


class RotationUnderWay(Conflict):
    code = "ROTATION_UNDER_WAY"
    meaning = "the secret before the last rotation still counts"

    def __init__(self, until: datetime) -> None:
        super().__init__(
            f"The secret was replaced less than a day ago; the old one counts until "
            f"{iso_millis(until)}. With expireNow a new one is made and all others end at once."
        )


class NotReplayable(Conflict):
    code = "NOT_REPLAYABLE"
    meaning = "a delivery that can't be sent again, or not to this subscription"


class CallbackRefused(Invalid):
    code = "CALLBACK_URL_REFUSED"
    meaning = "a callback URL that must not be called"

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message, (FieldError("callbackUrl", reason, message),))
