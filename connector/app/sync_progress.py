"""How far runs are, for whoever waits: live on a terminal, else as a line now and then."""

import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass

from rich.live import Live
from rich.text import Text

from connector.app.terminal import err
from connector.copying.work import CopyProgress, Tell
from storage.repositories.copies import CopyRun

COUNTS = ("read", "changed", "gone", "downloaded", "pending", "failed")
"""What a run counts, in the order in which it is shown."""

_TOLD_EVERY = 5.0
"""Seconds between two lines of a plain log."""


@dataclass(slots=True)
class ShownRun:
    """A run as it stands, and since when its documents are fetched."""

    run: CopyRun
    progress: CopyProgress
    fetching_since: float | None = None

    def further(self, run: CopyRun, progress: CopyProgress, now: float) -> None:
        """Take in how far it is at a moment, in seconds of any clock."""
        self.run, self.progress = run, progress
        if self.fetching_since is None and progress.waiting:
            self.fetching_since = now

    def rate(self, now: float) -> float | None:
        """Return documents per second; None before the first."""
        done = self.run.downloaded + self.run.failed
        took = 0.0 if self.fetching_since is None else now - self.fetching_since
        return done / took if done and took > 0 else None

    def left(self, now: float) -> float | None:
        """Return the seconds that the documents still take at that rate; None if nobody knows."""
        rate = self.rate(now)
        return None if not rate or self.run.status != "RUNNING" else self.progress.waiting / rate

    def counts(self) -> list[tuple[str, str]]:
        """Return each count's name and how far it is."""
        return [
            ("pages", str(self.progress.pages)),
            *((name, str(getattr(self.run, name))) for name in COUNTS),
            ("bytes", str(self.progress.stored_bytes)),
        ]

    def lines(self, now: float) -> list[str]:
        """Say in words how far it is: its records, and its documents once they are fetched."""
        run, progress = self.run, self.progress
        first = (
            f"{run.resource:<12} {run.status}  {progress.pages} pages, {run.read} read, "
            f"{run.changed} changed, {run.gone} gone"
        )
        if self.fetching_since is None:
            return [first]
        told = [f"{run.downloaded} documents ({progress.stored_bytes / 1e6:.1f} MB)"]
        if run.failed:
            told.append(f"{run.failed} failed")
        if progress.waiting and run.status == "RUNNING":
            told.append(f"{progress.waiting} to go")
        if (rate := self.rate(now)) is not None:
            told.append(f"{rate:.0f}/s")
        if (left := self.left(now)) is not None:
            told.append(f"{int(left) // 60}:{int(left) % 60:02} left")
        return [first, f"{'':<12} {', '.join(told)}"]


@contextmanager
def shown_progress(clock: Callable[[], float] = time.monotonic) -> Generator[Tell]:
    """Show how far runs are while the block runs."""
    runs: dict[str, ShownRun] = {}

    def taken_in(run: CopyRun, progress: CopyProgress) -> ShownRun:
        shown = runs.setdefault(run.id, ShownRun(run, progress))
        shown.further(run, progress, clock())
        return shown

    if not err.is_interactive:
        yield _logging(taken_in, clock)
        return
    with Live(console=err, refresh_per_second=4, transient=True) as live:

        def show(run: CopyRun, progress: CopyProgress) -> None:
            taken_in(run, progress)
            lines = [line for one in runs.values() for line in one.lines(clock())]
            live.update(Text("\n".join(lines), no_wrap=True, overflow="ellipsis"))

        yield show


def _logging(
    taken_in: Callable[[CopyRun, CopyProgress], ShownRun], clock: Callable[[], float]
) -> Tell:
    told: dict[str, tuple[str, float]] = {}

    def log(run: CopyRun, progress: CopyProgress) -> None:
        shown = taken_in(run, progress)
        status, at = told.get(run.id, ("", 0.0))
        now = clock()
        if status == run.status and now - at < _TOLD_EVERY:
            return
        told[run.id] = run.status, now
        counts = " ".join(f"{name}={text}" for name, text in shown.counts())
        err.print(f"{run.resource} {run.status} {counts}", highlight=False, soft_wrap=True)

    return log
