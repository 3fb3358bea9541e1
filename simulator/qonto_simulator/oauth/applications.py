"""The applications that may ask for consent."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from qonto_simulator.ids import IdSource


@dataclass(slots=True)
class OAuthClient:
    """A registered application."""

    id: str
    secret: str
    name: str
    redirect_uris: set[str] = field(default_factory=set[str])


class Applications:
    """The OAuth clients: the first one, which is always there, and those registered later."""

    def __init__(self, ids: IdSource, first: OAuthClient) -> None:
        self._ids = ids
        self.first = first
        self._clients = {first.id: first}

    def get(self, id: str) -> OAuthClient | None:
        return self._clients.get(id)

    def find(self, id: str | None) -> OAuthClient:
        """A client by id, the first one by default; else ``KeyError``."""
        return self.first if id is None else self._clients[id]

    def register(self, name: str, redirect_uris: Iterable[str]) -> OAuthClient:
        """One more client; its id and secret depend on the seed and how many there are."""
        number = len(self._clients) + 1
        client = OAuthClient(
            self._ids.stable(f"client {number}"),
            self._ids.stable_text(f"client secret {number}", 40),
            name,
            set(redirect_uris),
        )
        self._clients[client.id] = client
        return client

    def clear(self) -> None:
        """Forget all but the first."""
        self._clients = {self.first.id: self.first}
