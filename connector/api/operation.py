"""What an endpoint is: all that is true of one method of one path, beside the code that serves it.

Router, description, keys, permissions and the matrix of capabilities follow from these.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Generic, Literal, Required, TypeAlias, TypedDict, TypeVar, Unpack

from pydantic import BaseModel
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp

from connector.api.uploads import UploadRule

U = TypeVar("U")
F_contra = TypeVar("F_contra", contravariant=True)


class Permission(StrEnum):
    """What a vendor's key may be used for."""

    READ = "read"
    """Reading what customers linked."""
    WRITE = "write"
    """Changing it, and subscribing to changes."""
    PAYMENTS = "payments"
    """Moving money."""
    ADMIN = "admin"
    """Starting and ending links, everything under /tenants, and notices about all accounts."""


Keys = Literal["account", "tenant", "user", "none"]
"""Which keys a call needs: both; the vendor's, and an account's is taken when sent; the vendor's,
or a password or a token of one of its users; or none."""

Needed: TypeAlias = Permission | Callable[[Request], Awaitable[Permission]]
"""The permission that a call needs, or how it is told from the request."""

Handler: TypeAlias = Callable[[U, Request], Awaitable[Response]]
"""Serves a request with the object that does the work."""


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter in the path or the query; `schema` is JSON Schema."""

    name: str
    place: Literal["path", "query", "header"]
    schema: dict[str, Any]
    description: str
    required: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation(Generic[U]):
    """One method of one path, served by `handler` with a U.

    `name` is its operationId, by which generated clients call it, such as `getInvoice`. `path` is
    written as in the contract, `/accounting/invoices/{invoiceId}`; its parameters need no word of
    their own. `query` is a model that reads the query, `parameters` describes what isn't
    read by one. `request` and `response` are msgspec or pydantic models, None where there is no
    JSON; `response` beside a `media_type` that isn't JSON is what is answered when JSON is
    accepted. A `status` of 400 or more says that the call never succeeds. `errors` are statuses
    that it may fail with besides those that follow from the rest. `asgi` serves in the place of
    `handler`, where requests come by the thousand. `is_described` is False for what isn't part of
    the API.
    """

    method: str
    path: str
    summary: str
    name: str
    handler: Handler[U] | None = None
    asgi: Callable[[U], ASGIApp] | None = None
    keys: Keys = "account"
    permission: Needed | None = None
    """None only where no keys are needed."""
    parameters: tuple[Parameter, ...] = ()
    query: type[BaseModel] | None = None
    request: Any = None
    response: Any = None
    dry_run: Any = None
    """The model of what is answered, with 200, to a request that is only to be checked."""
    accepted: Any = None
    """The model of what is answered, with 202, when the work goes on after the request."""
    upload: UploadRule | None = None
    """What a multipart request may bring; without it there is none."""
    status: int = 200
    tag: str
    media_type: str = "application/json"
    description: str = ""
    errors: tuple[int, ...] = ()
    offers: tuple[str, str] | None = None
    """The resource and what is done with it: the cell of the matrix of capabilities it fills."""
    is_described: bool = True

    def __post_init__(self) -> None:
        if (self.handler is None) == (self.asgi is None):
            raise ValueError(f"{self.method} {self.path} needs a handler or an ASGI app")
        if (self.permission is None) != (self.keys == "none"):
            raise ValueError(f"{self.method} {self.path} needs a permission, or no keys")


class Facts(TypedDict, total=False):
    """What `operation` is told; each is the field of that name."""

    name: Required[str]
    tag: Required[str]
    keys: Keys
    permission: Needed
    parameters: tuple[Parameter, ...]
    query: type[BaseModel]
    request: Any
    response: Any
    dry_run: Any
    accepted: Any
    upload: UploadRule
    status: int
    media_type: str
    description: str
    errors: tuple[int, ...]
    offers: tuple[str, str]
    is_described: bool


def operation(
    method: str, path: str, summary: str, **facts: Unpack[Facts]
) -> Callable[[Handler[U]], Operation[U]]:
    """Turn the handler below into an operation."""

    def declare(handler: Handler[U]) -> Operation[U]:
        return Operation(method=method, path=path, summary=summary, handler=handler, **facts)

    return declare


@dataclass(frozen=True, slots=True)
class Group(Generic[F_contra, U]):
    """Operations that are served with the same part of a floor; `by` finds it there."""

    by: Callable[[F_contra], U]
    operations: Sequence[Operation[U]]
