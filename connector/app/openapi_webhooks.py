"""What this service sends, as the `webhooks` of its OpenAPI document."""

from dataclasses import dataclass
from typing import Annotated, Any, Literal

import msgspec

from connector.api.meaning import Moment, meaning
from connector.api.named import Schema, named
from connector.api.openapi_models import components
from connector.copying.run_ended import SyncEnded
from oauth.words import AccountState, Target
from webhooks.envelope import EventBody
from webhooks.subscription_notice import SubscriptionChanged

_LINKED = named("LinkedEventType", "That a customer has linked.")
_ENDED = named("EndedEventType", "Whether the customer must link again, or has revoked.")


class AccountLinked(msgspec.Struct, frozen=True, rename="camel"):
    __doc__ = (
        """A customer has linked. `accountKey` is null when they linked again under their key."""
    )

    event_type: Annotated[Annotated[Literal["ACCOUNT_LINKED"], _LINKED], meaning("What happened.")]
    account_key: Annotated[
        str | None,
        meaning("The account key, shown this once; null when they linked again under their key."),
    ]
    target_system: Annotated[Target, meaning("The target system of the account.")]
    linked_date: Annotated[Moment, meaning("When the customer linked.")]
    reference: Annotated[str | None, meaning("Your own id of this customer.")]
    relinked: Annotated[bool, meaning("Whether the organisation was linked before.")]


class AccountEnded(msgspec.Struct, frozen=True, rename="camel"):
    __doc__ = """An account can't be used any more: the customer must link again, or has revoked."""

    event_type: Annotated[
        Annotated[Literal["ACCOUNT_REAUTH_REQUIRED", "ACCOUNT_REVOKED"], _ENDED],
        meaning("What happened."),
    ]
    account_id: Annotated[str, meaning("The account's id.")]
    target_system: Annotated[Target, meaning("The target system of the account.")]
    status: Annotated[AccountState, meaning("How the account stands now.")]
    reference: Annotated[str | None, meaning("Your own id of this customer.")]
    changed_date: Annotated[Moment, meaning("When it ended.")]


@dataclass(frozen=True, slots=True)
class Announced:
    """One kind of message: `name` in the description, where it goes, and what it holds."""

    name: str
    summary: str
    description: str
    model: Any


ANNOUNCED = (
    Announced(
        "event",
        "Something changed in a linked account",
        "To the callbackUrl of POST /webhooks, signed with that subscription's secret. The body "
        "names what changed; read the document itself with the account key. filterDate and userId "
        "are always null.",
        EventBody,
    ),
    Announced(
        "accountEnded",
        "An account can't be used any more",
        "To the callbackUrl of POST /webhooks/tenant, signed with the tenant's signing secret.",
        AccountEnded,
    ),
    Announced(
        "subscriptionChanged",
        "A subscription is paused, disabled or resumed",
        "To the callbackUrl of POST /webhooks/tenant, signed with the tenant's signing secret.",
        SubscriptionChanged,
    ),
    Announced(
        "syncEnded",
        "A run that copied records has ended",
        "To the callbackUrl of POST /webhooks/tenant, signed with the tenant's signing secret. "
        "Of a run that POST /sync began, always; of those that are made by their time when "
        "something was copied, when one fails for the first time, and when it works again.",
        SyncEnded,
    ),
    Announced(
        "accountLinked",
        "A customer has linked",
        "To the webhookCallbackUrl of a link, signed with the tenant's signing secret. It carries "
        "the account key.",
        AccountLinked,
    ),
)

_SIGNED = (
    (
        "webhook-id",
        "Names the message, on every attempt the same. Remember it to drop repeats.",
        True,
    ),
    ("webhook-timestamp", "When this attempt was made, in Unix seconds.", True),
    (
        "webhook-signature",
        "Standard Webhooks: `v1,` and base64 HMAC-SHA256 over `id.timestamp.body`. For a day after "
        "a rotation there are two, the new secret's first, with a space between.",
        True,
    ),
    (
        "X-MAESN-SIGNATURE",
        "Hex HMAC-SHA256 over the body, keyed with the secret as text; for a day after a rotation "
        "with the old one.",
        True,
    ),
    ("X-Connector-Test", "`true` on test events, else left out.", False),
    ("X-Connector-Account", "The account's id.", True),
    (
        "X-Connector-Reference",
        "The reference given at linking, with JSON's escapes; left out when none was given.",
        False,
    ),
)


def webhooks(examples: dict[str, Any]) -> tuple[Schema, dict[str, Schema]]:
    """Return the `webhooks` and the schemas they need; `examples` are by name."""
    references, schemas = components(requests=(), answers=(one.model for one in ANNOUNCED))
    described: Schema = {}
    for one in ANNOUNCED:
        content: Schema = {"schema": references[one.model]}
        if one.name in examples:
            content["example"] = examples[one.name]
        described[one.name] = {
            "post": {
                "operationId": one.name,
                "summary": one.summary,
                "description": one.description,
                "security": [],
                "parameters": [
                    {
                        "name": name,
                        "in": "header",
                        "required": required,
                        "description": meaning,
                        "schema": {"type": "string"},
                    }
                    for name, meaning, required in _SIGNED
                ],
                "requestBody": {"required": True, "content": {"application/json": content}},
                "responses": {
                    "2XX": {"description": "Taken; answer within ten seconds."},
                    "410": {"description": "Never send this again."},
                    "default": {
                        "description": "Sent again later, more and more rarely; Retry-After counts."
                    },
                },
            }
        }
    return described, schemas
