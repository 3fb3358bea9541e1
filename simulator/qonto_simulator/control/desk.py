"""What all groups of control calls share."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qonto_simulator.records.client import Client
from qonto_simulator.world import Books, World

if TYPE_CHECKING:
    from qonto_simulator.simulator import Simulator


class Desk:
    """Access to one simulator."""

    def __init__(self, simulator: Simulator) -> None:
        self._simulator = simulator

    @property
    def _world(self) -> World:
        return self._simulator.world

    def _client(self, books: Books, id: str | None) -> Client:
        """A client by id, or the first one that can be invoiced."""
        if id is None:
            return next(client for client in books.clients if client.currency)
        client = books.clients.get(id)
        if client is None:
            raise KeyError(id)
        return client
