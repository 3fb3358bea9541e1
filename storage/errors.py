"""The root of every error this service raises on purpose.

    ServiceError
    ├── Invalid              the caller's input is wrong; carries one entry per field
    ├── NotFound             no such record, or not the caller's
    ├── Conflict             the record's state forbids it
    ├── StorageUnavailable   the database can't be reached or is full; try again
    ├── SchemaMismatch       the database was made by an older or a newer version
    └── SecretUnreadable     a sealed value can't be opened with the keys at hand
        (each floor above adds its own children: oauth.errors, connector.errors, webhooks.errors)

`code` is the stable, upper-snake name a client may branch on; the message says what happened and
what to do next, and never contains a secret or a document body. `http_status` is the one
that tells it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar


class ServiceError(Exception):
    """A failure with a stable `code`; `retryable` says whether the same call may succeed later.

    `meaning` is what the code says to a client, as the API's description has it.
    """

    code: ClassVar[str] = "INTERNAL"
    http_status: ClassVar[int] = 500
    retryable: ClassVar[bool] = False
    meaning: ClassVar[str] = "something went wrong here, not in the request"

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message

    @property
    def headers(self) -> Mapping[str, str]:
        """Return headers of the answer that tells it, besides Retry-After."""
        return {}


@dataclass(frozen=True, slots=True)
class FieldError:
    """One wrong field: its dotted path, an upper-snake code, and words for a person.

    `hint` is what to do about it, where the message alone doesn't say.
    """

    field: str
    code: str
    message: str
    hint: str | None = None


class Invalid(ServiceError):
    """The input can't be accepted; `fields` names each field that is wrong."""

    code = "VALIDATION_FAILED"
    http_status = 400
    meaning = "the caller's input is wrong; carries one entry per field"

    def __init__(self, message: str, fields: Sequence[FieldError] = ()) -> None:
        super().__init__(message)
        self.fields = tuple(fields)

    @classmethod
    def one(cls, field: str, code: str, message: str) -> "Invalid":
        """Make the error for a single wrong field."""
        return cls(message, (FieldError(field, code, message),))


class NotFound(ServiceError):
    code = "NOT_FOUND"
    http_status = 404
    meaning = "no such record, or not the caller's"


class Conflict(ServiceError):
    code = "CONFLICT"
    http_status = 409
    meaning = "the record's state forbids it"


class StorageUnavailable(ServiceError):
    code = "STORAGE_UNAVAILABLE"
    http_status = 503
    retryable = True
    meaning = "the database can't be reached or is full; try again"


class SchemaMismatch(ServiceError):
    code = "SCHEMA_MISMATCH"
    meaning = "the database was made by an older or a newer version"


class SecretUnreadable(ServiceError):
    code = "SECRET_UNREADABLE"
    meaning = "a sealed value can't be opened with the keys at hand"
