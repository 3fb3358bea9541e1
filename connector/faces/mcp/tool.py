"""What a tool is: what it takes, what it answers, what it may do, and how it is done."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from connector.api.operation import Permission
from connector.faces.mcp.inputs import Input
from oauth.callers import Caller
from storage.repositories.accounts import Account

I_contra = TypeVar("I_contra", contravariant=True)

Data = dict[str, Any]
"""What a tool answers: an object of JSON, with amounts as texts."""


@dataclass(frozen=True, slots=True)
class Who:
    """Who calls a tool, and for which account."""

    caller: Caller
    account: Account
    request_id: str = "none"

    def may(self, permission: Permission) -> bool:
        """Say whether the key has a permission."""
        return permission in self.caller.permissions


@dataclass(frozen=True, slots=True)
class Hints:
    """What a client may tell a person about a tool before it is called.

    `is_destructive`: it changes or takes away what was there. `is_idempotent`: called again with
    the same arguments it changes nothing more. `is_open`: it reaches people outside, by e-mail say.
    """

    is_destructive: bool = False
    is_idempotent: bool = True
    is_open: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Tool(Generic[I_contra]):
    """A tool. `output` is the JSON Schema of what it answers; `run` raises ServiceErrors."""

    name: str
    title: str
    description: str
    input: Input[I_contra]
    output: Mapping[str, Any]
    run: Callable[[Who, I_contra], Awaitable[Data]]
    permission: Permission = Permission.READ
    hints: Hints = field(default_factory=Hints)

    @property
    def is_reading(self) -> bool:
        """Whether it changes nothing."""
        return self.permission is Permission.READ

    async def call(self, who: Who, arguments: Mapping[str, Any]) -> Data:
        """Do it. Raises PermissionDenied, Invalid and what the tool's use case does."""
        who.caller.require(self.permission)
        return await self.run(who, self.input.read(arguments))
