"""Failures on request: what a route does wrong, and how often."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Literal

LONGEST = 3_600
"""Seconds that a fault may wait."""
_HEADER = re.compile(r"[A-Za-z0-9-]+: [\x20-\x7e]*")

Kind = Literal["status", "html", "malformed", "drop", "lost_response", "latency"]


@dataclass(slots=True)
class Fault:
    """What goes wrong for requests that fit.

    ``status`` answers ``status`` (with ``body``, or an error body) without doing anything; ``html``
    answers a page where JSON was expected; ``malformed`` does the work and cuts its JSON in half;
    ``drop`` closes the connection before anything happens; ``lost_response`` does the work, then
    closes the connection; ``latency`` only waits. ``latency`` (real seconds) comes on top of any
    kind. ``path`` is a shell pattern; ``times`` counts down, ``None`` is for ever.
    """

    path: str
    kind: Kind
    method: str | None = None
    status: int = 500
    body: object = None
    headers: dict[str, str] = field(default_factory=dict[str, str])
    latency: float = 0.0
    times: int | None = 1
    skip: int = 0
    """How many fitting requests are spared first."""
    number: int = 0

    def __post_init__(self) -> None:
        if not all(_HEADER.fullmatch(f"{name}: {value}") for name, value in self.headers.items()):
            raise ValueError("headers must be names and values that HTTP can carry")

    def document(self) -> dict[str, object]:
        return {
            "number": self.number,
            "path": self.path,
            "kind": self.kind,
            "method": self.method,
            "status": self.status,
            "latency": self.latency,
            "times": self.times,
            "skip": self.skip,
        }


class Faults:
    """The faults that wait for their requests, oldest first."""

    def __init__(self) -> None:
        self._faults: list[Fault] = []
        self._count = 0

    def add(self, fault: Fault) -> Fault:
        self._count += 1
        fault.number = self._count
        self._faults.append(fault)
        return fault

    def take(self, method: str, path: str) -> Fault | None:
        """The fault for this request, counted down."""
        for fault in self._faults:
            if fault.method not in (None, method) or not fnmatchcase(path, fault.path):
                continue
            if fault.skip > 0:
                fault.skip -= 1
                continue
            if fault.times is not None:
                fault.times -= 1
                if fault.times <= 0:
                    self._faults.remove(fault)
            return fault
        return None

    def waiting(self) -> list[Fault]:
        return list(self._faults)

    def clear(self) -> None:
        self._faults.clear()
