"""Reading a linked account's records: which target system to ask, and in which zone."""

from collections.abc import Callable
from dataclasses import replace
from datetime import tzinfo
from typing import Protocol, TypeVar

from connector.ports import Found, Page, Query, Readers, ResourceReader
from connector.registry import Registry
from oauth.errors import NotSupported

T = TypeVar("T")


class ReadableAccount(Protocol):
    """The linked account a request is about, as the edge found it."""

    @property
    def id(self) -> str: ...

    @property
    def target(self) -> str: ...

    @property
    def tenant_id(self) -> str: ...


Chosen = Callable[[Readers], ResourceReader[T] | None]
"""Picks the reader of one kind of record, None where the target system has none."""


class Reading:
    """Reads through the unified model. Raises what `connector.ports` and `Registry.get` name.

    `zone` is where all accounts keep their books; None leaves it to the country of each document.
    """

    def __init__(self, registry: Registry, *, zone: tzinfo | None = None) -> None:
        self._registry = registry
        self._zone = zone

    async def list(self, account: ReadableAccount, of: Chosen[T], query: Query) -> Page[T]:
        """Return one page. Raises NotSupported where the target system has nothing of the kind."""
        reader = self._reader(account, of)
        return await reader.list(account.id, replace(query, zone=self._zone))

    async def get(self, account: ReadableAccount, of: Chosen[T], record_id: str) -> Found[T]:
        """Return one record by its id. Raises as `list` does, and DocumentNotFound."""
        return await self._reader(account, of).get(account.id, record_id, zone=self._zone)

    def _reader(self, account: ReadableAccount, of: Chosen[T]) -> ResourceReader[T]:
        reader = of(self._registry.get(account.target).readers)
        if reader is None:
            raise NotSupported(f"{account.target} has nothing of this kind.")
        return reader
