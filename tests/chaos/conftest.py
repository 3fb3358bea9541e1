"""Chaos comes in two sizes: a seeded slice in `make test`, all of it in `make chaos`."""

import os
from collections.abc import AsyncIterator

import pytest

from tests.chaos.processes import Nursery, nursery

FULL = bool(os.environ.get("CHAOS"))
SEED = int(os.environ.get("CHAOS_SEED", "20261120"))


@pytest.fixture
async def born() -> AsyncIterator[Nursery]:
    async with nursery() as one:
        yield one


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print the figures, test by test."""
    for report in terminalreporter.getreports("passed") + terminalreporter.getreports("failed"):
        figures = [
            (name.removeprefix("figure:"), value)
            for name, value in getattr(report, "user_properties", ())
            if name.startswith("figure:")
        ]
        if figures:
            terminalreporter.section(report.nodeid.split("::")[-1], sep="-")
            for name, value in figures:
                terminalreporter.write_line(f"{name:<52}{value}")
