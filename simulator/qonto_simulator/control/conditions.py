"""Time, oddities, load, and the way back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Annotated, Literal

from msgspec import Meta

from qonto_simulator import generate
from qonto_simulator.quirks import Quirks
from qonto_simulator.render.common import Document
from qonto_simulator.times import parse_instant

from .call import call
from .desk import Desk
from .fields import Moment, Organization
from .moments import Kind, Stamp, set_moment


class Conditions(Desk):
    """Time, quirks, many documents at once, and the way back to the start."""

    @call("GET", "/clock", "The simulator's present, after everything due by then has happened.")
    def now(self) -> datetime:
        return self._world.now()

    @call(
        "POST",
        "/clock",
        "Move time forward: files get ready, tokens expire, retries become due.",
        answers="now",
        example={"advance": 3600},
        sent_as={"seconds": "advance"},
    )
    def advance(
        self, seconds: Annotated[float, Meta(ge=0, description="How many seconds")]
    ) -> datetime:
        self._world.clock.advance(seconds)
        self._world.hub.wake.set()
        return self._world.now()

    @call(
        "POST",
        "/generate",
        "Many documents at once, spread over the last days, without events. Answers how many.",
        answers="generated",
        status=201,
        example={"kind": "client_invoices", "count": 1000},
    )
    def generate(
        self,
        kind: Annotated[
            Literal["client_invoices", "supplier_invoices", "transactions", "clients"],
            Meta(description="What to make"),
        ] = "client_invoices",
        count: Annotated[int, Meta(ge=1, le=1_000_000, description="How many")] = 1_000,
        *,
        organization_id: Organization = None,
        days: Annotated[
            float, Meta(ge=0.001, le=3_650, description="How far back they reach")
        ] = 365.0,
    ) -> int:
        books = self._world.books_of(organization_id)
        return len(generate.KINDS[kind](self._world, books, count, days))

    @call(
        "POST",
        "/moments",
        "Give many records the very same time, so that no order by it is certain. No events."
        " Answers how many.",
        answers="changed",
        example={"kind": "client_invoices", "stamps": ["updated_at"], "count": 50},
    )
    def set_moments(
        self,
        kind: Annotated[Kind, Meta(description="Which records")] = "client_invoices",
        *,
        organization_id: Organization = None,
        stamps: Annotated[
            Sequence[Stamp],
            Meta(
                min_length=1, description="Which of their times; `settled_at` of transactions only"
            ),
        ] = ("created_at", "updated_at"),
        at: Annotated[Moment | None, Meta(description="The time; the present by default")] = None,
        count: Annotated[
            Annotated[int, Meta(ge=1)] | None,
            Meta(description="Only the newest so many; all by default"),
        ] = None,
    ) -> int:
        books, now = self._world.books_of(organization_id), self._world.now()
        moment = now if at is None else parse_instant(at)
        return set_moment(books, kind, frozenset(stamps), moment, count)

    @call("GET", "/quirks", "All quirks with their present values.")
    def quirks(self) -> Document:
        return asdict(self._world.quirks)

    @call(
        "POST",
        "/quirks",
        "Change some quirks; the others stay.",
        answers="quirks",
        example={"omit_next_page": True, "pdf_delay": 0},
        fields_of=Quirks,
    )
    def set_quirks(self, **changes: object) -> Document:
        self._world.quirks = self._world.quirks.changed(changes)
        return self.quirks()

    @call(
        "POST",
        "/reset",
        "Back to the seeded state: no tokens, subscriptions, faults, quirks, journal, counts."
        " Redirect addresses and the clock stay.",
    )
    def reset(self) -> None:
        self._parts.reset()
