"""What control calls work on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from qonto_simulator.faults import Faults
from qonto_simulator.journal import Journal
from qonto_simulator.limits import Limits
from qonto_simulator.oauth.applications import Applications
from qonto_simulator.oauth.grants import Grants
from qonto_simulator.oauth.oddities import Oddities
from qonto_simulator.tally import Tally
from qonto_simulator.webhooks.courier import Courier
from qonto_simulator.world import World


@dataclass(frozen=True, slots=True)
class Parts:
    """The parts of one simulator, and what brings all of them back to the seeded state."""

    world: World
    grants: Grants
    applications: Applications
    oddities: Oddities
    courier: Courier
    journal: Journal
    tally: Tally
    faults: Faults
    limits: Limits
    password: str
    reset: Callable[[], None]
