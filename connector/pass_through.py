"""Calls that a vendor makes in the target system's own words: the port."""

from dataclasses import dataclass, field
from typing import Literal, Protocol

Mode = Literal["off", "read", "write"]
"""What may be passed through: nothing, what only reads, or what changes something as well."""


@dataclass(frozen=True, slots=True)
class PassedCall:
    """A call in the target system's own words. `path` is as the caller wrote it, not yet judged.

    `body` is a JSON object, byte for byte. `repr` hides what may be a document.
    """

    method: str
    path: str
    query: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    headers: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    body: bytes | None = field(default=None, repr=False)


class PassThrough(Protocol):
    """Makes calls that are on the target system's list of harmless ones."""

    @property
    def headers(self) -> frozenset[str]:
        """The names of the caller's headers that are passed on, in lower case."""
        ...

    async def send(self, account_id: str, call: PassedCall) -> bytes:
        """Make a call and answer the JSON value that came back, `{}` for an empty answer.

        Raises Invalid for a path that isn't one, PassThroughRefused for one that isn't on the list,
        and what `connector.errors` lists below DownstreamError.
        """
        ...
