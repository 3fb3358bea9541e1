"""What all groups of control calls share."""

from __future__ import annotations

from qonto_simulator.records.client import Client
from qonto_simulator.world import Books, World

from .parts import Parts


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

    def _client(self, books: Books, id: str | None) -> Client:
        """A client by id, or the first one that can be invoiced."""
        if id is None:
            return next(client for client in books.clients if client.currency)
        client = books.clients.get(id)
        if client is None:
            raise KeyError(id)
        return client
