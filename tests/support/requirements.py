"""Collects which requirement rows were covered by tests that passed, and writes the table.

`pytest --requirements docs/requirements.md` keeps each row's words and sets its state. A test that
is marked `covers(row)` counts when it passed, and only if no other one of the row failed or was
skipped. Rows about Qonto's behaviour (QX) have two halves, which the table tells apart: that the
simulator shows it, and that the connector copes with it. A resource that is read and written has
two as well: `covers(row, half="reading")` is for a test of the first.
"""

import re
from collections import defaultdict
from pathlib import Path
from typing import Literal

import pytest

Half = Literal["simulator", "connector", "reading"]
HALVES: tuple[Half, ...] = ("simulator", "connector")
ABOUT_MAESN = frozenset({"QX-62", "QX-63"})
"""Rows among Qonto's that a simulated Qonto has no part in."""
_ROW = re.compile(r"^\| (?P<id>[A-Z]+-\d+) \| (?P<what>.*?) \| (?P<state>.*?) \|$")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--requirements", metavar="FILE", help="fill this table of requirement rows")


def pytest_configure(config: pytest.Config) -> None:
    if not hasattr(config, "workerinput"):
        config.pluginmanager.register(_Rows(config.getoption("--requirements")), "requirement-rows")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item):
    report = yield
    report.covers = [
        (row, mark.kwargs.get("half")) for mark in item.iter_markers("covers") for row in mark.args
    ]
    return report


class _Rows:
    def __init__(self, file: str | None) -> None:
        self._file = Path(file) if file else None
        self._outcomes: dict[tuple[str, Half], set[str]] = defaultdict(set)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.when == "call" or report.outcome != "passed":
            side: Half = "simulator" if "/simulator/" in report.nodeid else "connector"
            for row, half in getattr(report, "covers", ()):
                self._outcomes[row, half or side].add(report.outcome)

    def pytest_sessionfinish(self) -> None:
        if self._file is None:
            return
        lines = self._file.read_text().splitlines()
        known = {match["id"] for line in lines if (match := _ROW.match(line))}
        unknown = sorted({row for row, _ in self._outcomes} - known)
        if unknown:
            raise pytest.UsageError(f"rows not in {self._file}: {', '.join(unknown)}")
        self._file.write_text("\n".join(map(self._fill, lines)) + "\n")

    def _fill(self, line: str) -> str:
        match = _ROW.match(line)
        if match is None or match["state"].startswith("see "):
            return line
        halves = [half for half in HALVES if self._outcomes.get((match["id"], half)) == {"passed"}]
        if not halves and self._outcomes.get((match["id"], "reading")) == {"passed"}:
            state = "reading half"
        elif not halves:
            state = "open"
        elif halves == list(HALVES) or (halves == ["connector"] and _has_one(match["id"])):
            state = "covered"
        else:
            state = f"{halves[0]} half"
        return f"| {match['id']} | {match['what']} | {state} |"


def _has_one(row: str) -> bool:
    """Say whether a row has the connector's half only."""
    return not row.startswith("QX-") or row in ABOUT_MAESN
