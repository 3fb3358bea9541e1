"""What a target system's webhook tells, before it becomes one of ours."""

from dataclasses import dataclass
from datetime import datetime
from enum import Enum


class Verdict(Enum):
    """What checking the signature of an incoming event found."""

    VALID = "valid"
    MISSING = "missing"
    """No signature, or one that can't be read."""
    FORGED = "forged"
    """Signed with none of the secrets, or the body was changed."""
    STALE = "stale"
    """Rightly signed, but at another time than now."""


class UnreadableEvent(ValueError):
    """The body is not an event; the message says why, without quoting the body."""


@dataclass(frozen=True, slots=True)
class UpstreamEvent:
    """One event as the target system sent it.

    `type` is the target system's own word. `resource` (INVOICE, TOKEN, ...) and `event` (CREATED,
    UPDATED, DELETED, REVOKED) are unified, or None where the event doesn't say. `created_at` is
    when the event was made, `resource_created_at` when the document was; both aware, in UTC.
    `version` is the record's state as `RecordState` has it, where only the event's content tells.
    `also` names other unified resources that have the same record under the same id.
    """

    id: str
    type: str
    created_at: datetime | None
    resource: str | None
    resource_id: str | None
    event: str | None
    resource_created_at: datetime | None
    organization_id: str | None
    subscription_id: str | None = None
    version: str | None = None
    also: tuple[str, ...] = ()
