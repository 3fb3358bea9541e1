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
    assert shown.cells(21.0)[-3:] == ["0.0", "", ""]
    fetched = replace(RUN, read=600, changed=600, downloaded=90, failed=10)
    shown.further(fetched, CopyProgress(pages=6, stored_bytes=9_440_000, waiting=500), 30.0)
    assert shown.rate(30.0) == 10.0
    assert shown.cells(30.0) == [
        *("invoices", "RUNNING", "6", "600", "600", "0", "90", "0", "10", "9.4", "10", "0:50")
    ]
    shown.further(replace(fetched, status="SUCCESS"), CopyProgress(waiting=0), 31.0)
    assert shown.left(31.0) is None
