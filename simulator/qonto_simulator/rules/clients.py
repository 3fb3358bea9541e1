"""What happens to the clients of an organisation, and who is told."""

from __future__ import annotations

from datetime import datetime

from qonto_simulator.records.client import Client
from qonto_simulator.render.events import client_event
from qonto_simulator.world import Books, World

from . import recurring, reminders
from .reachability import is_reachable

LOCALES = ("fr", "en", "it", "de", "es")
TYPE = "v1/clients"


def kinds_of(country: str) -> tuple[str, ...]:
    """The kinds of clients that an organisation of a country can have."""
    return ("company", "individual", *(("freelancer",) if country == "IT" else ()))


def add(world: World, books: Books, client: Client, *, at: datetime) -> Client:
    """A new client; nothing has to be unique."""
    client.e_invoicing_reachable = is_reachable(world.directory, client)
    books.clients.add(client)
    tell(world, books, client, "created", at)
    return client


def change(world: World, books: Books, client: Client, *, at: datetime) -> Client:
    """Files a client that was changed; documents keep the copy they have."""
    client.e_invoicing_reachable = is_reachable(world.directory, client)
    books.clients.save(client, at)
    tell(world, books, client, "updated", at)
    return client


def remove(world: World, books: Books, client: Client, *, at: datetime) -> None:
    """Deletes a client, with its reminder; what recurred for it is canceled."""
    books.clients.remove(client)
    recurring.cancel_of_client(world, books, client.id, at=at)
    reminder = reminders.of_client(books, client.id)
    if reminder is not None:
        books.reminders.remove(reminder)
    tell(world, books, client, "deleted", at)


def tell(world: World, books: Books, client: Client, event: str, at: datetime) -> None:
    if world.hub.wants(books.organisation.id, TYPE):
        world.hub.emit(books.organisation.id, TYPE, client_event(client, event), at)
