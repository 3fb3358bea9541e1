"""What a vendor is told when a subscription is paused, disabled or resumed."""

from typing import Annotated, Literal

import msgspec

from connector.api.meaning import Moment, meaning
from connector.api.named import named
from storage.repositories.endpoints import ACTIVE, DISABLED, PAUSED
from webhooks.words import ReasonWord, ResourceWord

SubscriptionEvent = Literal["SUBSCRIPTION_PAUSED", "SUBSCRIPTION_DISABLED", "SUBSCRIPTION_RESUMED"]
_TYPE = named("SubscriptionEventType", "Whether a subscription was paused, disabled or resumed.")


class SubscriptionChanged(msgspec.Struct, frozen=True, rename="camel"):
    __doc__ = """A subscription holds what comes, is given up, or sends again."""

    event_type: Annotated[Annotated[SubscriptionEvent, _TYPE], meaning("What happened.")]
    subscription_id: Annotated[str, meaning("The subscription's id.")]
    account_id: Annotated[str, meaning("The id of the account that it is for.")]
    resource: Annotated[ResourceWord, meaning("The resource that it is for.")]
    reason: Annotated[ReasonWord | None, meaning("Why it isn't active; null when it was resumed.")]
    failing_since: Annotated[
        Moment | None, meaning("When attempts began to fail; null when none had failed.")
    ]
    reference: Annotated[str | None, meaning("Your own id of this customer.")]
    changed_date: Annotated[Moment, meaning("When it changed.")]


NOTICES: dict[str, SubscriptionEvent] = {
    PAUSED: "SUBSCRIPTION_PAUSED",
    DISABLED: "SUBSCRIPTION_DISABLED",
    ACTIVE: "SUBSCRIPTION_RESUMED",
}
"""What is told, by the state that the subscription is in now."""
