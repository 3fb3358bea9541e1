"""What whoever waits for a copy is told of it."""

from dataclasses import replace
from datetime import UTC, datetime

from connector.app.sync_progress import ShownRun
from connector.copying.work import CopyProgress
from storage.repositories.copies import CopyRun

RUN = CopyRun("run_1", "acct_1", "invoices", "sqlite:///x", "COMMAND", "RUNNING", datetime.now(UTC))


def test_the_rate_is_of_documents_and_tells_what_is_left() -> None:
    shown = ShownRun(RUN, CopyProgress())
    shown.further(RUN, CopyProgress(pages=6), 10.0)
    assert (shown.rate(10.0), shown.left(10.0)) == (None, None)
    shown.further(RUN, CopyProgress(pages=6, waiting=600), 20.0)
    assert shown.lines(21.0)[1].split() == ["0", "documents", "(0.0", "MB),", "600", "to", "go"]
    fetched = replace(RUN, read=600, changed=600, downloaded=90, failed=10)
    shown.further(fetched, CopyProgress(pages=6, stored_bytes=9_440_000, waiting=500), 30.0)
    assert shown.rate(30.0) == 10.0
    assert shown.lines(30.0) == [
        "invoices     RUNNING  6 pages, 600 read, 600 changed, 0 gone",
        "             90 documents (9.4 MB), 10 failed, 500 to go, 10/s, 0:50 left",
    ]
    shown.further(replace(fetched, status="SUCCESS"), CopyProgress(waiting=0), 31.0)
    assert shown.left(31.0) is None
    assert max(map(len, shown.lines(30.0))) < 80, "a terminal has no more"
