"""The words that the relay's requests and answers choose from, for the API's description.

Requests are read as one of a Literal; answers are texts, and the same words are only said of them.
"""

from typing import Annotated, Literal, get_args

from pydantic import Field

from connector.api.named import choice, naming, words
from oauth.endings import TOKEN
from storage.repositories.endpoints import ACTIVE, DISABLED, FAILING, GONE, PAUSED, VENDOR
from webhooks import choices

OFFERED = (
    "INVOICE",
    "BILL",
    "CREDIT_NOTE",
    "OFFER",
    "CUSTOMER",
    "CONTACT",
    "ITEM",
    "TRANSACTION",
    "EXPENSE",
    "PAYMENT",
    "BOOKING_PROPOSAL",
    "BANK_ACCOUNT",
    "USER",
    TOKEN,
)
"""What a vendor can subscribe to: resources that are announced or polled, and the consent's end."""

_RESOURCE = "WebhookResource", "Whose events can be subscribed to; TOKEN is the end of a consent."
RESOURCE = choice(*_RESOURCE, OFFERED)
ResourceWord = Annotated[str, words(*_RESOURCE, *OFFERED)]

EventWord = Annotated[
    str,
    words(
        "EventType",
        "What happened to a record; REVOKED is the end of a consent.",
        *("CREATED", "UPDATED", "DELETED", "REVOKED"),
    ),
]

_FILTER = "EventTypeFilter", "Events that a log can be searched for."
EventType = Annotated[choices.EventType, Field(json_schema_extra=naming(*_FILTER))]

_STATUS = (
    "DeliveryStatus",
    "How a delivery stands: PENDING (it is or will be attempted), DELIVERED, GIVEN_UP, CANCELED, "
    "HELD (kept while the subscription is paused) or MERGED (joined with a later one).",
)
DeliveryStatus = Annotated[choices.DeliveryStatus, Field(json_schema_extra=naming(*_STATUS))]
DeliveryStatusWord = Annotated[str, words(*_STATUS, *get_args(choices.DeliveryStatus))]

_ORIGIN = "DeliveryOrigin", "Why a delivery was planned: an event, a replay or a test."
Origin = Annotated[choices.Origin, Field(json_schema_extra=naming(*_ORIGIN))]
OriginWord = Annotated[str, words(*_ORIGIN, *get_args(choices.Origin))]

_CHOICE = (
    "ReplayChoice",
    "FAILED: events that were given up and have not arrived since. ALL: whatever they came to.",
)
_CHOICES = Literal["FAILED", "ALL"]
ReplayChoice = Annotated[_CHOICES, Field(json_schema_extra=naming(*_CHOICE))]
ReplayChoiceWord = Annotated[str, words(*_CHOICE, *get_args(_CHOICES))]

ReplayStateWord = Annotated[
    str,
    words(
        "ReplayState",
        "How far a replay got; DONE is when all is planned.",
        *("RUNNING", "DONE", "CANCELED"),
    ),
]

StateWord = Annotated[
    str,
    words(
        "WebhookSubscriptionState",
        "ACTIVE, PAUSED (what comes is held) or DISABLED (the receiver said that it is gone).",
        *(ACTIVE, PAUSED, DISABLED),
    ),
]

ReasonWord = Annotated[
    str,
    words(
        "WebhookStateReason",
        "Why a subscription isn't ACTIVE: it kept failing, its receiver is gone, or you paused it.",
        *(FAILING, GONE, VENDOR),
    ),
]
