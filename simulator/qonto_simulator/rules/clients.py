"""What happens to the clients of an organisation, and who is told."""

from __future__ import annotations

from datetime import datetime

from qonto_simulator.records.client import Client
from qonto_simulator.render.events import client_event
from qonto_simulator.world import Books, World

LOCALES = ("fr", "en", "it", "de", "es")
TYPE = "v1/clients"


def kinds_of(country: str) -> tuple[str, ...]:
    """The kinds of clients that an organisation of a country can have."""
    return ("company", "individual", *(("freelancer",) if country == "IT" else ()))


def add(world: World, books: Books, client: Client, *, at: datetime) -> Client:
    """A new client; nothing has to be unique."""
    client.e_invoicing_reachable = _is_reachable(client)
    books.clients.add(client)
    tell(world, books, client, "created", at)
    return client


def change(world: World, books: Books, client: Client, *, at: datetime) -> Client:
    """Files a client that was changed; documents keep the copy they have."""
    client.e_invoicing_reachable = _is_reachable(client)
    books.clients.save(client, at)
    tell(world, books, client, "updated", at)
    return client


def remove(world: World, books: Books, client: Client, *, at: datetime) -> None:
    """For good: documents keep the copy they have, invoices that recur come no more."""
    books.clients.remove(client)
    for one in books.recurring_invoices:
        if one.client.id == client.id and one.status not in ("canceled", "finished"):
            one.status, one.next_invoice_date = "canceled", None
            books.recurring_invoices.save(one, at)
    tell(world, books, client, "deleted", at)


def tell(world: World, books: Books, client: Client, event: str, at: datetime) -> None:
    if world.hub.wants(books.organisation.id, TYPE):
        world.hub.emit(books.organisation.id, TYPE, client_event(client, event), at)


def _is_reachable(client: Client) -> bool:
    """In the French directory by its address, or on the Italian exchange by its code."""
    return bool(client.e_invoicing_address or client.recipient_code)
