"""Time, failures, oddities, load, and what was asked so far."""

from __future__ import annotations

from datetime import datetime

from qonto_simulator import generate
from qonto_simulator.faults import Fault, Kind
from qonto_simulator.render.common import Document

from .desk import Desk


class Scenes(Desk):
    """The stage around the documents."""

    def now(self) -> datetime:
        """The simulator's present, after everything due by then has happened."""
        return self._world.now()

    def advance(self, seconds: float) -> datetime:
        """Moves time forward; files get ready, tokens expire, retries become due."""
        self._world.clock.advance(seconds)
        self._world.hub.wake.set()
        return self._world.now()

    def generate(
        self,
        kind: str = "client_invoices",
        count: int = 1_000,
        *,
        organization_id: str | None = None,
        days: float = 365.0,
    ) -> int:
        """Adds ``count`` ``client_invoices``, ``supplier_invoices``, ``transactions`` or
        ``clients``, spread over the last ``days``; no events. Returns how many."""
        make = generate.KINDS.get(kind)
        if make is None:
            raise ValueError(f"kind must be one of: {', '.join(generate.KINDS)}")
        if not 0 < count <= 1_000_000 or not 0 < days <= 3650:
            raise ValueError("count must be up to 1,000,000 and days up to 3,650")
        return len(make(self._world, self._world.books_of(organization_id), count, days))

    def journal(
        self,
        *,
        method: str | None = None,
        path: str | None = None,
        since: int = 0,
        limit: int | None = None,
    ) -> list[Document]:
        """Requests, oldest first; ``path`` is how they begin, ``since`` an entry's ``number``."""
        entries = self._simulator.recorder.entries(
            method=method, path=path, since=since, limit=limit
        )
        return [entry.document() for entry in entries]

    def clear_journal(self) -> None:
        self._simulator.recorder.clear()

    def fault(
        self,
        path: str,
        kind: Kind = "status",
        *,
        method: str | None = None,
        status: int = 500,
        body: object = None,
        headers: dict[str, str] | None = None,
        latency: float = 0.0,
        times: int | None = 1,
        skip: int = 0,
    ) -> Document:
        """Plans a failure for the next ``times`` requests that fit ``path``.

        ``kind`` is ``status``, ``html``, ``malformed``, ``drop``, ``lost_response`` or ``latency``;
        see ``Fault``.
        """
        planned = Fault(
            path=path,
            kind=kind,
            method=method,
            status=status,
            body=body,
            headers=headers or {},
            latency=latency,
            times=times,
            skip=skip,
        )
        return self._simulator.faults.add(planned).document()

    def faults(self) -> list[Document]:
        """The failures that still wait for their requests."""
        return [fault.document() for fault in self._simulator.faults.waiting()]

    def clear_faults(self) -> None:
        self._simulator.faults.clear()

    def quirks(self) -> Document:
        """All quirk flags and delays with their values."""
        quirks = self._world.quirks
        return {name: getattr(quirks, name) for name in type(quirks).__dataclass_fields__}

    def set_quirks(self, **changes: object) -> Document:
        """Changes some of them; ``ValueError`` for an unknown name or a wrong type."""
        self._world.quirks = self._world.quirks.changed(changes)
        return self.quirks()

    def reset(self) -> None:
        """Back to the seeded state: no tokens, subscriptions, faults, quirks, journal. Redirect
        addresses and the clock stay."""
        self._simulator.reset()
