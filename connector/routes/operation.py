"""How an endpoint describes itself, for the API's description and for the test that compares."""

from dataclasses import dataclass
from typing import Any, Literal

Keys = Literal["account", "tenant", "none"]
"""Which keys a call needs: both, the vendor's alone, or none."""


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter in the path or the query; `schema` is JSON Schema."""

    name: str
    place: Literal["path", "query", "header"]
    schema: dict[str, Any]
    description: str
    required: bool = False


@dataclass(frozen=True, slots=True)
class Operation:
    """One method of one path.

    `path` is written as in the contract, `/accounting/invoices/{invoiceId}`, which is also the
    route's. `request` and `response` are msgspec or pydantic models, None where there is no JSON.
    """

    path: str
    method: str
    summary: str
    parameters: tuple[Parameter, ...] = ()
    request: Any = None
    response: Any = None
    status: int = 200
    tag: str = "accounting"
    keys: Keys = "account"
    media_type: str = "application/json"
    description: str = ""
