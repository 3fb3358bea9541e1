"""What all groups of control calls share."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from qonto_simulator.collection import Collection, Record
from qonto_simulator.records.client import Client
from qonto_simulator.world import Books, World

from .parts import Parts

R = TypeVar("R", bound=Record)


class Desk:
    """Access to the parts of one simulator."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    @property
    def _world(self) -> World:
        return self._parts.world

    def _organisation_id(self, id: str | None) -> str | None:
        """The id behind an id or slug, ``None`` for ``None``."""
        return None if id is None else self._world.books_of(id).organisation.id

    def _holder(self, id: str, records: Callable[[Books], Collection[R]]) -> tuple[Books, R]:
        """A record by id, and the books that hold it; else KeyError."""
        for books in self._world.books.values():
            found = records(books).get(id)
            if found is not None:
                return books, found
        raise KeyError(id)

    def _client(self, books: Books, id: str | None) -> Client:
        """A client by id, or the first one that can be invoiced."""
        if id is None:
            return next(client for client in books.clients if client.currency)
        client = books.clients.get(id)
        if client is None:
            raise KeyError(id)
        return client
